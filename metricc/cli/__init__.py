"""The command line: results to stdout, diagnostics to stderr, exit 0, 1 or 2 (usage)."""

from __future__ import annotations

import re
import shlex
import sys
from typing import TYPE_CHECKING

import click

from .. import __version__
from .. import diagnostics as d
from .check import check_command
from .compile import compile_command
from .derive import derive_command
from .explain import explain_command
from .list import list_command
from .plot import plot_command

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST_WORD, _LONGEST = 200, 1000


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Compile classification metrics into PyTorch losses; derive, explain, plot and check them."""


for command in (
    check_command,
    compile_command,
    derive_command,
    explain_command,
    list_command,
    plot_command,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line; a mistake of the user's becomes a diagnostic, not a traceback."""
    try:
        cli(prog_name="metricc", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(1)
    except click.ClickException as error:
        words = _short(error.format_message()) + _hint(error, sys.argv[2:])
        click.UsageError(words, getattr(error, "ctx", None)).show()
        sys.exit(error.exit_code)
    except (d.MetricError, d.InternalError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except OSError as error:
        click.echo(f"error: stdout cannot be written: {error.strerror}", err=True)
        sys.exit(1)


def _hint(error: click.ClickException, arguments: Iterable[str]) -> str:
    """Say how to give a formula that begins with a minus, where click takes it for an option."""
    if not isinstance(error, click.NoSuchOption) or error.option_name.startswith("--"):
        return ""
    found = next((x for x in arguments if x.startswith(error.option_name) and len(x) > 2), None)
    behind = "" if found is None else f"-- {shlex.quote(_short(found))}"
    return f" Before a formula that begins with a minus, put --: {behind}" if behind else ""


def _short(message: str) -> str:
    """Cut a value that nobody would read to its end."""
    cut = re.sub(rf"(\S{{{_LONGEST_WORD}}})\S+", r"\1…", message)
    return cut if len(cut) <= _LONGEST else f"{cut[:_LONGEST]}…"
