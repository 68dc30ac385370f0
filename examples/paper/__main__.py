"""Compare losses on imbalanced problems, by a protocol without leaks.

    python examples/paper --quick            # less than a minute: shows that it runs
    python examples/paper                    # the whole study, more than an hour on two cores
    python examples/paper --csv my.csv --target label    # the same on data of your own
    python examples/paper --openml 1464
    python examples/paper --candidates       # what metricc's defaults were chosen from

Each loss trains the same networks from the same weights on the same folds, with the learning rate
and the step chosen on validation rows; the test rows are counted once. Interrupt it when you like:
the next run goes on where this one stopped.
"""

from __future__ import annotations

import extra  # isort: skip  # noqa: F401 - comes first, to say what is missing

import json
import os
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import click

import metricc
from candidates import CANDIDATES
from folds import LEAST
from journal import NAME, Journal, JournalError, alone, claim, describe
from loaders import read_csv, read_openml
from losses import LOSSES
from networks import NETWORKS
from problems import FINAL, PILOT, Loader, ProblemError
from report import write_report
from runner import run_tasks
from tasks import Settings, compiled, plan
from train import Schedule


class Scope(NamedTuple):
    """What a study compares, unless options say otherwise."""

    settings: Settings
    problems: dict[str, Loader]
    networks: tuple[str, ...]
    losses: tuple[str, ...]
    out: str


FULL = Scope(Settings(), FINAL, tuple(NETWORKS), tuple(LOSSES), "paper-study")
QUICK = Scope(
    Settings(
        metrics=("f1", "mcc"),
        folds=5,
        repeats=1,
        schedule=Schedule(rates=(0.03, 0.1), steps=100, patience=5),
    ),
    {name: FINAL[name] for name in ("breast 9 %", "wine 15 %", "10 %, 5 columns")},
    ("SLP", "MLP"),
    tuple(LOSSES),
    "paper-study-quick",
)
CHOICE = Scope(
    Settings(metrics=("f1", "gmean")),
    PILOT,
    ("SLP", "MLP", "deep"),
    (*LOSSES, *CANDIDATES),
    "paper-candidates",
)
EVERYWHERE = {"help_option_names": ["-h", "--help"]}


@click.command(context_settings=EVERYWHERE)
@click.option("--quick", is_flag=True, help="Few problems, few steps: shows that it runs.")
@click.option("--candidates", is_flag=True, help="Compare candidates for metricc's defaults.")
@click.option("--csv", type=click.Path(path_type=Path), help="A table with a column to predict.")
@click.option("--openml", type=int, metavar="NUMBER", help="A data set of OpenML.")
@click.option("--target", help="The column to predict.")
@click.option("--positive", help="Its value for positives; else 1 beside 0, or the rarer.")
@click.option("--drop", multiple=True, metavar="COLUMN", help="Leave a column out; repeatable.")
@click.option("--one-hot", is_flag=True, help="Make columns of 0 and 1 from columns of text.")
@click.option("--metric", "metrics", multiple=True, help="A metric of the library; repeatable.")
@click.option("--problem", "names", multiple=True, help="One of the problems; repeatable.")
@click.option("--network", "networks", multiple=True, type=click.Choice([*NETWORKS]))
@click.option("--folds", type=click.IntRange(min=LEAST), help="Of the cross-validation; 10.")
@click.option("--seed", type=click.IntRange(min=0), help="Of folds, weights and batches; 0.")
@click.option("--jobs", type=click.IntRange(min=1), default=os.cpu_count(), show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where results go, and where an interrupted study goes on.  [default: paper-study]",
)
def main(
    quick: bool,
    candidates: bool,
    jobs: int,
    out: Path | None,
    **options: Any,  # noqa: ANN401 - click checks them, Options names them
) -> None:
    """Compare losses on imbalanced problems, without leaks from test data."""
    try:
        if quick and candidates:
            raise ProblemError("--quick and --candidates are two studies: give one of them")
        scope = narrowed(QUICK if quick else CHOICE if candidates else FULL, Options(**options))
        problems = {name: load() for name, load in scope.problems.items()}
        directory = claim(out or Path(scope.out))
        known = describe(scope.settings, problems)
        tasks = plan(scope.problems, scope.networks, scope.losses, scope.settings.metrics)
        if not tasks:
            raise ProblemError("none of the networks is for these problems")
        with alone(directory):
            journal = Journal(directory / NAME, known)
            run_tasks(tasks, problems, scope.settings, journal, jobs)
            done = {task: journal.done[task] for task in tasks}
            text = json.dumps(known, indent=2) + "\n"
            (directory / "study.json").write_text(text, encoding="utf-8")
            write_report(directory, done, problems, scope.settings)
    except (ProblemError, JournalError, metricc.MetricError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{directory / 'summary.md'}: {len(tasks)} tasks, of which nothing is left to do")


class Options(NamedTuple):
    """What the command line narrows a study to; what is empty leaves all."""

    csv: Path | None
    openml: int | None
    target: str | None
    positive: str | None
    drop: tuple[str, ...]
    one_hot: bool
    metrics: tuple[str, ...]
    names: tuple[str, ...]
    networks: tuple[str, ...]
    folds: int | None
    seed: int | None


def narrowed(scope: Scope, options: Options) -> Scope:
    """Return a study of the problems, networks and metrics that were asked for.

    Raises:
        ProblemError: there is no such problem, or no target is named.
        MetricError: there is no such metric.
    """
    for name in options.metrics:
        check_metric(name)
    settings = scope.settings._replace(
        metrics=options.metrics or scope.settings.metrics,
        folds=options.folds or scope.settings.folds,
        seed=scope.settings.seed if options.seed is None else options.seed,
    )
    problems = choose_problems(scope.problems, options)
    is_own = options.csv is not None or options.openml is not None
    return scope._replace(
        settings=settings,
        problems=problems,
        networks=options.networks or scope.networks,
        out=f"paper-{'-'.join(next(iter(problems)).split())}" if is_own else scope.out,
    )


def check_metric(name: str) -> None:
    """Refuse a metric that is none of one confusion matrix, or one to be lowered.

    Raises:
        MetricError: there is no such metric, or it joins several classes.
        ProblemError: the metric is better when it is lower.
    """
    metric = compiled(name)
    metric.loss(task="multilabel", average="none")
    right, wrong = (metric.value(tp=n, fp=1 - n, fn=1 - n, tn=n) for n in (1, 0))
    if right <= wrong:
        raise ProblemError(f"{name} is better when it is lower; the study raises metrics")


def check_source(options: Options) -> None:
    """Refuse options of data that is not asked for, and two kinds of data.

    Raises:
        ProblemError: one of them would go unheeded.
    """
    sources = {"--csv": options.csv, "--openml": options.openml, "--problem": options.names}
    given = [name for name, value in sources.items() if value not in (None, ())]
    if len(given) > 1:
        raise ProblemError(f"{' and '.join(given)} are different data: give one of them")
    of_tables = {
        "--target": options.target,
        "--positive": options.positive,
        "--drop": options.drop,
        "--one-hot": options.one_hot,
    }
    unheeded = [name for name, value in of_tables.items() if value not in (None, (), False)]
    if unheeded and options.csv is None and options.openml is None:
        raise ProblemError(f"{unheeded[0]} is of a table: give --csv FILE or --openml NUMBER, too")


def choose_problems(problems: dict[str, Loader], options: Options) -> dict[str, Loader]:
    """Return the user's own problem, or those of the study that were named."""
    check_source(options)
    how = {"positive": options.positive, "drop": options.drop, "one_hot": options.one_hot}
    if options.csv is not None:
        if options.target is None:
            raise ProblemError("name the column to predict with --target")
        loader = partial(read_csv, options.csv, options.target, **how)
        return {options.csv.stem: loader}
    if options.openml is not None:
        return {
            f"openml {options.openml}": partial(read_openml, options.openml, options.target, **how)
        }
    unknown = [name for name in options.names if name not in problems]
    if unknown:
        listed = "; ".join(problems)
        raise ProblemError(f"there is no problem {unknown[0]!r}; there are: {listed}")
    return {name: problems[name] for name in options.names or problems}


if __name__ == "__main__":
    main()
