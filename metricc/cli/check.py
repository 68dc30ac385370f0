"""`metricc check`: an emitted file → a table of what was proved of it."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import diagnostics as d
from ..proof.header import Header, read_header, unprovable
from ..targets.options import LossOptions
from .compile import compile_command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..proof.row import Row


_SHOWN = 5
_VERDICTS = {True: "holds", False: "FAILS", None: "not run"}


@click.command("check")
@click.argument("file", type=click.Path(path_type=Path))
def check_command(file: Path) -> None:
    """Prove the loss in FILE, which `metricc compile` wrote. This runs the file.

    The formula in its first lines is evaluated at 50 digits and differentiated by differences, so
    that no derivative is taken on trust from the rules by which the file was made. Exits with 1
    if anything fails.
    """
    header = read_header(file)
    proof = _proof(file, header)
    click.echo(f"{file}: {header.formula}\n")
    click.echo(_line("what", "against", "found", "limit", "").rstrip())
    rows = []
    for row in proof:
        rows.append(row)
        click.echo(_line(row.what, row.against, row.figure, row.limit, _VERDICTS[row.holds]))
        for detail in row.details[:_SHOWN]:
            click.echo(f"    {detail}")
        if len(row.details) > _SHOWN:
            click.echo(f"    and {len(row.details) - _SHOWN} more")
    run = [row for row in rows if row.holds is not None]
    failed = sum(not row.holds for row in run)
    click.echo(f"\n{failed} of {len(run)} fail" if failed else f"\nall {len(run)} hold")
    if failed:
        sys.exit(1)


def _line(what: str, against: str, figure: str, limit: str, verdict: str) -> str:
    return f"{what:<44} {against:<26} {figure:>10} {limit:>6}  {verdict}"


def prove_file(file: Path) -> Iterator[Row]:
    """Return what is proved of an emitted file, a row at a time.

    Raises:
        MetricError: it is no emitted loss, or does not run.
    """
    return _proof(file, read_header(file))


def _proof(file: Path, header: Header) -> Iterator[Row]:
    if importlib.util.find_spec("torch") is None:
        raise d.MetricError(d.MissingPackage(None, "a check", "torch", "torch"))
    from ..proof.claim import make_claim
    from ..proof.emitted import load
    from ..proof.prove import prove

    given = _options_of(header, file)
    formula, params = given.pop("formula"), given.pop("params")
    if given["target"] != "torch":
        raise unprovable(file, f"is for {given['target']}; a loss is proved, of the target torch")
    names = {field.name for field in fields(LossOptions)}
    chosen = {name: x for name, x in given.items() if name in names and x is not None}
    try:
        options = LossOptions.make(**chosen)
        claim = make_claim(header, formula, params, options, header.defaults)
    except d.MetricError as error:
        reason = f"has a header that cannot be: {error.diagnostic.summary}"
        raise unprovable(file, reason) from error
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:  # of Python's parser
        raise unprovable(file, f"is not as it was emitted: {error}") from None
    return prove(load(file, header), claim)


def _options_of(header: Header, file: Path) -> dict[str, Any]:
    """Read the command of a header as the command line does."""
    if {"-h", "--help"} & {*header.words}:
        raise unprovable(file, "has a command that makes no file")
    try:
        return compile_command.make_context("compile", [*header.words]).params
    except click.ClickException as error:
        reason = f"has a command that means nothing: {error.format_message()}"
        raise unprovable(file, reason) from None
