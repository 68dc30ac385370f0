"""Files that the command line writes: whole or not at all, and never over somebody else's."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from .. import diagnostics as d

_MADE_BY = b"made by metricc "
_TEXT = re.compile(rb"[^\w\n]*" + _MADE_BY)  # behind the sign of a comment
_PICTURES = {  # these say it in their metadata
    b"\x89PNG": b"Software\0" + _MADE_BY,
    b"<?xml": b"<dc:title>" + _MADE_BY,
    b"%PDF": b"/Creator (" + _MADE_BY,
}


def write(path: Path, content: str | bytes, *, force: bool) -> None:
    """Write a file whole or not at all; a file that is not ours stays unless forced.

    Raises:
        MetricError: the path holds something else, or cannot be written.
    """
    data = content if isinstance(content, bytes) else content.encode()
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_bytes(data)  # a pipe, or /dev/null
        else:
            _write_whole(path.resolve(), data, force=force)  # a link stays, its file is written
    except (OSError, RuntimeError) as error:  # RuntimeError: a link that leads to itself
        reason = f"cannot be written: {getattr(error, 'strerror', None) or error}"
        raise d.MetricError(d.FileInTheWay(None, str(path), reason, "choose another")) from None


def _write_whole(path: Path, data: bytes, *, force: bool) -> None:
    if path.is_dir() or not path.parent.is_dir():
        reason = "is a folder" if path.is_dir() else "is in a folder that does not exist"
        raise d.MetricError(d.FileInTheWay(None, str(path), reason, "give the path of a file"))
    if path.exists() and not force and not _is_ours(path):
        advice = "choose another name, or add --force to overwrite it"
        reason = "exists and was not made by metricc"
        raise d.MetricError(d.FileInTheWay(None, str(path), reason, advice))
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".metricc")
    try:
        with open(handle, "wb") as file:  # noqa: PTH123 - a handle
            file.write(data)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _is_ours(path: Path) -> bool:
    data = path.read_bytes()
    is_picture = any(data.startswith(kind) and mark in data for kind, mark in _PICTURES.items())
    return is_picture or bool(_TEXT.match(data))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
