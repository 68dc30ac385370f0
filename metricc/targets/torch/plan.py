"""What one emitted file is about: the program, the resolved options, and what follows from both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ...ir.typed import ENTRIES
from ...surrogate import compile_surrogate
from .attributes import attributes

if TYPE_CHECKING:
    from ...ir.compilation import Compilation
    from ...ir.program import Program
    from ...ir.surrogate import CompiledSurrogate
    from ..options import LossOptions
    from ..values import Direction

Holes = dict[str, str]


@dataclass(frozen=True)
class Plan:
    """The argument of whoever fills a hole; `title` is the name of the autograd function."""

    compilation: Compilation
    options: LossOptions
    title: str

    @property
    def direction(self) -> Direction:
        """Which way training moves the metric."""
        return self.compilation.behaviour.direction or "max"

    @property
    def program(self) -> Program:
        """Value and slopes."""
        return self.compilation.program

    @cached_property
    def surrogate(self) -> CompiledSurrogate | None:
        """The soft decision of one probability; None where classes exclude each other."""
        if self.options.is_softmax:
            return None
        return compile_surrogate(str(self.options.surrogate), rescaled=self.options.rescaled)

    @property
    def surrogate_options(self) -> tuple[str, ...]:
        """The numbers that the soft decision takes."""
        if self.surrogate is not None:
            return tuple(self.surrogate.parameters)
        return ("sharpness",) if self.options.surrogate == "softmax" else ()

    @property
    def has_log_loss(self) -> bool:
        """Tell whether a cross entropy is added."""
        return self.options.mix > 0

    @property
    def mixes_by_slopes(self) -> bool:
        """Tell whether the metric's slopes weigh the cross entropy."""
        return self.has_log_loss and self.options.mix_weights == "slopes"

    @property
    def log_loss_counts(self) -> tuple[str, ...]:
        """What is counted beside the entries: sums of the cross entropy, and of its weights."""
        if self.mixes_by_slopes:
            return ("misses", "alarms", "positives", "negatives")
        return ("losses", "terms") if self.has_log_loss else ()

    @property
    def log_slopes(self) -> tuple[str, ...]:
        """What the cross entropy is multiplied by: of all elements, or of either side."""
        if self.mixes_by_slopes:
            return ("log_pos", "log_neg")
        return ("log_slope",) if self.has_log_loss else ()

    @property
    def has_loops(self) -> bool:
        """Tell whether the file carries loops in C; these take one softmax, not two."""
        is_double = self.has_log_loss and self.options.surrogate == "softmax"
        return self.options.kernels in ("c", "auto") and not is_double

    @property
    def has_triton(self) -> bool:
        """Tell whether the file carries Triton kernels; they know no cross entropy."""
        return self.options.kernels in ("triton", "auto") and not self.has_log_loss

    @property
    def takes_totals(self) -> bool:
        """Tell whether value and slopes are always taken at counts made before."""
        return bool(self.options.sync) or self.options.momentum > 0

    @property
    def takes_counts(self) -> bool:
        """Tell whether value and slopes can be taken at given counts."""
        return self.options.extended or self.takes_totals or self.options.is_grouped

    @property
    def counts_by_loops(self) -> bool:
        """Tell whether the module counts without a loss, by loops."""
        return self.has_loops and (self.options.extended or self.takes_totals)

    @property
    def has_floats(self) -> bool:
        """Tell whether the scalars of a step on a CPU are floats, which are faster than tensors."""
        return not self.options.is_grouped

    @property
    def has_constants(self) -> bool:
        """Tell whether the soft decision takes tensors for its numbers: it only multiplies them."""
        soft = self.surrogate
        return soft is not None and soft.name == "sigmoid" and not soft.is_stretched

    @property
    def selects(self) -> bool:
        """Tell whether classes are chosen before the metric; else, if at all, of its results."""
        return self.options.classes is not None and self.options.average != "none"

    @property
    def has_tangent(self) -> bool:
        """Tell whether there is a forward mode: not of each loss of classes that softmax joins."""
        return not (self.options.is_softmax and self.options.average == "none")

    @property
    def arranges(self) -> bool:
        """Tell whether the arguments need more than a check before they are used."""
        o = self.options
        return o.is_grouped or o.extended or o.ignore_index is not None

    @property
    def tensors(self) -> tuple[str, ...]:
        """The tensors that the autograd function takes."""
        weight = ("weight",) if self.options.weight is not None else ()
        counts = ("counts",) if self.takes_counts else ()
        return ("input", "target", "sample_weight", *weight, *counts)

    @property
    def programs(self) -> tuple[Program, ...]:
        """What the loss takes the gradient of, and the metric where that is another."""
        evaluated = self.compilation.evaluated
        return (self.program,) if evaluated is None else (self.program, evaluated)

    @property
    def entries(self) -> tuple[str, ...]:
        """The entries that any of them reads, in the field's order."""
        read = {name for program in self.programs for name in program.inputs}
        return tuple(name for name in map(str.lower, ENTRIES) if name in read)

    @property
    def policy(self) -> tuple[str, ...]:
        """The numbers that say what happens at singular points."""
        is_needed = any("quotient" in program.functions() for program in self.programs)
        return ("zero_division",) if is_needed else ()

    @cached_property
    def own(self) -> dict[str, float]:
        """The metric's own parameters: attribute of the module, and value."""
        names = attributes(self.program.parameters, {*self.structural, *self.chosen})
        defaults = (float(p.default) for p in self.compilation.typed.parameters)
        return dict(zip(names, defaults, strict=True))

    @cached_property
    def numbers(self) -> dict[str, float | tuple[int, ...]]:
        """What the autograd function takes beside tensors, with defaults, in its order."""
        names = (*self.surrogate_options, *self.chosen, "smooth", *self.policy)
        return {**{name: getattr(self.options, name) for name in names}, **self.own}

    @property
    def structural(self) -> list[str]:
        """The constructor's arguments that the autograd function does not see as numbers."""
        options = self.options
        wanted = {
            "classes": options.classes is not None and not self.selects,
            "weight": options.weight is not None,
            "class_dim": options.has_classes,
            "ignore_index": options.ignore_index is not None,
            "momentum": options.momentum > 0,
            "process_group": bool(options.sync),
        }
        return [name for name, is_wanted in wanted.items() if is_wanted]

    @property
    def chosen(self) -> tuple[str, ...]:
        """The numbers that only some losses take."""
        return ("classes",) * self.selects + ("mix",) * self.has_log_loss

    @property
    def target(self) -> str:
        """The target as the entries take it, in the code of a function that gets both."""
        target = "positives(target, input)" if self.options.is_softmax else "target"
        return f"blank({target}, sample_weight)" if self.arranges else target
