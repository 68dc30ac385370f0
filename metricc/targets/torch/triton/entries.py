"""How the kernels read the batch, and add up its entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..plan import Holes, Plan

_BLANK = (
    "    input = tl.where(weight == 0, 0, input)",
    "    target = tl.where(weight == 0, 0, target)",
)


def entries_holes(plan: Plan) -> Holes:
    """Return what the kernels leave open that read the batch."""
    entries, is_grouped = plan.entries, plan.options.is_grouped
    axis, shape = (", 0", "[BLOCK_CLASSES]") if is_grouped else ("", "()")
    return {
        "ENTRIES": ", ".join(entries),
        "ROWS": str(len(entries)),
        "ZEROS": "\n".join(f"{entry} = tl.full({shape}, 0, tl.float64)" for entry in entries),
        "LOAD": "\n".join(_placed(plan) if is_grouped else _flat(plan)),
        "COUNTS": "\n".join(_counts(entries, axis)),
        "STORE_PARTS": "\n".join(
            f"tl.store({_row(k, is_grouped=is_grouped)}, {entry}{', mask' * is_grouped})"
            for k, entry in enumerate(entries)
        ),
    }


def row(k: int, start: str, size: str) -> str:
    """Return the code of where the k-th of some rows begins."""
    return start if k == 0 else f"{start} + {size}" if k == 1 else f"{start} + {k} * {size}"


def _row(k: int, *, is_grouped: bool) -> str:
    if is_grouped:
        return row(k, "first", "row")
    return row(k, "parts_ptr", "programs") + " + program"


def _counts(entries: tuple[str, ...], axis: str) -> list[str]:
    """Each entry as a sum of non-negative terms: of a block in DTYPE, of blocks in doubles."""
    counts = []
    for positive, negative, soft in (("tp", "fp", "pred"), ("fn", "tn", "rest")):
        if positive in entries:
            counts.append(f"{positive} += tl.sum(target * {soft}{axis}).to(tl.float64)")
        if negative in entries:
            counts.append(f"{negative} += tl.sum({soft} - target * {soft}{axis}).to(tl.float64)")
    return counts


def _flat(plan: Plan) -> list[str]:
    """Return the lines that read elements one after the other."""
    read = "{0} = tl.load({0}_ptr + offsets, mask, other=0).to(DTYPE)"
    return [
        *(read.format(name) for name in ("input", "target")),
        "if weight_ptr is not None:",
        f"    {read.format('weight')}",
        *(_BLANK if plan.arranges else ()),
    ]


def _placed(plan: Plan) -> list[str]:
    """Return the lines that read all classes of some sites; an index is read once for all."""
    read = "{0} = _read({0}_ptr, {0}_strides, at, mask, DTYPE)"
    return [
        "at = sample, label, site",
        read.format("input"),
        "if IS_INDEX:",
        "    at_index = sample, 0, site",
        "    index = _read(target_ptr, target_strides, at_index, place < size, DTYPE)",
        "    target = (index == label).to(DTYPE)",
        "else:",
        f"    {read.format('target')}",
        "if weight_ptr is not None:",
        f"    {read.format('weight')}",
        *(_BLANK if plan.arranges else ()),
    ]
