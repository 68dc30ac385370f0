"""`metricc check`: an emitted file → a table of what was proved of it."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..targets.options import LossOptions
from .compile import compile_command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..proof.row import Row


@click.command("check")
@click.argument("file", type=click.Path(path_type=Path))
def check_command(file: Path) -> None:
    """Prove the loss in FILE, which `metricc compile` wrote, by running it.

    Its formula is evaluated at 50 digits, and differentiated by nothing but differences.
    """
    for row in prove_file(file):
        click.echo(f"{row.what:30} {row.against:30} {row.figure:>16} {row.holds}")


def prove_file(file: Path) -> Iterator[Row]:
    """Yield what is proved of an emitted file.

    Raises:
        MetricError: the file is none, or does not run.
    """
    from ..proof.claim import make_claim, read_header
    from ..proof.emitted import load
    from ..proof.prove import prove

    header = read_header(file)
    given = compile_command.make_context("compile", list(header.words)).params
    formula, params = given.pop("formula"), given.pop("params")
    known = {field.name for field in fields(LossOptions)}
    options = {n: v for n, v in given.items() if n in known and v is not None}
    emitted = load(file)
    claim = make_claim(
        header, formula, params, LossOptions.make(**options), emitted.parameters
    )
    yield from prove(emitted, claim)
