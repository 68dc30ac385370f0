"""Reads formula files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import diagnostics as d
from .source import Source

if TYPE_CHECKING:
    from pathlib import Path


def read_source(path: Path) -> Source:
    """Read a formula file.

    Raises:
        MetricError: the file cannot be read, or is not text.
    """
    try:
        return Source(path.name, path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise d.MetricError(d.UnreadableFile(None, str(path), reason)) from None
    except UnicodeDecodeError:
        raise d.MetricError(d.UnreadableFile(None, str(path), "not UTF-8 text")) from None
    except ValueError:  # a null byte, or half a character
        raise d.MetricError(d.UnreadableFile(None, str(path), "not a path")) from None
