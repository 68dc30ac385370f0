"""The command line: results to stdout, diagnostics to stderr, exit 0, 1 or 2 (usage)."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from . import __version__
from . import diagnostics as d
from .compiler import compile_source, emit
from .library import load_library
from .metric import read_source
from .source import Source
from .targets import TARGETS
from .targets.header import MADE_BY
from .targets.options import Direction, LossOptions, Surrogate

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., None]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Compile classification metrics into PyTorch losses."""


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


def _parameters(_context: object, _option: object, pairs: tuple[str, ...]) -> dict[str, float]:
    """beta=2 → {"beta": 2.0}."""
    values = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        try:
            number = float(text)
        except ValueError:
            number = None
        if not equals or number is None:
            raise click.BadParameter(f"write {name or 'name'}=NUMBER, not {pair!r}")
        values[name.strip()] = int(number) if number.is_integer() else number
    return values


def _loss_option(flag: str, **settings: Any) -> Callable[[Command], Command]:  # noqa: ANN401
    """Return an option of the loss, with the default that `LossOptions` gives it."""
    field = flag.partition("/")[0].removeprefix("--").replace("-", "_")
    default = getattr(LossOptions(), field)
    return click.option(flag, default=default, show_default=default is not None, **settings)


@cli.command("compile")
@click.argument("formula")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write here, not to stdout.")
@click.option("--force", is_flag=True, help="Overwrite a file that metricc did not make.")
@click.option("--name", default="", help="Name of the emitted classes: f1 gives F1 and F1Loss.")
@click.option("--target", type=click.Choice([*TARGETS]), default="torch", help="What to emit.")
@click.option(
    "--param", "params", multiple=True, callback=_parameters, help="A parameter, as in beta=2."
)
@_loss_option("--from-logits/--no-from-logits", help="The input is logits, or probabilities.")
@_loss_option(
    "--surrogate",
    type=click.Choice(get_args(Surrogate)),
    help="How a probability becomes a soft decision: by a sigmoid at the threshold, or as it is.",
)
@_loss_option(
    "--direction", type=click.Choice(get_args(Direction)), help="Which way M is better; inferred."
)
@_loss_option("--sharpness", type=float, help="The sigmoid's slope at the threshold, times 4.")
@_loss_option("--threshold", type=float, help="The probability above which to say positive.")
@_loss_option("--smooth", type=float, help="A pseudo-count that is added to each entry.")
@_loss_option("--zero-division", type=float, help="What 0/0 gives.")
def compile_command(
    formula: str,
    output: Path | None,
    force: bool,
    name: str,
    target: str,
    params: dict[str, float],
    **options: Any,  # noqa: ANN401 - checked by LossOptions
) -> None:
    """Emit a PyTorch module for FORMULA.

    FORMULA is an expression over TP FP FN TN, a definition, a library name such as f1, or a path
    ending in .metric.
    """
    compilation = compile_source(_source(formula), params)
    artifact = emit(compilation, LossOptions.make(**options), name, target)
    for warning in compilation.typed.warnings:
        click.echo(warning.render(), err=True)
    if output is None or str(output) == "-":
        click.echo(artifact.text, nl=False)
    else:
        write(output, artifact.text, force=force)
        click.echo(f"{output}: {artifact.summary}", err=True)


@cli.command("list")
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


def _source(formula: str) -> Source:
    if formula.endswith(".metric"):
        return read_source(Path(formula))
    return Source("<formula>", formula)


def write(path: Path, text: str, *, force: bool) -> None:
    """Write a file whole or not at all; a file that is not ours stays unless forced.

    Raises:
        MetricError: the path holds something else, or cannot be written.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_text(text, encoding="utf-8")  # a pipe, or /dev/null
        else:
            _write_whole(path.resolve(), text, force=force)  # a link stays, its file is written
    except (OSError, RuntimeError) as error:  # RuntimeError: a link that leads to itself
        reason = f"cannot be written: {getattr(error, 'strerror', None) or error}"
        raise d.MetricError(d.FileInTheWay(None, str(path), reason, "choose another")) from None


def _write_whole(path: Path, text: str, *, force: bool) -> None:
    if path.is_dir() or not path.parent.is_dir():
        reason = "is a folder" if path.is_dir() else "is in a folder that does not exist"
        raise d.MetricError(d.FileInTheWay(None, str(path), reason, "give the path of a file"))
    if path.exists() and not force and not _is_ours(path):
        advice = "choose another name, or add --force to overwrite it"
        reason = "exists and was not made by metricc"
        raise d.MetricError(d.FileInTheWay(None, str(path), reason, advice))
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".metricc")
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - a handle
            file.write(text)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MADE_BY)) == MADE_BY.encode()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
