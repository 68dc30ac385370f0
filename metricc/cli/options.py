"""What several commands take: a formula, its parameters, the options of the loss."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..reader import read_source
from ..source import Source
from ..targets.options import LossOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., None]


def parse_parameters(_context: object, _option: object, pairs: tuple[str, ...]) -> dict[str, float]:
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


def parse_numbers(kind: type) -> Callable[..., tuple[float, ...] | None]:
    """Return a callback: 1,2 → (1, 2)."""

    def parse(_context: object, _option: object, text: str | None) -> tuple[float, ...] | None:
        if text is None:
            return None
        try:
            return tuple(kind(part) for part in text.split(","))
        except ValueError:
            raise click.BadParameter(f"write numbers as in 1,2, not {text!r}") from None

    return parse


param_option = click.option(
    "--param", "params", multiple=True, callback=parse_parameters, help="A parameter, as in beta=2."
)
force_option = click.option(
    "--force", is_flag=True, help="Overwrite a file that metricc did not make."
)


def loss_option(flag: str, **settings: Any) -> Callable[[Command], Command]:  # noqa: ANN401
    """Return an option of the loss, with the default that `LossOptions` gives it."""
    field = flag.partition("/")[0].removeprefix("--").replace("-", "_")
    default = settings.pop("default", getattr(LossOptions(), field))
    return click.option(flag, default=default, show_default=default is not None, **settings)


def formula_source(formula: str) -> Source:
    """Return the text to compile: what stands on the command line, or a `.metric` file."""
    if formula.endswith(".metric"):
        return read_source(Path(formula))
    return Source("<formula>", formula)
