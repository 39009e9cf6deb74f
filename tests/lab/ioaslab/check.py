# SPDX-License-Identifier: GPL-2.0-only
"""Owns `lab run` and `lab check`: jobs in order, results together, files for machines. Called by cli.py."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from . import build, cache, hostchecks, run
from .config import HostCheck, Kernel, Machine
from .results import Result, Status, show, succeeded, write
from .ui import LabError, say
from .work import in_parallel


def everything(kernels: Sequence[Kernel], machines: Sequence[Machine], checks: Sequence[HostCheck],
               wanted: Sequence[str]) -> int:
    """Run it all; exit status 0 only if something ran and nothing failed."""
    started = time.monotonic()
    results = [result for check in checks for result in hostchecks.run(check)]
    user = build.user_space()
    results.append(run.build_result("host", "user space", user))
    if user.status == 0:
        jobs = [run.Job(kernel, machine, tuple(wanted)) for kernel in kernels for machine in machines]
        for job, outcome in zip(jobs, in_parallel([lambda job=job: run.run(job) for job in jobs])):
            results += outcome if isinstance(outcome, list) else [_broken(job, outcome)]
    folder = _folder()
    write(results, folder)
    show_path = f"results: {folder}/results.json and results.ktap; {time.monotonic() - started:.0f} s"
    say(f"\n{show_path}")
    show(results)
    return 0 if succeeded(results) else 1


def _broken(job: run.Job, error: LabError) -> Result:
    return Result(job.where, "lab", str(error).splitlines()[0], Status.FAIL,
                  (*str(error).splitlines(), error.hint), job.rerun(""))


def _folder() -> Path:
    """A new folder for this run's results, and a link `latest` to it."""
    base = cache.folder("results")
    folder = cache.folder("results", time.strftime("%Y%m%d-%H%M%S"))
    link = base / "latest.new"
    link.unlink(missing_ok=True)
    link.symlink_to(folder.name)
    link.rename(base / "latest")
    return folder
