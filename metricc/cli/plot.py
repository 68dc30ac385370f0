"""`metricc plot`: a formula → a picture of the metric and of its surrogate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .. import diagnostics as d
from ..compiler import compile_source
from ..plot import make_picture
from ..plot.view import SUFFIXES, View
from ..targets.values import surrogates
from .files import write
from .options import force_option, formula_source, loss_option, param_option


@click.command("plot")
@click.argument("formula")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Write here; .png, .svg or .pdf says what.",
)
@force_option
@click.option(
    "--prevalence", type=float, default=0.5, show_default=True, help="The share of positives."
)
@param_option
@loss_option(
    "--surrogate",
    default="sigmoid",
    type=click.Choice(surrogates()),
    help="The soft decision to draw.",
)
@loss_option("--rescaled/--no-rescaled", help="Stretch the surrogate, to reach both 0 and 1.")
@loss_option("--sharpness", type=float, help="The surrogate's slope at the threshold, times 4.")
@loss_option("--threshold", type=float, help="The probability above which to say positive.")
def plot_command(
    formula: str,
    output: Path,
    force: bool,
    params: dict[str, float],
    **options: Any,  # noqa: ANN401 - checked by View
) -> None:
    """Draw FORMULA over the ROC plane, and the surrogate it is trained with.

    FORMULA is an expression over TP FP FN TN, a definition, a library name such as f1, or a path
    ending in .metric.
    """
    suffix = output.suffix.lower()
    if suffix not in SUFFIXES:
        wanted = "a path that ends in .png, .svg or .pdf"
        raise d.MetricError(d.WrongValue(None, "output", repr(str(output)), wanted))
    view = View.make(**options)
    compilation = compile_source(formula_source(formula), params)
    for warning in compilation.warnings:
        click.echo(warning.render(), err=True)
    write(output, make_picture(compilation, view, suffix), force=force)
    click.echo(
        f"{output}: {compilation.typed.name or 'm'} at prevalence {view.prevalence:g}", err=True
    )
