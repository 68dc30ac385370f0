"""Doing tasks in several processes, each noted as soon as it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from joblib import Parallel, delayed
from tqdm import tqdm

from tasks import Result, Settings, Task, perform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from journal import Journal
    from problems import Problem


def run_tasks(
    tasks: Sequence[Task],
    problems: Mapping[str, Problem],
    settings: Settings,
    journal: Journal,
    jobs: int,
) -> None:
    """Do what the journal lacks, and show how long it will still take."""
    left = [task for task in tasks if task not in journal.done]
    work = (delayed(done)(task, problems[task.problem], settings) for task in left)
    results = Parallel(n_jobs=jobs, return_as="generator_unordered")(work)
    for task, result in tqdm(results, total=len(left), unit="task"):
        journal.add(task, result)


def done(task: Task, problem: Problem, settings: Settings) -> tuple[Task, Result]:
    """Return a task with its result: they arrive in any order."""
    return task, perform(task, problem, settings)
