"""The pages of examples/ say what happens: their blocks run, what they call equal is equal."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
import torch

import metricc

EXAMPLES = Path(__file__).parent.parent / "examples"
REQUIRED = {"monai", "torchmetrics"}
"""What the tests install; a library beside these is compared where it is there."""

Section = tuple[str, list[str]]


def sections(page: str) -> list[Section]:
    """Return the headings of a page, "" before the first, and the Python blocks under each."""
    text = (EXAMPLES / page).read_text(encoding="utf-8")
    heading, *rest = re.split(r"^## ", text, flags=re.MULTILINE)
    parts = [("", heading), *(part.split("\n", 1) for part in rest)]
    return [(name, re.findall(r"```python\n(.*?)```", body, re.DOTALL)) for name, body in parts]


def packages(code: str) -> set[str]:
    return set(re.findall(r"^(?:from|import) (\w+)", code, re.MULTILINE))


def missing(code: str) -> list[str]:
    return sorted(p for p in packages(code) - REQUIRED if importlib.util.find_spec(p) is None)


def run(code: str, names: dict[str, Any]) -> None:
    exec(compile(code, "page", "exec"), names)


def shared(page: str) -> dict[str, Any]:
    """Run what stands before the first heading."""
    names: dict[str, Any] = {}
    run("\n".join(sections(page)[0][1]), names)
    return names


def own_part(code: str) -> str:
    """Leave out what belongs to other libraries: the imports and `theirs`."""
    kept = [
        node
        for node in ast.parse(code).body
        if not (isinstance(node, ast.ImportFrom) or "theirs" in ast.unparse(node).split(" = ")[0])
    ]
    return ast.unparse(ast.Module(kept, []))


def gradients(value: torch.Tensor, names: dict[str, Any]) -> list[torch.Tensor]:
    if not value.requires_grad:
        return []
    inputs = (names["logits"], names["scores"])
    found = torch.autograd.grad(value, inputs, allow_unused=True)
    return [gradient for gradient in found if gradient is not None]


MIGRATION = sections("migration.md")[1:]
PAIRS = [
    pytest.param(blocks[0], block, id=f"{name.split()[0]}-{number}")
    for name, blocks in MIGRATION
    for number, block in enumerate(blocks[1:], 1)
]


@pytest.mark.filterwarnings("ignore:.*a function of accuracy")
@pytest.mark.parametrize("section", MIGRATION, ids=lambda section: section[0])
def test_our_side_of_each_move_runs(section: Section) -> None:
    names = shared("migration.md")
    for block in section[1]:
        names.pop("ours", None)
        run(own_part(block), names)
        if "theirs" in block:
            assert torch.isfinite(names["ours"]).all(), block


@pytest.mark.filterwarnings("ignore")  # of other libraries
@pytest.mark.parametrize(("imports", "block"), PAIRS)
def test_both_sides_of_a_move_are_equal(
    imports: str, block: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if absent := missing(imports):
        pytest.skip(f"without {', '.join(absent)}")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    names = shared("migration.md")
    run(imports, names)
    run(block, names)
    (digits,) = re.findall(r"# equal to (rounding|\d+)", block)
    tolerance = 1e-13 if digits == "rounding" else 10.0 ** -int(digits)
    theirs, ours = names["theirs"], names["ours"]
    pairs = [(theirs, ours)]
    pairs += zip(gradients(theirs, names), gradients(ours, names), strict=True)
    for expected, found in pairs:
        scale = expected.abs().max().item()
        torch.testing.assert_close(
            found.double(), expected.double(), rtol=0, atol=tolerance * scale
        )


RECIPES = sections("recipes.md")[1:]


@pytest.mark.filterwarnings("ignore")  # of other libraries
@pytest.mark.parametrize("section", RECIPES, ids=lambda section: section[0])
def test_each_recipe_lowers_its_loss(section: Section) -> None:
    code = "\n".join(section[1])
    if absent := missing(code):
        pytest.skip(f"without {', '.join(absent)}")
    names = shared("recipes.md")
    run(code, names)
    assert names["after"] < names["before"] - 0.01


def test_parts_of_a_batch_add_up_to_its_gradient() -> None:
    names = shared("recipes.md")
    loss = metricc.compile("f1").loss(task="multiclass", mix=0.5)
    model, features, labels = names["network"](), names["features"], names["labels"]
    whole = loss(model(features), labels)
    expected = torch.autograd.grad(whole, list(model.parameters()))
    parts = list(zip(features.split(100), labels.split(100), strict=True))
    with torch.no_grad():
        total = sum(loss.counts(model(input), target) for input, target in parts)
    for input, target in parts:
        value = loss(model(input), target, counts=total)
        torch.testing.assert_close(value, whole)
        value.backward()
    found = [parameter.grad for parameter in model.parameters()]
    torch.testing.assert_close(found, list(expected))


def test_log_dice_leaves_out_the_classes_that_a_batch_lacks() -> None:
    names = shared("recipes.md")
    run("\n".join(dict(RECIPES)["Log-Dice"]), names)
    torch.testing.assert_close(*names["both"])
    whole = names["loss"](names["images"], names["masks"])
    torch.testing.assert_close(names["present"](names["images"], names["masks"]), whole)
