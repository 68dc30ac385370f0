"""`metricc list`: the library, a line each."""

from __future__ import annotations

import click

from .. import diagnostics as d
from ..library import load_library


@click.command("list")
@click.argument("word", default="")
def list_command(word: str) -> None:
    """List the library, or the metrics that WORD occurs in: name, formula, range, synonyms."""
    wanted = word.lower().replace("_", " ")
    rows = [
        (entry.signature, entry.formula, entry.range, ", ".join(entry.synonyms))
        for name, entry in sorted(load_library().metrics.items())
        if wanted in " ".join((name, entry.summary, *entry.synonyms)).lower().replace("_", " ")
    ]
    if not rows:
        raise d.MetricError(d.NothingFound(None, word))
    width = max(len(row[0]) for row in rows)
    for name, *rest in rows:
        click.echo("  ".join((name.ljust(width), *rest)).rstrip())
