"""The program of the file, `value_and_slopes`, at random and at singular confusion matrices."""

from __future__ import annotations

import inspect
import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from ..ir.typed import ENTRIES
from .row import passed, within, worst
from .samples import class_count
from .truth import exactly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .claim import Claim
    from .definition import Definition
    from .emitted import Emitted
    from .numbers import Array
    from .row import Row

_MATRICES = 64
_LIMIT = 1e-10
_SLOPES = 1e-8  # of which some are differences, as 1 - tanh² is
_POLICY = 1e-6  # of bounds that are float32
_NO_DIGITS = 1e-4
"""What is that much smaller than usual is a difference that lost its digits."""


def of_program(emitted: Emitted, claim: Claim) -> Iterator[Row]:
    """Yield rows on value and slopes at random matrices, and on the policy at singular ones."""
    claim = replace(claim, options=replace(claim.options, classes=None))
    definition = exactly(claim)
    counts = _random_matrices(claim)
    value, grad_pos, grad_neg = _run(emitted, claim, counts)
    entries = {name: definition.numbers.array(x) for name, x in counts.items()}
    what = f"at {_MATRICES} matrices"
    yield within(f"value {what}", "50 digits", _error(value, definition.value(entries)), _LIMIT)
    slopes = definition.numbers.slopes(lambda moved: definition.value(moved).sum(1), entries)
    exact = np.stack([slopes["TP"] - slopes["FN"], slopes["FP"] - slopes["TN"]])
    error = _error(torch.stack([grad_pos, grad_neg]), exact)
    yield within(f"slopes {what}", "50 digits", error, _SLOPES)
    yield _of_policy(emitted, claim, definition)


def _random_matrices(claim: Claim) -> dict[str, torch.Tensor]:
    """Return entries (matrices, classes), of one class where the program knows no others."""
    options = claim.options
    is_joint = claim.is_joint or (options.has_classes and options.average not in ("micro", "none"))
    classes = class_count(claim) if is_joint else 1
    generator = torch.Generator().manual_seed(1912)
    if claim.options.is_softmax and classes > 1:
        return _one_against_the_rest(_draw((_MATRICES, classes, classes), generator))
    return {name: _draw((_MATRICES, classes), generator) for name in ENTRIES}


def _draw(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    """Return counts from 1/3 to 400, each size as likely."""
    return torch.exp(7 * torch.rand(shape, generator=generator, dtype=torch.float64) - 1)


def _one_against_the_rest(confusion: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return the entries of each class of matrices (..., actual, predicted)."""
    tp = confusion.diagonal(dim1=-2, dim2=-1)
    fp, fn = confusion.sum(-2) - tp, confusion.sum(-1) - tp
    return {"TP": tp, "TN": confusion.sum((-2, -1))[:, None] - tp - fp - fn, "FP": fp, "FN": fn}


def _run(
    emitted: Emitted, claim: Claim, counts: dict[str, torch.Tensor]
) -> tuple[torch.Tensor, ...]:
    """Call `value_and_slopes`; entries of one class lose that dimension."""
    function = emitted.module.value_and_slopes
    is_single = counts["TP"].shape[1] == 1
    entries = {name.lower(): x[:, 0] if is_single else x for name, x in counts.items()}
    given = {
        **entries,
        "classes": torch.tensor(float(counts["TP"].shape[1]), dtype=torch.float64),
        "weight": torch.tensor(claim.options.weight or (), dtype=torch.float64),
        "zero_division": claim.options.zero_division,
    }
    parameters = iter([*claim.parameters.values(), claim.options.exponent])
    names = inspect.signature(function).parameters
    results = function(*(given[name] if name in given else next(parameters) for name in names))
    shape = counts["TP"].shape
    value, *slopes = (torch.as_tensor(x, dtype=torch.float64) for x in results)
    value = value.reshape(-1, 1).expand(shape[0], 1)
    return value, *((x[:, None] if is_single and x.dim() else x).expand(shape) for x in slopes)


def _error(found: torch.Tensor, truth: Array) -> float:
    """Return the largest error, each relative to its own number, or to what is usual."""
    exact = np.abs(truth)
    sizes = exact + _NO_DIGITS * np.mean(exact) + 1e-300
    return worst(np.abs(found.numpy() - truth) / sizes)


def _of_policy(emitted: Emitted, claim: Claim, definition: Definition) -> Row:
    """Compare the value at all matrices with empty entries; slopes are to be finite there."""
    patterns = [p for p in itertools.product((0.0, 1.0), repeat=4) if not all(p)]
    template = _random_matrices(claim)
    classes = template["TP"].shape[1]
    counts = {
        name: torch.tensor([[3.0 * p[i] + 2 * i * p[i]] * classes for p in patterns]).double()
        for i, name in enumerate(ENTRIES)
    }
    value, *slopes = _run(emitted, claim, counts)
    truth = definition.value({name: definition.numbers.array(x) for name, x in counts.items()})
    failures = []
    for i, pattern in enumerate(patterns):
        where = " = ".join(
            [name for name, x in zip(ENTRIES, pattern, strict=True) if not x] + ["0"]
        )
        wanted, found = float(truth[i, 0]), value[i, 0].item()
        if not abs(found - wanted) <= _POLICY * max(1, abs(wanted)):
            failures.append(f"{where} gives {found:.4g}, not {wanted:.4g}")
        elif not all(x[i].isfinite().all() for x in slopes):
            failures.append(f"{where} gives an infinite slope")
    return passed("value at empty entries", "the policy", failures, len(patterns))
