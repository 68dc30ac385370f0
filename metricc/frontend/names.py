"""What the names of the language mean, which are taken, and which one a misspelt one may be."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from .. import diagnostics as d
from ..ir.operators import SYNONYMS, signature
from ..ir.typed import ENTRIES, MARGINALS, SHORT_FORMS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..source import Span

_KEYWORDS = ("metric", "surrogate", "let", "in")
_NUMBERS = ("pi", "classes")
_CLOSE = 0.7
_MEANT = {
    "true_positives": "TP",
    "true_negatives": "TN",
    "false_positives": "FP",
    "false_negatives": "FN",
    "pow": "x^y",
    "power": "x^y",
    "square": "x^2",
}
_OF_RANKS = (
    "`{name}` is no function of one confusion matrix, but of the ranks of all scores;"
    " at one threshold there are `balanced_accuracy`, `informedness` and `f1`"
)
_OF_SAMPLES = (
    "`{name}` is no function of a confusion matrix, but a mean over samples;"
    " beside a metric a loss takes cross entropy: mix=0.5 (--mix 0.5 in a shell)"
)
_FOCAL = (
    "`{name}` is no function of a confusion matrix, but a mean over samples;"
    " what attends to hard cases is `focal_tversky`, or exponent=0.75 of any metric"
)
_SURFACE = (
    "`{name}` is no function of a confusion matrix;"
    " of overlap there are `jaccard`, `f1` (Dice) and `tversky`"
)
_BEYOND = {
    **dict.fromkeys(("auc", "roc_auc", "auroc", "rocauc", "roc_auc_score", "pauc"), _OF_RANKS),
    **dict.fromkeys(("average_precision", "average_precision_score", "map", "mean_ap"), _OF_RANKS),
    **dict.fromkeys(("pr_auc", "prauc", "auprc", "aupr", "auc_pr", "ndcg", "mrr"), _OF_RANKS),
    **dict.fromkeys(("bce", "bce_loss", "ce", "cross_entropy", "crossentropy"), _OF_SAMPLES),
    **dict.fromkeys(("binary_cross_entropy", "log_loss", "logloss", "nll"), _OF_SAMPLES),
    **dict.fromkeys(("brier", "brier_score", "mse", "mae", "hinge", "ece"), _OF_SAMPLES),
    **dict.fromkeys(("focal", "focal_loss", "focalloss", "poly_loss"), _FOCAL),
    **dict.fromkeys(("lovasz", "lovasz_softmax", "lovasz_hinge", "hausdorff"), _SURFACE),
}
"""What people look for here that is about more than the entries, and where to go instead."""
_RUN = re.compile(f"(?:{'|'.join((*ENTRIES, *SHORT_FORMS))}){{2,}}")
_CELL = re.compile(f"{'|'.join(ENTRIES)}|{'|'.join(SHORT_FORMS)}")
_LOOKS_LIKE_ENTRY = re.compile("[A-Z]{2,3}")


def advice(name: str) -> str:
    """Return what to do about a name that means something else; empty for any other."""
    if name.lower() in _BEYOND:
        return _BEYOND[name.lower()].format(name=name)
    if _RUN.fullmatch(name):
        cells = _CELL.findall(name)
        slip = f"did you mean `{cells[0]}`? " if cells[0] in ENTRIES and len(name) == 3 else ""
        return f"{slip}to multiply, write `{'*'.join(cells)}`"
    if _LOOKS_LIKE_ENTRY.fullmatch(name):
        return (
            f"entries are {' '.join(ENTRIES)}; short for sums of them are {' '.join(SHORT_FORMS)}"
        )
    return ""


def builtin(name: str) -> str | None:
    """Return the entry, marginal or number of the language that `name` means."""
    if name.upper() in ENTRIES:
        return name.upper()
    if name in _NUMBERS or name in MARGINALS:
        return name
    return SHORT_FORMS.get(name)


def function_name(name: str) -> str | None:
    """Return the function that `name` means, in any case: Min is min."""
    lower = SYNONYMS.get(name.lower(), name.lower())
    return lower if signature(lower) else None


def refuse_reserved(name: str, span: Span | None) -> None:
    """Raise if a definition may not take `name`."""
    what = _reserved(name)
    if what:
        raise d.MetricError(d.ReservedName(span, name, what))


def _reserved(name: str) -> str | None:
    """Return what `name` already is, if it is taken."""
    meaning = builtin(name)
    if meaning in ENTRIES:
        return "an entry"
    if name in SHORT_FORMS:
        return f"short for `{meaning}`"
    if meaning is not None:
        return "a number of the language" if name in _NUMBERS else "a marginal"
    if signature(name) or name in SYNONYMS:
        return "a function"
    if name in _KEYWORDS:
        return "a word of the language"
    return "a name that Python keeps for itself" if name.startswith("__") else None


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that `name` most likely means: same first letter, in any case."""
    words = (*known, *_MEANT)
    begin = name[:1].lower()
    by_lower = {word.lower(): word for word in reversed(words) if word[:1].lower() == begin}
    close = get_close_matches(name.lower(), by_lower, n=1, cutoff=_CLOSE)
    return _MEANT.get(by_lower[close[0]], by_lower[close[0]]) if close else None
