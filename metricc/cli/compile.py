"""`metricc compile`: a formula → a file of one of the targets."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import click

from ..compiler import compile_source, emit
from ..targets import TARGETS
from ..targets.options import Direction, LossOptions, surrogates
from .files import write
from .options import force_option, formula_source, loss_option, param_option


@click.command("compile")
@click.argument("formula")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write here, not to stdout.")
@force_option
@click.option("--name", default="", help="What to call it: f1 gives F1 and F1Loss, or def f1.")
@click.option(
    "--target",
    type=click.Choice([*TARGETS]),
    default="torch",
    help="torch: a loss; numpy: a scorer with scikit-learn's arguments.",
)
@param_option
@loss_option("--from-logits/--no-from-logits", help="The input is logits, or probabilities.")
@loss_option(
    "--surrogate",
    type=click.Choice(surrogates()),
    help="How a probability becomes a soft decision: identity leaves it, the rest are steep steps.",
)
@loss_option("--rescaled/--no-rescaled", help="Stretch the surrogate, to reach both 0 and 1.")
@loss_option(
    "--direction", type=click.Choice(get_args(Direction)), help="Which way M is better; inferred."
)
@loss_option("--sharpness", type=float, help="The surrogate's slope at the threshold, times 4.")
@loss_option("--threshold", type=float, help="The probability above which to say positive.")
@loss_option("--smooth", type=float, help="A pseudo-count that is added to each entry.")
@loss_option("--zero-division", type=float, help="What 0/0 gives.")
def compile_command(
    formula: str,
    output: Path | None,
    force: bool,
    name: str,
    target: str,
    params: dict[str, float],
    **options: Any,  # noqa: ANN401 - checked by LossOptions
) -> None:
    """Emit a PyTorch module for FORMULA, or what --target says.

    FORMULA is an expression over TP FP FN TN, a definition, a library name such as f1, or a path
    ending in .metric.
    """
    compilation = compile_source(formula_source(formula), params)
    artifact = emit(compilation, LossOptions.make(**options), name, target)
    is_trained = target == "torch"
    for warning in compilation.warnings if is_trained else compilation.typed.warnings:
        click.echo(warning.render(), err=True)
    if output is None or str(output) == "-":
        click.echo(artifact.text, nl=False)
    else:
        write(output, artifact.text, force=force)
        click.echo(f"{output}: {artifact.summary}", err=True)
