"""`metricc derive`: a metric's loss and its gradient as formulas, for a terminal or a paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import click

from ..derivation.equations import Wrt
from ..formats import FORMATS
from ..ir.derivation import CLASS_LETTERS, LETTERS
from ..metric import compile_text
from ..targets.values import surrogates
from .options import formula_source, loss_option, param_option

_NAMES = ", ".join((*LETTERS, *CLASS_LETTERS))


@click.command("derive")
@click.argument("formula")
@click.option("--format", default="text", show_default=True, help=f"{', '.join(FORMATS)}.")
@click.option(
    "--wrt",
    type=click.Choice(get_args(Wrt)),
    default="theta",
    show_default=True,
    help="What to differentiate by last: the entries, ŷ, p, the logit z, or linear weights.",
)
@click.option(
    "--symbols",
    type=click.Path(path_type=Path),
    help=f"""A TOML file with your notation, as in yhat = 'h'; names: {_NAMES}.""",
)
@click.option("--ascii", is_flag=True, help="Text without any other characters.")
@click.option("--document", is_flag=True, help="LaTeX as a complete file.")
@click.option("--bibtex", is_flag=True, help="Append what to cite.")
@param_option
@loss_option(
    "--surrogate",
    default=None,
    type=click.Choice((*surrogates(), "softmax")),
    help="The soft decision: sigmoid, or softmax where the metric joins several classes.",
)
@loss_option("--rescaled/--no-rescaled", help="Stretch the surrogate, to reach both 0 and 1.")
def derive_command(formula: str, params: dict[str, float], **options: Any) -> None:  # noqa: ANN401
    """Print the derivation of FORMULA's loss and gradient, step by step."""
    metric = compile_text(formula_source(formula), params)
    click.echo(metric.derivation(**options).rstrip("\n"))
