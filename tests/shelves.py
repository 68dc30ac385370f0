"""The names of the library's metrics, of two classes and of several."""

from __future__ import annotations

from metricc.library import load_library

_FILES = {name: entry.definition.span.source.name for name, entry in load_library().metrics.items()}
SEVERAL_CLASSES = tuple(name for name, file in _FILES.items() if file == "multiclass.metric")
TWO_CLASSES = tuple(name for name in _FILES if name not in SEVERAL_CLASSES)
