"""Mistakes in how a derivation is to be written: its format, and the signs of its names."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Diagnostic


@dataclass(frozen=True)
class UnknownFormat(Diagnostic):
    """A format that derivations are not written in."""

    title = "unknown format"
    label = "no derivation is written as `{format}`"
    help = "formats are: {known}"
    format: str
    known: str


@dataclass(frozen=True)
class UnreadableSymbols(Diagnostic):
    """A file of signs that cannot be read."""

    title = "unreadable symbols"
    label = "`{path}`: {reason}"
    help = r"give a TOML file with lines such as yhat = '\hat{{h}}', LaTeX in single quotes"
    path: str
    reason: str


@dataclass(frozen=True)
class UnknownSymbol(Diagnostic):
    """A sign for a name that the derivation does not have."""

    title = "unknown name"
    label = "no letter or parameter of the derivation is called `{name}`"
    help = "{advice}"
    name: str
    advice: str


@dataclass(frozen=True)
class WrongSign(Diagnostic):
    """A sign that no formula can hold."""

    title = "wrong sign"
    label = "`{name}` is {given}: {reason}"
    help = r"give LaTeX in quotes, as in {name} = 'n_+'; a sign is made of {allowed}"
    name: str
    given: str
    reason: str
    allowed: str


@dataclass(frozen=True)
class SameSign(Diagnostic):
    """Two names that would look the same."""

    title = "two names, one sign"
    label = "`{first}` and `{second}` would both be written {sign}"
    help = "give one of them another sign"
    first: str
    second: str
    sign: str


@dataclass(frozen=True)
class UntranslatableSign(Diagnostic):
    """A sign in LaTeX that another format cannot show."""

    title = "sign only for LaTeX"
    label = "`{name}` is {sign}, which {format} cannot show: {reason}"
    help = (
        r"use letters, Greek letters, _, ^, \hat, \bar, \tilde, \mathrm and \mathbf,"
        " or write --format latex"
    )
    name: str
    sign: str
    format: str
    reason: str


@dataclass(frozen=True)
class DerivationTooLong(Diagnostic):
    """A metric whose formulas no page would hold."""

    title = "derivation too long"
    label = "the derivatives of this do not fit on a page"
    help = "`metricc compile` writes them line by line; `metricc derive` may manage its parts"
