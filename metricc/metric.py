"""The compiled metric as Python sees it: value, score, loss, source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import diagnostics as d
from .compiler import compile_source, emit
from .counts import check_counts, count, count_classes, refuse_keyword
from .derivation.steps import derive, start
from .evaluate import arrays, run_value
from .explain import explain
from .formats import Notation, html, latex, read_notation, render
from .ir.derivation import CLASS_LETTERS, OF_CLASSES, OF_SAMPLES
from .plot import make_figure
from .plot.view import View
from .reader import read_source
from .source import Source
from .surrogate import compile_decision, compile_surrogate
from .targets.options import LossOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

    from .derivation.equations import Wrt
    from .ir.compilation import Compilation
    from .ir.derivation import DerivationStep


class Metric:
    """A compiled metric; make one with `metricc.compile`."""

    def __init__(self, compilation: Compilation) -> None:
        """Wrap the stages of one compilation."""
        self.compilation = compilation

    @property
    def name(self) -> str:
        """The metric's name; empty for a bare expression."""
        return self.compilation.typed.name

    @property
    def formula(self) -> str:
        """The formula as it was written."""
        return self.compilation.typed.text

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the command line warns of: that the value depends on the batch size, say."""
        return tuple(warning.render() for warning in self.compilation.warnings)

    def __repr__(self) -> str:
        """Show the formula."""
        return f"<metricc {self.name or 'metric'}: {' '.join(self.formula.split())}>"

    def _repr_latex_(self) -> str:
        """Show the metric and its slopes in a notebook, or a page made of one."""
        return latex.block(self._in_short(), self._notation)

    def _repr_html_(self) -> str:
        """Show the same where a page is shown."""
        return html.block(self._in_short(), self._notation)

    @property
    def _notation(self) -> Notation:
        return Notation(indices=OF_CLASSES if self.compilation.typed.is_joint else OF_SAMPLES)

    def _in_short(self) -> tuple[DerivationStep, ...]:
        """Return the steps from the metric to its slopes; the metric alone if they are long."""
        try:
            steps = derive(self.compilation, compile_surrogate("sigmoid"), "yhat").steps
        except d.MetricError:
            return (start(self.compilation),)
        return steps[0], *steps[2:]  # without the soft entries

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the formula."""
        return compile_text, (self.compilation.source, dict(self.compilation.given))

    def value(
        self,
        tp: ArrayLike | None = None,
        fp: ArrayLike | None = None,
        fn: ArrayLike | None = None,
        tn: ArrayLike | None = None,
        *,
        zero_division: float = 0.0,
    ) -> Any:  # noqa: ANN401 - a float for numbers, an array for arrays
        """Return the metric of counts that broadcast, in float64.

        Where the metric joins several classes, each of them is a number along the last axis.

        Args:
            tp: true positives, a number or an array; those that the formula reads are wanted.
            fp: false positives.
            fn: false negatives.
            tn: true negatives.
            zero_division: what 0/0 gives; may be NaN here.

        Raises:
            TypeError: an entry that the formula reads is missing, or is no number.
            ValueError: a count is negative, the shapes do not broadcast, or there are no classes.
        """
        import numpy as np

        program, typed = self.compilation.program, self.compilation.typed
        counts = {"tp": tp, "fp": fp, "fn": fn, "tn": tn}
        given, shape = check_counts(counts, program, typed)
        for name, parameter in zip(program.parameters, typed.parameters, strict=True):
            default = parameter.default
            given[name] = np.longdouble(default.numerator) / np.longdouble(default.denominator)
        with np.errstate(all="ignore"):  # the policy answers what numpy would warn of
            result = run_value(program, arrays(np), given, zero_division)
            result = np.asarray(result, dtype=np.float64)
        if typed.is_joint and result.ndim:
            result = result[..., 0]
        result = np.broadcast_to(result, shape)
        return float(result) if result.ndim == 0 else result.copy()

    def score(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        num_classes: int | None = None,
        zero_division: float = 0.0,
        **unknown: Any,  # noqa: ANN401 - refused
    ) -> float:
        """Return the metric of hard decisions.

        Where the metric joins several classes, labels are the classes 0, 1, 2 and so on.

        Args:
            y_true: the truth, 0 or 1 (or bool), any shape.
            y_pred: the decisions, 0 or 1 (or bool), of the same shape.
            sample_weight: weights that broadcast to that shape.
            num_classes: how many classes there are; up to the largest label unless given.
            zero_division: what 0/0 gives, as in scikit-learn; may be NaN.
            **unknown: what other libraries take, such as `task`; refused.

        Raises:
            TypeError: labels or weights are no numbers, or there is no such keyword.
            ValueError: shapes differ, a label is neither 0 nor 1, or no class, or a weight < 0.
        """
        typed = self.compilation.typed
        if unknown or (num_classes is not None and not typed.is_joint):
            refuse_keyword(next(iter(unknown), "num_classes"), typed)
        if typed.is_joint:
            counts = count_classes(y_true, y_pred, sample_weight, num_classes)
        else:
            counts = count(y_true, y_pred, sample_weight, typed)
        return float(self.value(*counts, zero_division=zero_division))

    def source(self, target: str = "torch", *, name: str = "", **options: Any) -> str:  # noqa: ANN401
        """Return the emitted text; `options` are those of the loss.

        Raises:
            MetricError: the metric cannot be a loss with these options.
        """
        return emit(self.compilation, LossOptions.make(**options), name, target).text

    def explain(self) -> str:
        """Return what `metricc explain` prints: the stages, what the metric is, the warnings."""
        return explain(self.compilation)

    def derivation(
        self,
        format: str = "latex",
        *,
        wrt: Wrt = "theta",
        surrogate: str | None = None,
        rescaled: bool = False,
        symbols: Path | None = None,
        ascii: bool = False,
        document: bool = False,
        bibtex: bool = False,
    ) -> str:
        """Return the derivation of the loss and its gradient, as `metricc derive` prints it.

        Args:
            format: "text", "latex", "markdown", "typst" or "html".
            wrt: what to differentiate by last: "entries", "yhat", "p", "z" or "theta".
            surrogate: the soft decision, sigmoid unless given, or softmax of several classes.
            rescaled: stretch the surrogate to reach 0 and 1.
            symbols: a TOML file with your notation, a line such as `yhat = "h"` for each name.
            ascii: write text without any other characters.
            document: write LaTeX as a complete file.
            bibtex: append what to cite.

        Raises:
            MetricError: a word or file is wrong, or the formulas would not fit on a page.
        """
        typed = self.compilation.typed
        names = (*(p.name for p in typed.parameters), *(CLASS_LETTERS if typed.is_joint else ()))
        decision = compile_decision(surrogate, rescaled=rescaled, is_joint=typed.is_joint)
        return render(
            derive(self.compilation, decision, wrt),
            format,
            notation=read_notation(symbols, names),
            ascii=ascii,
            document=document,
            bibtex=bibtex,
        )

    def loss(self, **options: Any) -> torch.nn.Module:  # noqa: ANN401 - checked by LossOptions
        """Return the loss, a module that takes input, target, sample_weight=None and mask=None.

        It is `extended`: it also has `counts`, `metric`, and `forward(…, counts=total)`. `sync`
        may be a process group here.

        Raises:
            MetricError: the metric cannot be a loss with these options, or torch is missing.
        """
        from .inprocess import make_loss

        return make_loss(self.compilation, **options)

    def plot(self, **options: Any) -> Figure:  # noqa: ANN401 - checked by View
        """Return what `metricc plot` draws, with its options; it needs matplotlib."""
        return make_figure(self.compilation, View.make(**options))


def compile(formula: str | Path, *, params: Mapping[str, float] | None = None) -> Metric:
    """Compile a metric.

    Args:
        formula: an expression, definitions (the last metric counts), or a library name; a
            `pathlib.Path` is read as a file.
        params: values of the metric's parameters; in a bare expression these names become
            parameters.

    Raises:
        MetricError: the formula is wrong; `.diagnostic` says where and what to type instead.
        TypeError: `formula` is neither text nor a path.
    """
    if not isinstance(formula, str | Path):
        raise TypeError(f"formula must be a str or a pathlib.Path, not {type(formula).__name__}")
    source = read_source(formula) if isinstance(formula, Path) else Source("<formula>", formula)
    return compile_text(source, params)


def compile_text(source: Source, params: Mapping[str, float] | None = None) -> Metric:
    """Compile a source that is already in memory."""
    return Metric(compile_source(source, params))
