"""The named metrics and surrogates, written in metricc's own language beside this file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from ..diagnostics import InternalError
from ..frontend.parse import parse
from ..source import Source

if TYPE_CHECKING:
    from ..ir.syntax import Definition

_FIELDS = ("range", "synonyms", "source", "classes")


@dataclass(frozen=True)
class Entry:
    """A definition and what its doc comment says about it."""

    definition: Definition
    summary: str
    range: str
    synonyms: tuple[str, ...]
    source: str

    @property
    def signature(self) -> str:
        """The name with its parameters and their defaults: `fbeta(beta = 1)`."""
        pairs = [f"{p.name} = {float(p.default or 0):g}" for p in self.definition.parameters]
        return f"{self.definition.name}({', '.join(pairs)})" if pairs else self.definition.name

    @property
    def formula(self) -> str:
        """The formula as the library writes it, on one line."""
        return " ".join(self.definition.body.span.text.split())


@dataclass(frozen=True)
class Library:
    """All entries by name, and every synonym."""

    metrics: dict[str, Entry]
    surrogates: dict[str, Entry]
    synonyms: dict[str, str]

    def find(self, name: str) -> Definition | None:
        """Return the metric that `name` or a synonym of it means; case counts only if needed."""
        for word in (name, name.lower()):
            key = self.synonyms.get(word, word)
            if key in self.metrics:
                return self.metrics[key].definition
        return None

    def names(self) -> list[str]:
        """Return all names and synonyms of metrics."""
        return [*self.metrics, *self.synonyms]


@cache
def load_library() -> Library:
    """Parse every `.metric` file of the library once."""
    metrics: dict[str, Entry] = {}
    surrogates: dict[str, Entry] = {}
    synonyms: dict[str, str] = {}
    folder = resources.files(__package__)
    files = (item for item in folder.iterdir() if item.name.endswith(".metric"))
    for file in sorted(files, key=lambda item: item.name):
        for definition in parse(Source(file.name, file.read_text(encoding="utf-8"))):
            shelf = metrics if definition.kind == "metric" else surrogates
            entry = _entry(definition)
            for word in (definition.name, *entry.synonyms):
                if word in metrics or word in synonyms:
                    raise InternalError(f"the library has two metrics called {word}")
            shelf[definition.name] = entry
            synonyms |= dict.fromkeys(entry.synonyms, definition.name)
    return Library(metrics, surrogates, synonyms)


def _entry(definition: Definition) -> Entry:
    """Read the fields `range:`, `synonyms:` and `source:` of a doc comment."""
    fields = dict.fromkeys(_FIELDS, "")
    summary = []
    for line in definition.doc.splitlines():
        key, colon, rest = line.partition(":")
        if colon and key in fields:
            fields[key] = rest.strip()
        else:
            summary.append(line)
    names = tuple(word.strip() for word in fields["synonyms"].split(",") if word.strip())
    return Entry(definition, " ".join(summary), fields["range"], names, fields["source"])
