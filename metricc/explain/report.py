"""explain: the sections of a report, in the order of the pipeline, warnings last."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..analysis.warnings import find_warnings
from ..passes.draws import same_draws
from ..targets.header import one_line
from .findings import findings
from .layout import section, wrapped
from .places import one_class, singular_places
from .stages import stages

if TYPE_CHECKING:
    from ..ir.compilation import Compilation

_FIELDS = ("range:", "synonyms:", "source:")


@same_draws()
def explain(compilation: Compilation) -> str:
    """Return the report as text, no line longer than 100 columns."""
    is_joint = compilation.typed.is_joint
    lines = [
        *_title(compilation),
        *stages(compilation),
        *section(f"what it is{_given(compilation)}", findings(compilation)),
        *section("singular places", singular_places(compilation)),
        *section("batches of one class", [] if is_joint else one_class(compilation)),
        *section("warnings", _warnings(compilation)),
    ]
    return "\n".join(lines) + "\n"


def _title(compilation: Compilation) -> list[str]:
    typed = compilation.typed
    words = [line for line in typed.doc.splitlines() if not line.startswith(_FIELDS)]
    return [*wrapped(typed.name or one_line(typed.text)), *wrapped(" ".join(words))]


def _given(compilation: Compilation) -> str:
    """Return the values that what is found holds for: `, with beta = 2`."""
    pairs = [f"{p.name} = {float(p.default):g}" for p in compilation.typed.parameters]
    return f", with {', '.join(pairs)}" if pairs else ""


def _warnings(compilation: Compilation) -> list[str]:
    """Return all warnings without their pictures: the formula stands above."""
    found = find_warnings(
        compilation.typed,
        compilation.program,
        compilation.behaviour,
        compilation.singularities,
        is_thorough=True,
    )
    lines: list[str] = []
    for warning in (*compilation.typed.warnings, *found):
        title, label, *rest = replace(warning, span=None).render().splitlines()
        lines += wrapped(label.strip(), title.removeprefix("warning: ") + ": ", "    ")
        lines += wrapped(" ".join(rest), "    ", "    ")
    return lines or ["none"]
