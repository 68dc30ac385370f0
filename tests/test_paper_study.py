"""The study of losses: its networks, its protocol, its journal, and its command."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import f1_score
from torch.nn import functional
from torch.nn.utils import parameters_to_vector

import metricc

sys.path.insert(0, str(Path(__file__).parent.parent / "examples" / "paper"))

import candidates
import compare
import fidelity
import folds
import journal
import losses
import problems
import stacked
import tasks
import train
from networks import NETWORKS

FOLDS, RATES, ROWS, COLUMNS = 3, 2, 20, 64


@pytest.fixture(autouse=True)
def _same_numbers() -> None:
    torch.manual_seed(0)


def copies(name: str) -> tuple[list[torch.nn.Sequential], stacked.Stack]:
    """Return networks, one per fold, and their stack, in which every copy differs."""
    networks = [NETWORKS[name].build(COLUMNS) for _ in range(FOLDS)]
    stack = stacked.Stack(networks, [0.1] * RATES)
    with torch.no_grad():
        for leaf in stack.leaves:
            leaf.add_(0.1 * torch.randn_like(leaf))
    return networks, stack


def alone(networks: list[torch.nn.Sequential], stack: stacked.Stack) -> Iterator[tuple]:
    """Yield fold, rate, and that copy as an ordinary network."""
    for fold, network in enumerate(networks):
        for rate, leaf in enumerate(stack.leaves):
            torch.nn.utils.vector_to_parameters(leaf[fold].detach().clone(), network.parameters())
            for layer in network:
                if isinstance(layer, torch.nn.BatchNorm1d):
                    layer.reset_running_stats()
            yield fold, rate, network


@pytest.mark.parametrize("name", NETWORKS)
class TestStack:
    """A copy in a stack does what the network does alone."""

    def test_training_logits_and_gradients(self, name: str) -> None:
        networks, stack = copies(name)
        features = torch.randn(FOLDS, COLUMNS, ROWS)
        logits = stack(features)
        assert logits.shape == (FOLDS, RATES, ROWS)
        logits.square().sum().backward()
        for fold, rate, network in alone(networks, stack):
            network.zero_grad()
            expected = network(features[fold].T)[:, 0]
            torch.testing.assert_close(logits[fold, rate], expected, rtol=1e-5, atol=1e-5)
            expected.square().sum().backward()
            wanted = parameters_to_vector([each.grad for each in network.parameters()])
            torch.testing.assert_close(
                stack.leaves[rate].grad[fold], wanted, rtol=1e-4, atol=1e-4 * wanted.abs().max()
            )

    def test_evaluation_after_training(self, name: str) -> None:
        networks, stack = copies(name)
        features, unseen = torch.randn(2, FOLDS, COLUMNS, ROWS)
        stack(features)
        logits = stacked.run(stack.layers, stack.state, unseen)
        for fold, rate, network in alone(networks, stack):
            network.train()(features[fold].T)
            expected = network.eval()(unseen[fold].T)[:, 0]
            torch.testing.assert_close(logits[fold, rate], expected, rtol=1e-5, atol=1e-5)

    def test_chosen_copies(self, name: str) -> None:
        _, stack = copies(name)
        stack(torch.randn(FOLDS, COLUMNS, ROWS))
        unseen = torch.randn(FOLDS, COLUMNS, ROWS)
        rates = torch.tensor([1, 0, 1])
        all_logits = stacked.run(stack.layers, stack.state, unseen)
        chosen = stacked.run(stack.layers, stack.state.chosen(rates), unseen)
        torch.testing.assert_close(chosen[:, 0], all_logits[torch.arange(FOLDS), rates])

    def test_steps_at_several_rates(self, name: str) -> None:
        networks, stack = copies(name)
        stack.groups[1]["lr"] = 0.03
        features, target = torch.randn(FOLDS, COLUMNS, ROWS), torch.rand(FOLDS, ROWS).round()
        singles = {}
        # Not by Adam, which makes steps of a gradient that is 0 but for rounding: that of a bias
        # before a batch normalisation.
        for fold, rate, network in alone(networks, stack):
            optimizer = torch.optim.SGD(network.parameters(), lr=stack.groups[rate]["lr"])
            for _ in range(5):
                optimizer.zero_grad()
                logits = network.train()(features[fold].T)[:, 0]
                functional.binary_cross_entropy_with_logits(logits, target[fold]).backward()
                optimizer.step()
            singles[fold, rate] = parameters_to_vector(network.parameters()).detach()
        optimizer = torch.optim.SGD(stack.groups)
        bce = losses.LOSSES["BCE"].make(metricc.compile("f1"), target)
        for _ in range(5):
            optimizer.zero_grad()
            bce(stack(features), target.unsqueeze(1).expand(FOLDS, RATES, ROWS)).sum().backward()
            optimizer.step()
        for (fold, rate), expected in singles.items():
            torch.testing.assert_close(stack.leaves[rate][fold], expected, rtol=1e-5, atol=1e-5)


def test_an_unknown_layer_is_named() -> None:
    stack = stacked.Stack([torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Tanh())], [0.1])
    with pytest.raises(TypeError, match="Tanh"):
        stack(torch.randn(1, 2, 4))


LABELS = (torch.rand(FOLDS, 50, generator=torch.Generator().manual_seed(1)) < 0.3).float()


def one_by_one(
    name: str, logits: torch.Tensor, target: torch.Tensor, labels: torch.Tensor
) -> float:
    """Return a loss of one model, written by its own definition."""
    prob, positive = logits.double().sigmoid(), target.bool()
    share = labels.mean().double()
    terms = torch.where(positive, prob, 1 - prob).log()
    missed = torch.where(positive, 1 - prob, prob)
    match name:
        case "MSE":
            return ((prob - target) ** 2).mean()
        case "BCE":
            return -terms.mean()
        case "weighted BCE":
            return -(terms * torch.where(positive, (1 - share) / share, 1.0)).mean()
        case "focal":
            return -(torch.where(positive, 1 - share, share) * missed**2 * terms).mean()
        case "metricc + weighted BCE":
            parts = [one_by_one(part, logits, target, labels) for part in name.split(" + ")]
            return parts[0] + 0.1 * parts[1]
        case "metricc + slope BCE":  # F1's slopes are as 2 - F1 to F1
            own = one_by_one("metricc", logits, target, labels)
            weights = torch.where(positive, 1 + own, 1 - own)
            return own - 0.5 * (weights * terms).sum() / weights.sum()
    soft = {
        "identity": prob,
        "AnyLoss": (73 * (prob - 0.5)).sigmoid(),
        "score-oriented": raised_cosine(prob),
        "metricc": (10 * (prob - 0.5)).sigmoid(),
    }[name]
    found = (soft * target).sum()
    return 1 - 2 * found / (soft.sum() + target.sum())


def raised_cosine(prob: torch.Tensor) -> torch.Tensor:
    """Return the chance that a probability exceeds a threshold within 0.1 of one half."""
    u = ((prob - 0.5) / 0.1).clamp(-1, 1)
    return (1 + u + (torch.pi * u).sin() / torch.pi) / 2


@pytest.mark.parametrize("name", losses.LOSSES)
def test_losses(name: str) -> None:
    logits = torch.randn(FOLDS, RATES, 50)
    found = losses.LOSSES[name].make(metricc.compile("f1"), LABELS)(
        logits, LABELS.unsqueeze(1).expand_as(logits)
    )
    assert found.shape == (FOLDS, RATES)
    for fold in range(FOLDS):
        for rate in range(RATES):
            expected = one_by_one(name, logits[fold, rate], LABELS[fold], LABELS[fold])
            assert found[fold, rate].item() == pytest.approx(float(expected), rel=1e-5)


class TestFolds:
    """The protocol: nothing of the test rows is known before they are tested."""

    problem = problems.synthetic(3, 0.1, 4, 1.0, rows=203)

    def cut(self) -> folds.Folds:
        return folds.cut(self.problem, 10, 2, seed=0)

    def test_every_row_is_tested_once_a_repeat(self) -> None:
        test = self.cut().test
        assert test.labels.shape[0] == 20
        for repeat in (test.labels[:10], test.labels[10:]):
            assert (repeat != folds.PADDING).sum() == 203
            assert (repeat == 1).sum() == self.problem.labels.sum()

    def test_rows_of_a_fold_are_apart(self) -> None:
        original = {tuple(row.round(3)) for row in self.problem.features}
        for fold in range(20):
            seen: set[tuple] = set()
            for split in self.unscaled(fold):
                rows = {tuple(row) for row in split}
                assert rows <= original
                assert not rows & seen
                seen |= rows

    def unscaled(self, fold: int) -> Iterator[np.ndarray]:
        """Yield the rows of each part of a fold, as they were before scaling."""
        cut = self.cut()
        pairs = list(
            folds.RepeatedStratifiedKFold(n_splits=10, n_repeats=2, random_state=0).split(
                self.problem.features, self.problem.labels
            )
        )
        rest, test = (self.problem.features[rows] for rows in pairs[fold])
        everything = np.concatenate([rest, test])
        for split in cut:
            scaled = split.features[fold].T[split.labels[fold] != folds.PADDING].numpy()
            # The scaler is linear: find it from the test rows, whose order is known.
            reference = cut.test.features[fold].T[cut.test.labels[fold] != folds.PADDING].numpy()
            slope = (test.max(0) - test.min(0)) / (reference.max(0) - reference.min(0))
            shift = test.min(0) - slope * reference.min(0)
            restored = scaled * slope + shift
            nearest = np.abs(restored[:, None] - everything[None]).max(2).argmin(1)
            yield everything[nearest].round(3)

    def test_the_scaler_has_seen_the_training_rows_alone(self) -> None:
        training = self.cut().training.features
        torch.testing.assert_close(training.mean(2), torch.zeros(20, 4), rtol=0, atol=1e-5)
        torch.testing.assert_close(
            training.std(2, correction=0), torch.ones(20, 4), rtol=0, atol=1e-4
        )

    def test_classes_keep_their_shares(self) -> None:
        cut = self.cut()
        share = self.problem.share
        assert (cut.training.labels.mean(1) - share).abs().max() < 0.02
        assert (cut.validation.labels.mean(1) - share).abs().max() < 0.04

    def test_too_few_positives(self) -> None:
        few = problems.Problem(self.problem.features[:50], np.arange(50) // 47)
        with pytest.raises(problems.ProblemError, match="3 rows of the rarer class are too few"):
            folds.cut(few, 10, 1, seed=0)


class TestTraining:
    """Early stopping and choosing look at the validation rows, in the stated order."""

    def best(self, score: float, loss: float, step: int) -> train.Best:
        shape = (1, 1)
        state = stacked.State(torch.full((1, 1, 2), float(step)), ())
        return train.Best(state, np.full(shape, score), np.full(shape, loss), np.full(shape, step))

    def look(self, loss: float, step: int) -> train.Look:
        state = stacked.State(torch.full((1, 1, 2), float(step)), ())
        return train.Look(state, np.full((1, 1), loss), step)

    @pytest.mark.parametrize(
        ("score", "loss", "step", "is_taken"),
        [
            (0.6, 0.9, 20, True),
            (0.5, 0.3, 20, True),  # a tie, nearer by its loss
            (0.5, 0.5, 20, False),
            (0.4, 0.1, 20, False),
            (0.9, 0.1, 100, False),  # too late
            (float("nan"), 0.1, 20, False),
        ],
    )
    def test_what_replaces_the_best(
        self, score: float, loss: float, step: int, is_taken: bool
    ) -> None:
        updated = self.best(0.5, 0.4, 10).updated(np.array([[score]]), self.look(loss, step), 50)
        assert updated.step.item() == (step if is_taken else 10)
        assert updated.state.numbers[0, 0, 0] == (step if is_taken else 10)

    def test_choice_of_the_rate(self) -> None:
        score = np.array([[0.5, 0.7, 0.7], [0.9, 0.8, 0.9], [0.1, 0.1, 0.1]])
        loss = np.array([[0.1, 0.5, 0.4], [0.3, 0.2, 0.3], [0.2, 0.2, 0.2]])
        state = stacked.State(torch.arange(9.0).reshape(3, 3, 1), ())
        step = np.arange(9).reshape(3, 3)
        chosen = tasks.choose(train.Best(state, score, loss, step))
        assert chosen.rates.tolist() == [2, 0, 0]
        assert chosen.steps.tolist() == [2, 3, 6]
        assert chosen.state.numbers.flatten().tolist() == [2, 3, 6]

    def test_batches_hold_each_row_once_an_epoch(self) -> None:
        rows = torch.arange(20.0).expand(2, 1, 20)
        split = folds.Split(rows, rows[:, 0])
        drawn = list(train.batches(split, 5, 9, seed=0))
        assert len(drawn) == 9
        assert all(batch.features.shape == (2, 1, 5) for batch in drawn)
        assert all((batch.features[:, 0] == batch.labels).all() for batch in drawn)
        for epoch in (drawn[:4], drawn[4:8]):
            for fold in range(2):
                seen = torch.cat([batch.labels[fold] for batch in epoch])
                assert sorted(seen.tolist()) == list(range(20))

    def test_stratified_batches(self) -> None:
        labels = (torch.rand(3, 400) < 0.1).float()
        split = folds.Split(torch.arange(400.0).expand(3, 1, 400), labels)
        drawn = list(train.batches(split, 40, 10, seed=0, is_stratified=True))
        counts = torch.stack([batch.labels.sum(1) for batch in drawn])
        assert (counts - labels.sum(1) / 10).abs().max() <= 1
        for fold in range(3):
            seen = torch.cat([batch.features[fold, 0] for batch in drawn])
            assert sorted(seen.tolist()) == list(range(400))

    def test_counts(self) -> None:
        labels = torch.tensor([[1.0, 0, 1, 0, folds.PADDING]])
        decisions = torch.tensor([[[True, True, False, False, True]]])
        counts = {name: value.item() for name, value in train.count(decisions, labels).items()}
        assert counts == {"tp": 1, "fp": 1, "fn": 1, "tn": 1}

    def test_the_threshold_is_the_best_one(self) -> None:
        cut = folds.cut(problems.synthetic(3, 0.2, 4, 1.0, rows=300), 5, 1, seed=0)
        logits = torch.randn(5, 1, cut.validation.labels.shape[1])
        found = tasks.tune(metricc.compile("f1"), logits, cut)
        for fold, threshold in enumerate(found):
            truth = cut.validation.labels[fold].numpy()
            scores = [f1_score(truth, logits[fold, 0] > t) for t in np.linspace(-4, 4, 801)]
            reached = f1_score(truth, logits[fold, 0] > threshold)
            assert reached >= max(scores)

    def test_a_network_learns(self) -> None:
        cut = folds.cut(problems.synthetic(1, 0.2, 4, 2.0, rows=300), 5, 1, seed=0)
        metric = metricc.compile("f1")
        schedule = train.Schedule(rates=(0.1,), steps=100)
        loss = losses.LOSSES["metricc"].make(metric, cut.training.labels)
        outcome = train.train(NETWORKS["SLP"], cut, loss, [metric], schedule, seed=0)
        assert outcome.by_metric[0].score.mean() > 0.8 > outcome.curves[0].mean()


class TestStatistics:
    """What the tables are made of, on numbers whose answer is known."""

    def test_duel(self) -> None:
        first = pd.Series([0.9, 0.8, 0.7, 0.6, 0.505, 0.4])
        second = pd.Series([0.7, 0.6, 0.5, 0.4, 0.5, 0.45])
        found = compare.duel(first, second)
        assert (found.wins, found.ties, found.losses) == (4, 1, 1)
        assert found.better > 0.8 > 0.1 > found.worse
        assert found.better + found.same + found.worse == pytest.approx(1)
        turned = compare.duel(second, first)
        assert turned.worse == pytest.approx(found.better, abs=0.02)

    def test_problems_of_one_data_set_count_once(self) -> None:
        table = pd.DataFrame(
            {
                "problem": ["breast 37 %", "breast 9 %", "random 10 %"],
                "network": "SLP",
                "loss": "BCE",
                "metric": "f1",
                "score": [0.8, 0.6, 0.5],
            }
        )
        found = compare.by_data_set(table, "f1")["BCE"]
        assert found.to_dict() == {"breast": pytest.approx(0.7), "random 10 %": 0.5}
        assert len({problems.data_set(name) for name in problems.FINAL}) == 16

    def test_critical_difference(self) -> None:
        # Demšar 2006: 4 classifiers on 14 data sets, 2.569 √(4·5/(6·14)) = 1.25
        assert compare.critical_difference(4, 14) == pytest.approx(1.25, abs=0.005)

    def test_standing(self) -> None:
        rng = np.random.default_rng(0)
        noise = 0.001 * rng.standard_normal((30, 3))
        means = {"ours": [0.9, 0.8, 0.5], "a": [0.8, 0.805, 0.1], "b": [0.7, 0.1, 0.6]}
        index = pd.MultiIndex.from_product(
            [["SLP"], ["x", "y", "z"], range(10)], names=[*compare.CASE, "fold"]
        )
        scores = pd.DataFrame(means).to_numpy().repeat(10, axis=0) + noise
        folds = pd.DataFrame(scores, index=index, columns=list(means))
        runs = folds.groupby(compare.CASE).size() // 10
        rivals = ["ours", "a", "b"]
        assert compare.beaten(folds, "ours", rivals, runs) == pytest.approx(1 / 3)
        cases = folds.groupby(compare.CASE).mean()
        found = compare.stand(cases, "ours", rivals)
        assert found.best_or_near == pytest.approx(2 / 3)
        assert found.worst_deficit == pytest.approx(0.1, abs=0.002)

    def test_a_lead_that_may_be_luck(self) -> None:
        rng = np.random.default_rng(0)
        loss, rival = (pd.Series(each) for each in 0.7 + 0.1 * rng.standard_normal((2, 10)))
        assert compare.chance(loss, rival - rival.mean() + loss.mean() + 0.03, runs=1) < 0.9
        assert compare.chance(loss, loss + 0.03, runs=1) == 1


class TestFidelity:
    """The paper's own experiment, with the paper's own settings."""

    @pytest.mark.parametrize("row", [fidelity.ROWS[0], fidelity.ROWS[3]], ids=str)
    def test_published_figures_lie_within_the_spread_of_the_folds(self, row: fidelity.Row) -> None:
        training, test = fidelity.cut()
        seen = fidelity.balance(training) if row.balanced else training
        scores = fidelity.evaluate(row, fidelity.train(row, seen), test)
        assert abs(scores.mean() - row.published) < scores.std(ddof=1)

    def test_the_gradient_of_the_gmean_is_a_quarter_of_the_published_one(self) -> None:
        published, ours = fidelity.gmean_gradients()
        np.testing.assert_allclose(published, 4 * ours, rtol=1e-12)


class TestCandidates:
    """What was tried for the defaults computes what its name says."""

    logits = torch.randn(FOLDS, RATES, 50, generator=torch.Generator().manual_seed(2))
    target = LABELS.unsqueeze(1).expand(FOLDS, RATES, 50)

    @pytest.mark.parametrize("name", candidates.CANDIDATES)
    def test_every_one_has_a_gradient(self, name: str) -> None:
        logits = self.logits.clone().requires_grad_()
        loss = candidates.CANDIDATES[name].make(metricc.compile("f1"), LABELS)
        values = loss(logits, self.target)
        assert values.shape == (FOLDS, RATES)
        values.sum().backward()
        assert logits.grad.isfinite().all()
        assert (logits.grad != 0).any(-1).all()
        with torch.no_grad():
            assert loss(logits, self.target).isfinite().all()

    def test_slopes_of_balanced_accuracy_are_those_of_balanced_classes(self) -> None:
        metric = metricc.compile("balanced_accuracy")
        found = losses.slope_bce(metric, LABELS)(self.logits, self.target)
        share = self.target.mean(-1)
        positive, negative = self.target, 1 - self.target
        terms = losses.cross_entropy(self.logits, self.target)
        expected = (positive * terms).sum(-1) / share + (negative * terms).sum(-1) / (1 - share)
        torch.testing.assert_close(found, expected / 2 / 50)

    @pytest.mark.parametrize("name", ["f1", "gmean", "balanced_accuracy", "mcc"])
    def test_the_slope_mix_is_an_option_of_the_loss(self, name: str) -> None:
        metric = metricc.compile(name)
        option = losses.of_metric(mix=0.5, mix_weights="slopes")
        steps = []
        for recipe in (losses.MIXES["metricc + slope BCE"], option):
            logits = self.logits.clone().requires_grad_()
            values = recipe.make(metric, LABELS)(logits, self.target)
            values.sum().backward()
            steps.append((values.detach(), logits.grad))
        torch.testing.assert_close(steps[0], steps[1])

    def test_slopes_of_f1(self) -> None:
        metric = metricc.compile("f1")
        found = losses.slope_bce(metric, LABELS)(self.logits, self.target)
        soft = (10 * (self.logits.sigmoid() - 0.5)).sigmoid()
        f1 = 2 * (soft * self.target).sum(-1) / (soft + self.target).sum(-1)
        weights = torch.where(self.target > 0, 2 - f1.unsqueeze(-1), f1.unsqueeze(-1))
        terms = losses.cross_entropy(self.logits, self.target)
        torch.testing.assert_close(found, (weights * terms).sum(-1) / weights.sum(-1))


STUDY = Path(__file__).parent.parent / "examples" / "paper"
COMMAND = [sys.executable, "-W", "error", str(STUDY), "--quick", "--jobs", "1"]
SMALL = ["--problem", "wine 15 %", "--metric", "f1", "--network", "SLP"]


def study(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, encoding="utf-8")


class TestCommand:
    """The study as a user runs it."""

    def test_quick_study(self, tmp_path: Path) -> None:
        result = study("--out", tmp_path)
        assert result.returncode == 0, result.stderr
        summary = (tmp_path / "summary.md").read_text()
        for loss in (*losses.LOSSES, tasks.TUNED):
            assert summary.count(f"| {loss} ") >= 5
        table = pd.read_csv(tmp_path / "table.csv")
        assert len(table) == 3 * 2 * 11 * 2  # problems, networks, losses, metrics
        assert table["score"].between(-1, 1).all()
        rows = pd.read_csv(tmp_path / "folds.csv")
        assert (rows.groupby(["problem", "network", "loss", "metric"]).size() == 5).all()
        f1 = rows[rows["metric"] == "f1"]
        expected = 2 * f1["tp"] / (2 * f1["tp"] + f1["fp"] + f1["fn"])
        np.testing.assert_allclose(f1["score"], expected.fillna(0))
        for name in ("ranks", "gain", "curves"):
            assert (tmp_path / f"{name}.png").stat().st_size > 10_000

    def test_an_interrupted_study_loses_nothing_and_gives_the_same_numbers(
        self, tmp_path: Path
    ) -> None:
        whole, broken = tmp_path / "whole", tmp_path / "broken"
        assert study(*SMALL, "--out", whole).returncode == 0
        process = subprocess.Popen(
            [*COMMAND, *SMALL, "--out", str(broken)], stderr=subprocess.DEVNULL
        )
        finished = broken / "journal.jsonl"
        while process.poll() is None and lines(finished) < 4:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        kept = lines(finished)
        assert 4 <= kept < lines(whole / "journal.jsonl")
        with finished.open("a") as file:
            file.write('{"task": ["wine 15 %", "SL')  # a line that the kill cut short
        result = study(*SMALL, "--out", broken)
        assert result.returncode == 0, result.stderr
        entries = [json.loads(line) for line in finished.read_text().splitlines()[1:]]
        done = [tuple(entry["task"]) for entry in entries]
        assert len(done) == len(set(done)) == lines(whole / "journal.jsonl") - 1
        for name in ("folds.csv", "table.csv", "summary.md"):
            assert (broken / name).read_text() == (whole / name).read_text()

    def test_other_settings_are_refused(self, tmp_path: Path) -> None:
        assert study(*SMALL, "--out", tmp_path).returncode == 0
        before = (tmp_path / "journal.jsonl").read_bytes()
        result = study(*SMALL, "--out", tmp_path, "--seed", "1")
        assert result.returncode == 1
        assert "settings.seed 0, not 1" in result.stderr
        assert (tmp_path / "journal.jsonl").read_bytes() == before

    def test_a_directory_of_other_files_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.tex").write_text("years of work")
        result = study(*SMALL, "--out", tmp_path)
        assert result.returncode == 1
        assert "holds other files" in result.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]

    def test_a_second_run_in_the_same_directory_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "journal.jsonl").touch()
        with journal.alone(tmp_path):
            result = study(*SMALL, "--out", tmp_path)
        assert result.returncode == 1
        assert "another run is at work" in result.stderr
        assert study(*SMALL, "--out", tmp_path).returncode == 0

    def test_a_missing_package_is_named_with_the_extra(self) -> None:
        code = f"""
import runpy, sys
sys.modules["baycomp"] = None
runpy.run_path({str(STUDY)!r}, run_name="__main__")
"""
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
        assert result.returncode == 1
        assert result.stderr == "error: the study needs baycomp: pip install 'metricc[paper]'\n"

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["--problem", "nonesuch"], "there is no problem 'nonesuch'"),
            (["--metric", "f11"], "did you mean `f1`"),
            (["--metric", "fpr"], "fpr is better when it is lower"),
            (["--metric", "multiclass_mcc"], "sums over classes"),
            (["--problem", "wine 15 %", "--network", "CNN"], "none of the networks is for these"),
            (["--csv", "missing.csv", "--target", "y"], "missing.csv cannot be read"),
            (["--csv", "missing.csv"], "--target"),
            (["--csv", "a.csv", "--openml", "7"], "--csv and --openml are different data"),
            (["--target", "ill"], "--target is of a table: give --csv FILE"),
            (["--candidates"], "--quick and --candidates are two studies"),
        ],
    )
    def test_mistakes(self, arguments: list[str], words: str, tmp_path: Path) -> None:
        result = study(*arguments, "--out", tmp_path / "out")
        assert result.returncode == 1
        assert words in result.stderr
        assert "Traceback" not in result.stderr
        assert not (tmp_path / "out" / "summary.md").exists()

    def test_a_journal_without_results_takes_other_settings(self, tmp_path: Path) -> None:
        few = problems.synthetic(1, 0.06, 4, 2.0, rows=100)
        path = tmp_path / "few.csv"
        pd.DataFrame(few.features).assign(y=few.labels).to_csv(path, index=False)
        where = ["--csv", path, "--target", "y", *SMALL[2:], "--out", tmp_path / "out"]
        result = study(*where, "--folds", "10")
        assert result.returncode == 1
        assert "6 rows of the rarer class are too few for 10 folds" in result.stderr
        result = study(*where, "--folds", "5")
        assert result.returncode == 0, result.stderr

    def test_other_data_of_the_same_name_is_refused(self, tmp_path: Path) -> None:
        path, here = tmp_path / "journal.jsonl", {"seed": 0}
        kept = journal.Journal(path, {**here, "data": {"a": "1"}})
        kept.add(tasks.Task("a", "SLP", "BCE", ""), tasks.Result([], {}))
        kept = journal.Journal(path, {**here, "data": {"b": "2"}})
        assert [task.problem for task in kept.done] == ["a"]
        with pytest.raises(journal.JournalError, match=r"data\.b 2, not 3"):
            journal.Journal(path, {**here, "data": {"b": "3"}})
        with pytest.raises(journal.JournalError, match="code unknown, not 4"):
            journal.Journal(path, {**here, "code": "4", "data": {"b": "2"}})

    def test_the_journal_knows_the_code(self) -> None:
        sources = {path.name for path in journal.sources()}
        assert sources >= {"losses.py", "train.py", "compiler.py", "passes.c", "rates.metric"}

    def test_a_table_of_the_users(self, tmp_path: Path) -> None:
        problem = problems.synthetic(1, 0.2, 4, 2.0, rows=150)
        frame = pd.DataFrame(problem.features).assign(ill=np.where(problem.labels, "yes", "no"))
        frame.to_csv(tmp_path / "patients.csv", index=False)
        arguments = ["--csv", tmp_path / "patients.csv", "--target", "ill", *SMALL[2:]]
        result = study(*arguments, "--out", tmp_path / "out")
        assert result.returncode == 0, result.stderr
        table = pd.read_csv(tmp_path / "out" / "table.csv")
        assert set(table["problem"]) == {"patients"}
        assert table["share"].iloc[0] == pytest.approx(0.2, abs=0.03)


def lines(path: Path) -> int:
    return len(path.read_text().splitlines()) if path.exists() else 0
