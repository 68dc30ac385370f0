"""Derivations of several classes read back as numbers: arrays of samples by classes."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np

from metricc.frontend.spelling import latin

Numbers = dict[str, Any]

_AS_ASCII = {"·": "*", "−": "-", "√": "sqrt", "Σ": "sum", "Π": "prod", "∂": "d", "ℓ": "l"}
_AS_ASCII |= {"θ": "theta", "τ": "tau", "π": "pi"}
_AS_ASCII |= {"ŷ": "yhat", "ₖ": "_k", "ᵢ": "_i", "ᵀ": "^T", "σ": "sigmoid"}
_AS_ASCII |= {digit: f"^{at}" for at, digit in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
_REDUCTION = re.compile(r"\b(sum|prod|min|max)_([cij]) ")
_INDEX = re.compile(r"(?<=[A-Za-z0-9])_(?:k?[cj]|ic|k|i)\b")
_AXES = {"i": 0, "c": 1, "j": 1}


_REDUCERS = {"sum": np.sum, "prod": np.prod, "min": np.min, "max": np.max}


def _reduction(name: str, axis: int, classes: float) -> Any:
    """Return what reduces along samples or classes; one number is the same for all classes."""
    whole = np.ones((1, int(classes))) if axis else 1.0
    return lambda x: _REDUCERS[name](x * whole, axis=axis, keepdims=True)


_FUNCTIONS = {
    **{name: getattr(np, name) for name in ("exp", "log", "sqrt", "sign", "sin", "cos", "abs")},
    "pi": np.pi,
    "min": np.minimum,
    "max": np.maximum,
    "clamp": np.clip,
    "step": lambda x: np.heaviside(x, 0.5),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "xlogx": lambda x: x * np.log(x),
    "equal": lambda x, y: np.isclose(x, y, rtol=1e-12, atol=0).astype(float),
}


class Reading:
    """All equations of a derivation in text; a name that has several must have one value."""

    def __init__(self, text: str, given: Numbers) -> None:
        """Read the steps; `given` are numbers of names without indices."""
        self.values = dict(given)
        for name, letter in itertools.product(_REDUCERS, _AXES):
            reduction = _reduction(name, _AXES[letter], given["K"])
            self.values[f"{name}over{letter}"] = reduction
        self.equations: dict[str, list[str]] = {}
        plain = "".join(_AS_ASCII.get(character, character) for character in text)
        for line in re.sub(r"\n +(= )", r" \1", plain).splitlines():
            left, *rights = _sides(line.strip())
            if line.startswith("   ") and rights:
                kept = [right for right in rights if not re.search(r"\bdp_kj/|\bA\(", right)]
                self.equations.setdefault(_name(left), []).extend(kept)

    def __getitem__(self, name: str) -> Any:
        """Return the value of a name such as m, T, dl_dz."""
        if name in _FUNCTIONS:
            return _FUNCTIONS[name]
        if name not in self.values:
            found = [self._evaluate(right) for right in self.equations[name]]
            for other in found[1:]:
                np.testing.assert_allclose(other, found[0], rtol=1e-9, atol=1e-13)
            self.values[name] = found[0]
        return self.values[name]

    def _evaluate(self, formula: str) -> Any:
        return eval(python(formula), {"__builtins__": {}}, self)


def _name(left: str) -> str:
    return python(left.strip())


def _sides(line: str) -> list[str]:
    """Split a chain of equations at the = signs that are not in brackets."""
    protected = re.sub(r"1\[[^\]]*\]", lambda found: found[0].replace(" = ", " == "), line)
    return [side.strip().replace(" == ", " = ") for side in re.split(r"\s= ", protected)]


def python(formula: str) -> str:
    """sum_j P_j^2 → sumoverj(P**2); 1[x = m] → equal(x, m); dl/dT_c → dl_dT."""
    text = re.sub(r"\bd(l|m|yhat_kc|p_kc)/d(\w+)", r"d\1_d\2", formula)
    text = re.sub(r"\b1\[(.*?) = (.*?)\]", r"equal(\1, \2)", text).replace("^T", "")
    while found := [*_REDUCTION.finditer(text)]:
        last = found[-1]
        end = _end(text, last.end())
        inner = text[last.end() : end]
        text = f"{text[: last.start()]}{last[1]}over{last[2]}({inner}){text[end:]}"
    text = re.sub(r"\bd(yhat|p)_kc_d", r"d\1_d", text)
    return latin(_INDEX.sub("", text)).replace("^", "**")


def _end(text: str, start: int) -> int:
    """Return where the product that begins at `start` ends."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] in "([") - (text[at] in ")]")
        ends = depth == 0 and (text[at] == "," or text[at : at + 3] in (" + ", " - "))
        if depth < 0 or ends:
            return at
    return len(text)
