"""Train one small network with several losses and see which metric each of them raises.

    python examples/train_f1.py                      # BCE against metricc's, under a minute
    python examples/train_f1.py --quick              # the same in seconds, hardly trained
    metricc compile "2*TP/(2*TP+FP+FN)" -o f1_loss.py
    python examples/train_f1.py --loss f1_loss.py    # BCE against a loss that metricc emitted

Two data sets in which positives are rare: breast-cancer biopsies (36 malignant, 357 benign), and
the *Random* set of the AnyLoss paper (10,000 points, a tenth of them positive). Stratified 5-fold
cross-validation; each loss starts from the same weights and takes the same number of steps.
"""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
import numpy as np
import torch
from sklearn.datasets import load_breast_cancer, make_classification
from sklearn.decomposition import PCA
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.preprocessing import StandardScaler
from torch.nn import functional
from tqdm import tqdm

import metricc

if TYPE_CHECKING:
    from types import ModuleType

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Takes logits and a target of 0 and 1; every `torch.nn.Module` for logits is one."""

METRICS = {
    "F1": metricc.compile("f1"),
    "balanced accuracy": metricc.compile("balanced_accuracy"),
    "G-mean": metricc.compile("gmean"),
}
FOLDS = 5
HIDDEN = 16
LEARNING_RATE = 0.01
MALIGNANT = 36


class Data(NamedTuple):
    """Features, one row per case, and labels: 1 for the rare class, 0 for the other."""

    features: np.ndarray
    labels: np.ndarray


class Budget(NamedTuple):
    """How often the cross-validation is repeated, and how many steps each training takes."""

    repeats: int
    steps: int


FULL = Budget(repeats=3, steps=200)
QUICK = Budget(repeats=1, steps=20)


def breast_cancer(seed: int) -> Data:
    """Return scikit-learn's breast-cancer data with all but 36 malignant cases left out."""
    features, benign = load_breast_cancer(return_X_y=True)
    malignant = np.flatnonzero(benign == 0)
    kept = np.random.default_rng(seed).choice(malignant, MALIGNANT, replace=False)
    rows = np.concatenate([np.flatnonzero(benign), kept])
    return Data(features[rows], 1 - benign[rows])


def random_set(_seed: int) -> Data:
    """Return the paper's *Random* set, which is the same for every seed."""
    shape = {"n_features": 5, "n_informative": 3, "n_redundant": 1, "n_clusters_per_class": 1}
    features, labels = make_classification(
        n_samples=10_000, weights=[0.9, 0.1], class_sep=1.2, random_state=0, **shape
    )
    # The paper's recipe ends with two principal components: part of the data, not of the model.
    return Data(PCA(2).fit_transform(features), labels)


DATA = {"breast": breast_cancer, "random": random_set}


def weighted_bce(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return BCE with both classes weighing the same: the usual remedy when one is rare."""
    pos_weight = (1 - target).sum() / target.sum()
    return functional.binary_cross_entropy_with_logits(logits, target, pos_weight=pos_weight)


def baselines() -> dict[str, Loss]:
    """Return what the losses under study have to beat."""
    return {"BCE": torch.nn.BCEWithLogitsLoss(), "weighted BCE": weighted_bce}


def library_losses() -> dict[str, Loss]:
    """Return metricc's own loss for each metric of the table."""
    return {f"metricc {metric.name}": metric.loss() for metric in METRICS.values()}


def load_loss(path: Path) -> torch.nn.Module:
    """Return the loss of an emitted file, which needs torch and nothing of metricc.

    Raises:
        click.ClickException: there is no such file, it does not run, or it holds no loss.
    """
    try:
        module = run_file(path)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be read: {error.strerror}") from error
    except Exception as error:  # whatever the file's own code raises
        raise click.ClickException(f"{path} does not run: {error!r}") from error
    classes = loss_classes(module)
    if len(classes) != 1:
        found = ", ".join(loss_class.__name__ for loss_class in classes) or "none"
        raise click.ClickException(
            f"{path} must define one torch.nn.Module whose name ends in Loss; found {found}"
        )
    return classes[0]()


def run_file(path: Path) -> ModuleType:
    """Return a Python file as a module, under a name that hides no installed one."""
    loader = SourceFileLoader(f"loss_from_{path.stem}", str(path))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def loss_classes(module: ModuleType) -> list[type[torch.nn.Module]]:
    """Return the losses that a module defines; those it merely imports do not count."""
    classes = filter(inspect.isclass, vars(module).values())
    own = (each for each in classes if each.__module__ == module.__name__)
    losses = (each for each in own if issubclass(each, torch.nn.Module))
    return [loss for loss in losses if loss.__name__.endswith("Loss")]


def train(loss: Loss, features: torch.Tensor, target: torch.Tensor, steps: int) -> torch.nn.Module:
    """Return a network with one hidden layer, trained from scratch."""
    network = torch.nn.Sequential(
        torch.nn.Linear(features.shape[1], HIDDEN),
        torch.nn.ReLU(),
        torch.nn.Linear(HIDDEN, 1),
        torch.nn.Flatten(0),  # (N, 1) → (N,), the shape of the target
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    for _ in range(steps):
        # All cases at once: a metric of the whole is not the mean of the metrics of its parts,
        # and a mini-batch of the breast-cancer data could well hold no malignant case.
        optimizer.zero_grad()
        loss(network(features), target).backward()
        optimizer.step()
    return network


def decide(network: torch.nn.Module, features: torch.Tensor) -> np.ndarray:
    """Return 1 where the network says positive, that is where the logit is above 0."""
    with torch.no_grad():
        return (network(features) > 0).int().numpy()


def evaluate(loss: Loss, training: Data, test: Data, steps: int) -> list[float]:
    """Train on one part of the data and return each metric of the other."""
    scaler = StandardScaler().fit(training.features)  # the test fold has no say in it
    seen, unseen = (
        torch.as_tensor(scaler.transform(part.features), dtype=torch.float32)
        for part in (training, test)
    )
    network = train(loss, seen, torch.as_tensor(training.labels, dtype=torch.float32), steps)
    decisions = decide(network, unseen)
    return [metric.score(test.labels, decisions) for metric in METRICS.values()]


def cross_validate(losses: dict[str, Loss], data: Data, budget: Budget, seed: int) -> np.ndarray:
    """Return scores by loss, fold and metric."""
    folds = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=budget.repeats, random_state=seed)
    splits = list(folds.split(*data))
    scores = np.zeros((len(losses), len(splits), len(METRICS)))
    with tqdm(total=len(losses) * len(splits), unit="training", leave=False) as progress:
        for row, (name, loss) in enumerate(losses.items()):
            progress.set_description(name)
            for fold, parts in enumerate(splits):
                training, test = (Data(data.features[i], data.labels[i]) for i in parts)
                torch.manual_seed(seed + fold)  # so every loss starts from the same weights
                scores[row, fold] = evaluate(loss, training, test, budget.steps)
                progress.update()
    return scores


def heading(name: str, data: Data, budget: Budget) -> str:
    """Return what a table is about."""
    return (
        f"{name}: {len(data.labels)} cases, {data.labels.sum()} of them positive; "
        f"{FOLDS}-fold cross-validation x {budget.repeats}, {budget.steps} steps"
    )


def table(names: list[str], scores: np.ndarray) -> str:
    """Return one line per loss, `mean ± std` over the folds, with a * at each column's best."""
    means, stds = scores.mean(axis=1).round(3), scores.std(axis=1)
    marks = np.where(means == means.max(axis=0), " *", "")
    rows = [["loss", *METRICS]]
    for name, *columns in zip(names, means, stds, marks, strict=True):
        cells = zip(*columns, strict=True)
        rows.append([name, *(f"{mean:.3f} ± {std:.3f}{mark}" for mean, std, mark in cells)])
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ("   ".join(map(str.ljust, row, widths)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--loss",
    "paths",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE.py",
    help="Train with this emitted loss instead of the library's; it must take logits, as files "
    "made without --no-from-logits do. May be given several times.",
)
@click.option("--data", type=click.Choice([*DATA, "all"]), default="all", show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--quick", is_flag=True, help="A few steps only: shows that it runs, not how well.")
def main(paths: tuple[Path, ...], data: str, seed: int, quick: bool) -> None:
    """Train a small network with BCE and with metric losses; compare them on unseen cases."""
    emitted: dict[str, Loss] = {str(path): load_loss(path) for path in paths}
    losses = baselines() | (emitted or library_losses())
    budget = QUICK if quick else FULL
    torch.set_num_threads(1)  # steps this small lose more to a second thread than they gain
    for name in DATA if data == "all" else [data]:
        cases = DATA[name](seed)
        click.echo(f"{heading(name, cases, budget)}\n")
        click.echo(f"{table(list(losses), cross_validate(losses, cases, budget, seed))}\n")
    click.echo("Mean ± standard deviation over the test folds; * marks the best mean.")
    click.echo("A lead smaller than the deviation may be chance.")


if __name__ == "__main__":
    main()
