"""The compiled loops of one emitted file, called on tensors."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import torch

from . import library
from .layout import flat, layout_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .layout import Layout

    Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]

_FLOATS = (torch.float32, torch.float64, torch.bfloat16, torch.float16)
_INTEGERS = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)
_TYPES = {dtype: str(dtype).removeprefix("torch.") for dtype in (*_FLOATS, *_INTEGERS)}
_TYPES[torch.bool] = "uint8"
_NO_MEMORY = "no memory for the sums of a batch"
_POINTER = ctypes.c_void_p
_Slopes = ctypes.c_double * 2
_Types = list[type[ctypes.c_void_p] | type[ctypes.c_int] | type[ctypes.c_double]]


class Loops:
    """What templates/c/passes.c and metric.c define, built for each combination of dtypes.

    Its methods take a batch: input, target and sample_weight or None, on the CPU, as the emitted
    file arranges them; and the numbers that the soft decision, or the whole loss, takes.
    """

    def __init__(
        self,
        source: str,
        *,
        entries: int,
        numbers: tuple[int, int],
        check: Callable[..., None] | None = None,
        per_sample: bool = False,
        has_classes: bool = False,
    ) -> None:
        """Keep a source, and build nothing yet.

        Args:
            source: what `c_source` returns.
            entries: how many entries it sums.
            numbers: how many numbers the soft decision takes, and how many the whole loss.
            check: what says, of a batch whose values the loops find wrong, what is wrong.
            per_sample: whether each sample is a confusion matrix of its own.
            has_classes: whether dimension 1 of the input holds classes.
        """
        self.source = source
        self.entries = entries
        self.numbers = numbers
        self.check = check
        self.per_sample = per_sample
        self.has_classes = has_classes
        self.is_flat = not (per_sample or has_classes)
        self._built: dict[tuple[object, ...], ctypes.CDLL | None] = {}

    def fit(self, batch: Batch) -> bool:
        """Tell whether the loops can read the tensors of a batch, and be had for their dtypes."""
        input, target, weight = batch
        if not (input.is_cpu and target.is_cpu) or input.is_neg() or target.is_neg():
            return False
        if input.numel() == 0:  # sizes divide each other
            return False
        if weight is not None and (not weight.is_cpu or weight.is_neg()):
            return False
        return self._code(batch) is not None

    def forward(
        self, batch: Batch, numbers: Sequence[float]
    ) -> tuple[torch.Tensor, ctypes.Array[ctypes.c_double]]:
        """Return the loss, a 0-dim tensor, and its slopes at a positive and at a negative."""
        is_double = batch[0].dtype == torch.float64
        loss = torch.empty((), dtype=torch.float64 if is_double else torch.float32)
        slopes = _Slopes()
        code, given, _, _ = self._call(batch)
        if status := code.forward(*given, *numbers, loss.data_ptr(), slopes):
            self._judge(status, batch)
        return loss, slopes

    def backward(
        self,
        grad_output: torch.Tensor,
        slopes: ctypes.Array[ctypes.c_double] | Sequence[float],
        batch: Batch,
        numbers: Sequence[float],
    ) -> torch.Tensor:
        """Return the gradient for input: `grad_output` times what the slopes of `forward` give."""
        code, given, layout, (input, *_) = self._call(batch)
        gradient = _empty(input, layout)
        rows = slopes if isinstance(slopes, _Slopes) else _Slopes(*slopes)
        outputs = rows, grad_output.data_ptr(), gradient.data_ptr()
        if status := code.backward(*given, *numbers, *outputs):
            self._judge(status, batch)
        return gradient

    def counts(self, batch: Batch, numbers: Sequence[float]) -> torch.Tensor:
        """Return the soft entries in float64: a row of each, by sample and class if kept."""
        sums = torch.empty((self.entries, *self._groups(batch[0])), dtype=torch.float64)
        code, given, _, _ = self._call(batch)
        if status := code.counts(*given, *numbers, sums.data_ptr()):
            self._judge(status, batch)
        return sums

    def pull_back(
        self, slopes: Sequence[torch.Tensor | float], batch: Batch, numbers: Sequence[float]
    ) -> torch.Tensor:
        """Return the gradient for input.

        `slopes` are those at a positive and at a negative of each group, what the gradient is
        multiplied by, and those of the cross entropy, if one is added: numbers, or tensors that
        broadcast to a row of `counts`.
        """
        groups = self._groups(batch[0])
        if groups:
            rows = torch.empty((len(slopes), *groups), dtype=torch.float64)
            for number, slope in enumerate(slopes):
                rows[number] = slope
        else:  # numbers, which are written sooner all at once
            rows = torch.tensor([float(slope) for slope in slopes], dtype=torch.float64)
        code, given, layout, (input, *_) = self._call(batch)
        gradient = _empty(input, layout)
        if status := code.pull_back(*given, *numbers, rows.data_ptr(), gradient.data_ptr()):
            self._judge(status, batch)
        return gradient

    def _judge(self, status: int, batch: Batch) -> None:
        """Raise what a status of the loops stands for, which is not 0."""
        if status & 1:
            raise MemoryError(_NO_MEMORY)
        if self.check is not None:
            self.check(*batch)

    def _groups(self, input: torch.Tensor) -> tuple[int, ...]:
        return (*input.shape[: self.per_sample], *input.shape[1 : 1 + self.has_classes])

    def _call(self, batch: Batch) -> tuple[Any, tuple[Any, ...], Layout, Batch]:
        """Return the library, what its functions take first, the layout, and the tensors read.

        These are contiguous where the layout asks it, and must live until the call is over.
        """
        input, target, weight = batch
        if self.is_flat and weight is None and input.is_contiguous() and target.is_contiguous():
            layout = flat(input.numel())
        else:
            layout, batch = self._placed(batch)
            input, target, weight = batch
        given = (
            layout.numbers,
            input.data_ptr(),
            target.data_ptr(),
            None if weight is None else weight.data_ptr(),
            torch.get_num_threads(),
        )
        return self._code(batch), given, layout, batch

    def _placed(self, batch: Batch) -> tuple[Layout, Batch]:
        """Return the layout of a batch, or of the same in contiguous memory."""
        input, target, weight = batch
        shape = input.shape
        of_classes = target.unsqueeze(1) if target.dim() < input.dim() else target
        weights = input if weight is None else weight.expand(shape)
        strides = (input.stride(), of_classes.expand(shape).stride(), weights.stride())
        layout = layout_of(shape, strides, per_sample=self.per_sample, has_classes=self.has_classes)
        if layout is not None:
            return layout, batch
        weight = None if weight is None else weights.contiguous()
        return self._placed((input.contiguous(), target.contiguous(), weight))

    def _code(self, batch: Batch) -> Any:  # noqa: ANN401 - a CDLL has any function
        """Return the library for these dtypes, built when they first come; None if it cannot be."""
        input, target, weight = batch
        has_indices = self.has_classes and target.dim() < input.dim()
        key = (input.dtype, target.dtype, weight is None or weight.dtype, has_indices)
        try:
            return self._built[key]
        except KeyError:
            self._built[key] = self._build(batch, has_indices=has_indices)
            return self._built[key]

    def _build(self, batch: Batch, *, has_indices: bool) -> ctypes.CDLL | None:
        names = ("INPUT", "TARGET", "WEIGHT")
        dtypes = {n: x.dtype for n, x in zip(names, batch, strict=True) if x is not None}
        if batch[0].dtype not in _FLOATS or not all(t in _TYPES for t in dtypes.values()):
            return None
        macros = {name: _TYPES[dtype] for name, dtype in dtypes.items()}
        macros |= {"INDICES": "1"} if has_indices else {}
        macros |= {"DOUBLE": "1"} if batch[0].dtype == torch.float64 else {}
        code = library(self.source, **macros)
        if code is not None:
            self._declare(code)
        return code

    def _declare(self, code: ctypes.CDLL) -> None:
        """Say what the functions take; each gives a status."""
        batch: _Types = [_POINTER, _POINTER, _POINTER, _POINTER, ctypes.c_int]
        few, many = ([ctypes.c_double] * count for count in self.numbers)
        code.counts.argtypes = [*batch, *few, _POINTER]
        code.pull_back.argtypes = [*batch, *few, _POINTER, _POINTER]
        if hasattr(code, "forward"):
            code.forward.argtypes = [*batch, *many, _POINTER, _POINTER]
            code.backward.argtypes = [*batch, *few, _POINTER, _POINTER, _POINTER]


def _empty(input: torch.Tensor, layout: Layout) -> torch.Tensor:
    """Return a tensor for the gradient, to be written."""
    if not layout.gradient:
        return torch.empty_like(input)
    return input.new_empty_strided(input.shape, layout.gradient)
