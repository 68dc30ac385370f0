"""The command line: results to stdout, diagnostics to stderr, exit 0, 1 or 2 (usage)."""

from __future__ import annotations

import sys

import click

from .. import __version__
from .. import diagnostics as d
from .check import check_command
from .compile import compile_command
from .derive import derive_command
from .explain import explain_command
from .list import list_command
from .plot import plot_command


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
        error.show()
        sys.exit(error.exit_code)
    except (d.MetricError, d.InternalError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except OSError as error:
        click.echo(f"error: stdout cannot be written: {error.strerror}", err=True)
        sys.exit(1)
