"""`metricc compile`: a formula → a file of one of the targets."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import click

from ..compiler import compile_source, emit
from ..targets import OF_LOSSES, TARGETS
from ..targets.options import LossOptions
from ..targets.values import Average, Direction, Kernels, MixWeights, Task, surrogates
from .files import write
from .options import force_option, formula_source, loss_option, param_option, parse_numbers


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
    type=click.Choice((*surrogates(), "softmax")),
    help="How a probability becomes a soft decision: identity leaves it (the default of"
    " multiclass), the rest are steep steps (sigmoid by default).",
)
@loss_option("--rescaled/--no-rescaled", help="Stretch the surrogate, to reach both 0 and 1.")
@loss_option(
    "--direction", type=click.Choice(get_args(Direction)), help="Which way M is better; inferred."
)
@loss_option(
    "--task",
    type=click.Choice(get_args(Task)),
    help="Inferred: multiclass for metrics with sums over classes, else binary.",
)
@loss_option(
    "--average", type=click.Choice(get_args(Average)), help="Of the classes, macro by default."
)
@loss_option("--per-sample/--no-per-sample", help="A confusion matrix for each sample.")
@loss_option("--class-dim", type=int, help="The dimension of the input that holds the classes.")
@loss_option("--ignore-index", type=int, help="The target of what does not count.")
@loss_option("--weight", callback=parse_numbers(float), help="Weights of the classes, as in 1,2,2.")
@loss_option("--classes", callback=parse_numbers(int), help="The classes that count, as in 1,2.")
@loss_option("--mix", type=float, help="The weight of a cross entropy that is added.")
@loss_option(
    "--mix-weights",
    type=click.Choice(get_args(MixWeights)),
    help="Let errors weigh in the cross entropy what they cost the metric.",
)
@loss_option("--log/--no-log", help="Take -log M in the place of 1 - M.")
@loss_option("--exponent", type=float, help="Take (1 - M)^exponent in the place of 1 - M.")
@loss_option(
    "--sync",
    default=None,
    type=click.Choice(("mean", "sum")),
    help="Sum the entries over all ranks, where the trainer averages gradients, or adds them.",
)
@loss_option("--momentum", type=float, help="Keep a running average of the entries.")
@loss_option("--extended/--no-extended", help="Add a mask, counts and the hard metric.")
@loss_option("--validate/--no-validate", help="Look at the values of each batch, on any device.")
@loss_option(
    "--kernels",
    type=click.Choice(get_args(Kernels)),
    help="Add fused loops: in C for the CPU, in Triton for CUDA, or both (auto).",
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
    given = {option: value for option, value in options.items() if value is not None}
    artifact = emit(compilation, LossOptions.make(**given), name, target)
    known = compilation.warnings if target in OF_LOSSES else compilation.typed.warnings
    for warning in (*known, *artifact.warnings):
        click.echo(warning.render(), err=True)
    if output is None or str(output) == "-":
        click.echo(artifact.text, nl=False)
    else:
        write(output, artifact.text, force=force)
        click.echo(f"{output}: {artifact.summary}", err=True)
