"""Reads formula files, and as much of any text file as its reader can use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import diagnostics as d
from .frontend.parse import MAX_CHARACTERS
from .source import Source

if TYPE_CHECKING:
    from pathlib import Path


def read_source(path: Path) -> Source:
    """Read a formula file; of one that is too long only what shows that.

    Raises:
        MetricError: the file cannot be read, or is not text.
    """
    try:
        return Source(path.name, read_beginning(path, MAX_CHARACTERS + 1))
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise d.MetricError(d.UnreadableFile(None, str(path), reason)) from None
    except UnicodeDecodeError:
        raise d.MetricError(d.UnreadableFile(None, str(path), "not UTF-8 text")) from None
    except ValueError:  # a null byte, or half a character
        raise d.MetricError(d.UnreadableFile(None, str(path), "not a path")) from None


def read_beginning(path: Path, characters: int) -> str:
    """Return the first characters of a UTF-8 file, without a byte order mark.

    A device or pipe without an end, or a file of gigabytes, costs no more than a short one.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not UTF-8, or its path is none.
    """
    with path.open(encoding="utf-8-sig") as file:
        return file.read(characters)
