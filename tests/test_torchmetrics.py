"""Hard metrics and losses against torchmetrics; joint scores against scikit-learn."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
import torch
import torchmetrics.functional.classification as tm
from sklearn import metrics as sk
from torch import Tensor

import metricc

pytestmark = pytest.mark.filterwarnings("ignore:warning. a function of accuracy")

N, C, SITES = 10, 5, 6
FUNCTIONS = {
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "specificity": "specificity",
    "f1": "f1_score",
    "fbeta": "fbeta_score",
    "jaccard": "jaccard_index",
    "mcc": "matthews_corrcoef",
    "kappa": "cohen_kappa",
}
WHOLE = ("jaccard", "mcc", "kappa")  # which torchmetrics does not compute per sample
AVERAGES = ("macro", "micro", "weighted", "none")
OURS = {
    ("multiclass", "accuracy"): "recall",
    ("multiclass", "mcc"): "multiclass_mcc",
    ("multiclass", "kappa"): "multiclass_kappa",
}
"""What metricc calls a metric that torchmetrics calls otherwise."""


@dataclass(frozen=True)
class Case:
    """One call of torchmetrics, and the same of metricc."""

    task: str
    name: str
    average: str | None = None
    samplewise: bool = False
    ignore_index: int | None = None

    @property
    def theirs(self) -> Callable[..., Tensor]:
        """The function of torchmetrics, with its options."""
        options: dict[str, object] = {}
        if self.average is not None and (self.task, self.name) not in ADDED_UP:
            options["average"] = self.average
        if self.samplewise:
            options["multidim_average"] = "samplewise"
        if self.name == "fbeta":
            options["beta"] = 2.0
        options |= {"multiclass": {"num_classes": C}, "multilabel": {"num_labels": C}}.get(
            self.task, {}
        )
        function = getattr(tm, f"{self.task}_{FUNCTIONS[self.name]}")
        return lambda prob, target: function(
            prob, target, ignore_index=self.ignore_index, **options
        )

    def ours(self, **options: object) -> torch.nn.Module:
        """Return the loss of metricc, for probabilities."""
        if self.average is not None:
            options["average"] = self.average
        return compiled(OURS.get((self.task, self.name), self.name)).loss(
            task=self.task,
            from_logits=False,
            per_sample=self.samplewise,
            ignore_index=self.ignore_index,
            **options,
        )


ADDED_UP = (("multilabel", "mcc"),)  # torchmetrics adds the matrices of the labels: "micro"


@cache
def compiled(name: str) -> metricc.Metric:
    return metricc.compile(name, params={"beta": 2} if name == "fbeta" else None)


def cases() -> list[Case]:
    """Return what both have and no deviation explains: for each average, some of the switches."""
    named = [("binary", name, None) for name in FUNCTIONS]
    named += [("multiclass", "mcc", None), ("multiclass", "kappa", None)]
    named += [("multilabel", "mcc", "micro")]
    averaged = [name for name in FUNCTIONS if name not in ("mcc", "kappa")]
    named += list(itertools.product(("multilabel", "multiclass"), averaged, AVERAGES))
    switches = list(itertools.product((False, True), (None, 255, -1, 0)))
    found = [
        Case(*names, *given)
        for names in named
        for given in switches
        if not (given[0] and names[1] in WHOLE)
    ]
    return [case for case in found if not is_known(case)]


def is_known(case: Case) -> bool:
    """Tell whether torchmetrics' Jaccard drops a class or its MCC of one class is not 0/0."""
    of_one_class = case.name == "mcc" and case.task != "multiclass"
    drops_a_class = case.name == "jaccard" and case.task != "binary"
    return case.ignore_index == 0 and (of_one_class or drops_a_class)


def label(case: Case) -> str:
    words = (case.task, case.name, case.average, case.samplewise and "samplewise")
    ignored = "" if case.ignore_index is None else f"ignore {case.ignore_index}"
    return " ".join(word for word in (*words, ignored) if word)


def batch(case: Case, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return probabilities and truth: one class absent from both, another never true."""
    generator = torch.Generator().manual_seed(seed)
    rand = torch.rand(N, C, SITES, generator=generator, dtype=torch.float64)
    if case.task == "multiclass":
        rand[:, 4] = 0
        prob = rand / rand.sum(1, keepdim=True)
        target = torch.tensor([0, 1, 3])[torch.randint(3, (N, SITES), generator=generator)]
    else:
        prob = rand if case.task == "multilabel" else rand[:, 0]
        target = torch.randint(2, prob.shape, generator=generator)
        if case.task == "multilabel":
            prob[:, 4], target[:, 4], target[:, 2] = 0.1, 0, 0
    if case.ignore_index is not None:
        dropped = torch.rand(target.shape, generator=generator) < 0.3
        target[dropped] = case.ignore_index
    return prob, target


def harden(prob: Tensor, case: Case) -> Tensor:
    """Return 1 for what is decided and 0 for the rest, as probabilities."""
    if case.task == "multiclass":
        return torch.nn.functional.one_hot(prob.argmax(1), C).movedim(2, 1).double()
    return (prob > 0.5).double()


def as_ours(theirs: Tensor, case: Case) -> Tensor:
    """Average over the samples, which metricc does where there is one number per sample."""
    per_sample = case.samplewise and case.average != "none"
    return theirs.double().mean(0) if per_sample else theirs.double()


@pytest.mark.parametrize("case", cases(), ids=label)
def test_metrics_and_losses_of_hard_decisions_equal_torchmetrics(case: Case) -> None:
    loss = case.ours(surrogate="identity")
    for seed in range(3):
        prob, target = batch(case, seed=seed)
        wanted = as_ours(case.theirs(prob, target), case)
        values = loss.metric(prob, target), 1 - loss(harden(prob, case), target)
        for found in values:
            assert found.shape == wanted.shape
            assert torch.allclose(found.double(), wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["precision", "recall", "f1", "fbeta", "jaccard"])
@pytest.mark.parametrize("average", AVERAGES)
def test_zero_division_is_theirs_for_absent_labels(name: str, average: str) -> None:
    case = Case("multilabel", name, average)
    function = getattr(tm, f"multilabel_{FUNCTIONS[name]}")
    beta = {"beta": 2.0} if name == "fbeta" else {}
    prob, target = batch(case)
    wanted = function(prob, target, num_labels=C, average=average, zero_division=1, **beta)
    found = case.ours(zero_division=1.0).metric(prob, target)
    assert torch.allclose(found.double(), wanted.double(), rtol=0, atol=1e-6)


ONES, ZEROS = torch.ones(4, dtype=torch.long), torch.zeros(4, dtype=torch.long)
NO_LABELS = torch.zeros(4, 2, dtype=torch.long)
LABELS = torch.tensor([[[0, 1, 1], [1, 0, 1]]])


def rare() -> tuple[Tensor, Tensor]:
    """Return decisions and a truth: 10 positives in a million, of which 4 are found."""
    decided, target = torch.zeros(2, 1_000_000)
    target[:10], decided[6:10] = 1, 1
    return decided, target.long()


@dataclass(frozen=True)
class Deviation:
    """A number of torchmetrics that metricc does not give, why, and both numbers."""

    reason: str
    theirs: Callable[[], Tensor]
    ours: Callable[[], Tensor]


def _jaccard(case: Case) -> Deviation:
    prob, target = batch(case, seed=5)
    return Deviation(
        "torchmetrics' Jaccard takes ignore_index for a class or label and leaves that one out "
        "of the average, though it leaves no element out of precision, recall or F of it; "
        "metricc leaves out the elements, for every metric alike",
        lambda: case.theirs(prob, target),
        lambda: case.ours().metric(prob, target),
    )


def _multiclass_accuracy(average: str) -> Deviation:
    case = Case("multiclass", "accuracy", average)
    prob, target = batch(case)
    return Deviation(
        "torchmetrics' multiclass accuracy is TP/(TP + FN), the recall of each class; metricc's "
        "accuracy of a class is (TP + TN)/(TP + FP + FN + TN), as in torchmetrics' other tasks",
        lambda: case.theirs(prob, target),
        lambda: (
            metricc.compile("accuracy")
            .loss(task="multiclass", average=average, from_logits=False)
            .metric(prob, target)
        ),
    )


def _degenerate_mcc(prob: Tensor, target: Tensor, reason: str) -> Deviation:
    return Deviation(
        reason,
        lambda: tm.binary_matthews_corrcoef(prob, target),
        lambda: metricc.compile("mcc").loss(from_logits=False).metric(prob.double(), target),
    )


DEVIATIONS = {
    **{
        f"multiclass accuracy, {average}": _multiclass_accuracy(average)
        for average in ("macro", "micro", "weighted")
    },
    "multiclass Jaccard, macro, an ignored class": _jaccard(
        Case("multiclass", "jaccard", "macro", ignore_index=0)
    ),
    "multiclass Jaccard, micro, an ignored class": _jaccard(
        Case("multiclass", "jaccard", "micro", ignore_index=0)
    ),
    "multilabel Jaccard, macro, ignored negatives": _jaccard(
        Case("multilabel", "jaccard", "macro", ignore_index=0)
    ),
    "multilabel Jaccard, micro, ignored negatives": _jaccard(
        Case("multilabel", "jaccard", "micro", ignore_index=0)
    ),
    "MCC where all is one class and right": _degenerate_mcc(
        ONES.double(), ONES, "torchmetrics defines 1 here; 0/0 is zero_division in metricc"
    ),
    "MCC where all is one class and wrong": _degenerate_mcc(
        ZEROS.double(), ONES, "torchmetrics defines -1 here; 0/0 is zero_division in metricc"
    ),
    "MCC of one predicted class": _degenerate_mcc(
        torch.ones(4).double(),
        torch.tensor([1, 1, 1, 0]),
        "torchmetrics adds 1e-7 to the marginals and gives a number near 0 that is not 0",
    ),
    "kappa where all is one class": Deviation(
        "torchmetrics gives NaN; 0/0 is zero_division in metricc",
        lambda: tm.binary_cohen_kappa(ONES, ONES),
        lambda: metricc.compile("kappa").loss(from_logits=False).metric(ONES.double(), ONES),
    ),
    "weighted Jaccard without positives": Deviation(
        "torchmetrics gives NaN here, and 0 for its other weighted averages",
        lambda: tm.multilabel_jaccard_index(NO_LABELS, NO_LABELS, 2, average="weighted"),
        lambda: (
            metricc.compile("jaccard")
            .loss(task="multilabel", average="weighted", from_logits=False)
            .metric(NO_LABELS.double(), NO_LABELS)
        ),
    ),
    "logits that all lie in [0, 1]": Deviation(
        "torchmetrics takes them for probabilities; metricc is told by from_logits",
        lambda: tm.binary_recall(torch.tensor([0.2, 0.3, 0.4, 0.1]), ONES),
        lambda: metricc.compile("recall").loss().metric(torch.tensor([0.2, 0.3, 0.4, 0.1]), ONES),
    ),
    "one number per sample": Deviation(
        "torchmetrics' samplewise gives a number per sample, metricc the mean of them",
        lambda: tm.binary_recall(
            torch.stack([ONES, ONES]), torch.stack([ONES, ONES]), 0.5, "samplewise"
        ),
        lambda: (
            metricc.compile("recall")
            .loss(per_sample=True, from_logits=False)
            .metric(torch.ones(2, 4), torch.stack([ONES, ONES]))
        ),
    ),
    "a batch of one sample": Deviation(
        "torchmetrics' samplewise squeezes away the dimension of a single sample, and "
        'average="micro" then raises IndexError; metricc keeps it',
        lambda: tm.multilabel_recall(
            LABELS, LABELS, 2, average="none", multidim_average="samplewise"
        ),
        lambda: (
            metricc.compile("recall")
            .loss(task="multilabel", per_sample=True, average="none", from_logits=False)
            .metric(LABELS.double(), LABELS)
        ),
    ),
    "MCC of 10 positives in a million": Deviation(
        "torchmetrics computes MCC in float32 from squares of the size of the batch, and is wrong "
        "in the third digit; metricc computes in float64 from marginals",
        lambda: tm.binary_matthews_corrcoef(*rare()),
        lambda: metricc.compile("mcc").loss(from_logits=False).metric(*rare()),
    ),
    "MCC per label": Deviation(
        "torchmetrics' multilabel MCC adds the matrices of the labels; metricc's average is macro",
        lambda: Case("multilabel", "mcc").theirs(*batch(Case("multilabel", "mcc"))),
        lambda: Case("multilabel", "mcc").ours().metric(*batch(Case("multilabel", "mcc"))),
    ),
}


@pytest.mark.parametrize("name", DEVIATIONS)
def test_each_deviation_from_torchmetrics_is_real(name: str) -> None:
    deviation = DEVIATIONS[name]
    theirs, ours = deviation.theirs().double(), deviation.ours().double()
    assert deviation.reason
    assert ours.isfinite().all()
    same_shape = theirs.shape == ours.shape
    assert not same_shape or not torch.allclose(theirs, ours, rtol=0, atol=1e-9)


def test_rare_positives_keep_all_digits() -> None:
    decided, target = rare()
    found = metricc.compile("mcc").loss(from_logits=False).metric(decided, target)
    wanted = math.sqrt(4 / 10 * 999_990 / 999_996)
    assert float(found) == pytest.approx(wanted, rel=1e-6)


SCORES = {
    "multiclass_mcc": sk.matthews_corrcoef,
    "multiclass_kappa": sk.cohen_kappa_score,
    "multiclass_accuracy": sk.accuracy_score,
    "multiclass_balanced_accuracy": sk.balanced_accuracy_score,
}


def problem(generator: np.random.Generator) -> tuple[int, np.ndarray, np.ndarray]:
    """Return K, a truth of at least two classes, and decisions; some classes may be absent."""
    k = int(generator.integers(2, 21))
    true_classes = generator.choice(k, generator.integers(2, k + 1), replace=False)
    seen_classes = generator.choice(k, generator.integers(1, k + 1), replace=False)
    size = int(generator.integers(2, 80))
    truth = np.concatenate([true_classes[:2], generator.choice(true_classes, size)])
    decided = generator.choice(seen_classes, len(truth))
    agreed = generator.random(len(truth)) < generator.random()
    return k, truth, np.where(agreed, truth, decided)


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true:UserWarning")
@pytest.mark.filterwarnings("ignore:The number of unique classes is greater:UserWarning")
@pytest.mark.parametrize("name", SCORES)
def test_score_equals_scikit_learns_on_a_thousand_problems(name: str) -> None:
    generator = np.random.default_rng(8)
    metric = metricc.compile(name)
    for i in range(1000):
        k, truth, decided = problem(generator)
        weight = generator.integers(1, 9, len(truth)) / 8 if i % 2 else None  # sums are exact
        wanted = SCORES[name](truth, decided, sample_weight=weight)
        found = metric.score(truth, decided, weight, num_classes=k)
        assert math.isclose(found, wanted, rel_tol=1e-12, abs_tol=1e-12), (truth, decided, k)


def test_the_number_of_classes_follows_from_the_labels() -> None:
    truth, decided = [0, 1, 2, 4, 4], [0, 1, 1, 4, 0]
    for name, theirs in SCORES.items():
        found = metricc.compile(name).score(truth, decided)
        assert found == pytest.approx(theirs(truth, decided), rel=1e-12)
