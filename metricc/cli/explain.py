"""`metricc explain`: a formula → every stage of its compilation, and what to know of it."""

from __future__ import annotations

import click

from ..compiler import compile_source
from ..explain import explain
from .options import formula_source, param_option


@click.command("explain")
@click.argument("formula")
@param_option
def explain_command(formula: str, params: dict[str, float]) -> None:
    """Show each stage of compiling FORMULA, and what to know before training on it.

    FORMULA is an expression over TP FP FN TN, a definition, a library name such as f1, or a path
    ending in .metric.
    """
    click.echo(explain(compile_source(formula_source(formula), params)), nl=False)
