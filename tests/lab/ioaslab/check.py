# SPDX-License-Identifier: GPL-2.0-only
"""Owns `lab run` and `lab check`: jobs in order, results together, files for machines. Called by cli.py and apps."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from . import build, cache, checks, run, sync
from .config import HOST_ARCH, Check, Kernel, Machine
from .results import Result, Status, show, succeeded, write
from .ui import LabError, say, seconds
from .work import in_parallel

J = TypeVar("J", bound=run.Job)


def everything(kernels: Sequence[Kernel], machines: Sequence[Machine], wanted: Sequence[str] = (),
               others: Sequence[Check] = (), also: Callable[[], list[Result]] = list) -> int:
    """Run it all; exit status 0 only if something ran and nothing failed."""
    sync.prune(cache.folder("build"))
    results = _without_vms(kernels, others)
    for arch in dict.fromkeys(kernel.arch for kernel in kernels):
        user = build.user_space(machines=arch)
        results.append(run.build_result("host", "user space" if arch == HOST_ARCH else f"user space for {arch}", user))
        if user.status == 0:
            jobs = [run.Job(kernel, machine, tuple(wanted)) for kernel in kernels for machine in machines
                    if kernel.arch == arch and machine.boots(kernel)]
            results += in_order(jobs, run.run)
    return conclude(results + also())


def in_order(jobs: Sequence[J], run_job: Callable[[J], list[Result]]) -> list[Result]:
    """All the jobs' results; a job that could not be run is one, too."""
    return [result for job, outcome in zip(jobs, in_parallel([partial(run_job, job) for job in jobs]))
            for result in (outcome if isinstance(outcome, list)
                           else [_broken(job.where, "lab", outcome, job.rerun(""))])]


def conclude(results: list[Result]) -> int:
    """Write the results to files and show them; the exit status."""
    folder = _folder()
    write(results, folder)
    say(f"\nresults: {folder}/results.json and results.ktap; {seconds():.0f} s")
    show(results)
    return 0 if succeeded(results) else 1


def _without_vms(kernels: Sequence[Kernel], others: Sequence[Check]) -> list[Result]:
    jobs = [(check, kernel) for check in others for kernel in (kernels if check.place == "kernel" else (None,))]
    outcomes = in_parallel([partial(checks.run, check, kernel) for check, kernel in jobs])
    return [result for (check, _), outcome in zip(jobs, outcomes)
            for result in (outcome if isinstance(outcome, list) else [_broken("host", check.name, outcome)])]


def _broken(where: str, what: str, error: LabError, rerun: str = "") -> Result:
    return Result(where, what, str(error).splitlines()[0], Status.FAIL, (*str(error).splitlines(), error.hint), rerun)


def latest() -> Path:
    """The folder of the last run's results."""
    return (cache.folder("results") / "latest").resolve()


def _folder() -> Path:
    """A new folder for this run's results, and a link `latest` to it."""
    base = cache.folder("results")
    folder = cache.folder("results", time.strftime("%Y%m%d-%H%M%S"))
    link = base / "latest.new"
    link.unlink(missing_ok=True)
    link.symlink_to(folder.name)
    link.rename(base / "latest")
    return folder
