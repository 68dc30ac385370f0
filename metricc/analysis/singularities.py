"""Where a metric, or its slope, has no finite value: read off the bindings of its formula.

f1           0/0   no actual and no predicted positives
dor          x/0   no false positives, or no false negatives
1/informedness     x/0   an interior surface: TP*TN = FP*FN
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..ir.behaviour import Singularity
from ..ir.typed import ENTRIES
from ..passes.faces import Face, Zeros, minimal
from ..passes.zeros import TooLargeError, ZeroFinder
from .joint import singularities_of_classes

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sympy as sp

    from ..ir.symbolic import Binding, Symbolic

WORDS = {
    Face(key.split()): words
    for key, words in {
        "": "everywhere",
        "TP": "no true positives",
        "TN": "no true negatives",
        "FP": "no false positives",
        "FN": "no false negatives",
        "TP FN": "no actual positives",
        "TN FP": "no actual negatives",
        "TP FP": "no predicted positives",
        "TN FN": "no predicted negatives",
        "FP FN": "no errors",
        "TP TN": "no correct predictions",
        "TP FP FN": "no actual and no predicted positives",
        "TN FP FN": "no actual and no predicted negatives",
        "TP TN FP": "nothing but false negatives",
        "TP TN FN": "nothing but false positives",
        "TP TN FP FN": "an empty batch",
    }.items()
}
SURFACE = "an interior surface"


def find_singularities(symbolic: Symbolic) -> tuple[Singularity, ...]:
    """Return all kinds in the order in which the formula meets them; parameters at default."""
    if symbolic.metric.is_joint:
        return singularities_of_classes(symbolic.metric)
    finder = ZeroFinder(symbolic)
    faces: dict[str, frozenset[Face]] = {}
    surfaces: dict[tuple[str, str], None] = {}
    for binding in symbolic.bindings:
        for kind, zeros in _found(finder, binding):
            faces[kind] = minimal(faces.get(kind, frozenset()) | zeros.faces)
            surfaces |= dict.fromkeys((kind, equation) for equation in zeros.equations)
        finder.learn(binding)
    on_faces = [_on_faces(kind, found) for kind, found in faces.items() if found]
    inside = [Singularity(kind, (), SURFACE, equation) for kind, equation in surfaces]
    return (*on_faces, *inside)


def _found(finder: ZeroFinder, binding: Binding) -> list[tuple[str, Zeros]]:
    try:
        return list(_critical(finder, binding))
    except TooLargeError:  # nothing is said, since nothing is known
        return []


def _on_faces(kind: str, faces: frozenset[Face]) -> Singularity:
    """Order faces by size, and as the field orders their entries."""
    named = [tuple(entry for entry in ENTRIES if entry in face) for face in faces]
    named.sort(key=lambda face: (len(face), [ENTRIES.index(entry) for entry in face]))
    return Singularity(kind, tuple(named), ", or ".join(WORDS[Face(face)] for face in named))


def _critical(finder: ZeroFinder, binding: Binding) -> Iterator[tuple[str, Zeros]]:
    """Yield what happens in one binding, and where."""
    x = binding.args[0]
    match binding.op:
        case "quotient":
            yield from _of_quotient(finder, *binding.args)
        case "log":
            yield "log 0", _outside(finder.zeros(x))
        case "log1p":
            yield "log 0", _outside(finder.zeros(1 + x))
        case "power":
            yield from _of_power(finder, x, finder.default(binding.args[1]))
        case "cbrt":
            yield "∛0", _where_it_moves(finder, x, finder.zeros(x))
        case "sqrt":
            yield "√0", _where_it_moves(finder, x, _outside(finder.zeros(x)))
        case "xlogx":
            yield "log 0", _where_it_moves(finder, x, _outside(finder.zeros(x)))
        case "asin":
            yield "asin 1", _where_it_moves(finder, x, _outside(finder.zeros(1 - x**2)))


def _of_power(finder: ZeroFinder, x: sp.Expr, exponent: sp.Expr) -> Iterator[tuple[str, Zeros]]:
    zeros = _outside(finder.zeros(x))
    if exponent.is_negative:
        yield "x/0", zeros
    elif exponent.is_number and exponent > 1:
        yield "0^c", _without_faces(zeros)
    else:
        yield "0^c", _where_it_moves(finder, x, zeros)


def _where_it_moves(finder: ZeroFinder, x: sp.Expr, zeros: Zeros) -> Zeros:
    """What is 0 there has a value, and an infinite slope only if predictions change it."""
    return zeros if finder.moves(x) else _without_faces(zeros)


def _without_faces(zeros: Zeros) -> Zeros:
    return replace(zeros, faces=zeros.faces & {Face()})


def _outside(zeros: Zeros) -> Zeros:
    """What is nowhere positive is outside of the domain of roots and logarithms everywhere."""
    return Zeros(0, frozenset({Face()})) if zeros.sign < 0 else zeros


def _of_quotient(finder: ZeroFinder, top: sp.Expr, bottom: sp.Expr) -> Iterator[tuple[str, Zeros]]:
    """0/0 where the numerator vanishes, too; x/0 elsewhere."""
    zeros, shared = finder.zeros(bottom), finder.zeros(top).equations
    empty = frozenset(face for face in zeros.faces if finder.vanishes(top, face))
    both = tuple(equation for equation in zeros.equations if equation in shared)
    rest = tuple(equation for equation in zeros.equations if equation not in shared)
    yield "0/0", Zeros(0, empty, both)
    yield "x/0", Zeros(0, zeros.faces - empty, rest)
