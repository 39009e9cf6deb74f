# SPDX-License-Identifier: GPL-2.0-only
"""Owns `lab apps`: which boots it takes, what is in them, and the results together. Called by cli.py and check.py."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import build, check, config, initramfs, run, setup
from ..config import Kernel
from ..results import Result
from ..ui import LabError, say
from . import inner
from .compare import judge
from .suite import OURS, PEER, App, apps, listed, plan, select


@dataclass(frozen=True)
class Job(run.Job):
    """An application in one boot, on the kernel's own backend first and then on ours."""

    app: App | None = None
    backends: tuple[str, ...] = (PEER, OURS)

    @property
    def where(self) -> str:
        assert self.app
        return f"{super().where} {self.app.name}"

    def rerun(self, program: str) -> str:
        assert self.app
        name = program.partition("/")[2].partition(":")[0]
        return (f"tests/lab/lab apps -k {self.kernel.name} -m {self.machine.name} "
                f"{self.app.name}{f':{name}' if name else ''}")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-k", "--kernel", action="append", default=[], metavar="KERNEL", help="default: all")
    parser.add_argument("-m", "--machine", action="append", default=[], metavar="MACHINE",
                        help="default: all that the application is for")
    parser.add_argument("--peer-only", action="store_true", help="only on the kernel's own type1")
    parser.add_argument("--list", action="store_true", help="list applications and their programs")
    parser.add_argument("apps", nargs="*", metavar="APP[:PROGRAM]", help="default: all")


def command(options: argparse.Namespace) -> int:
    if options.list:
        return _list()
    kernels = [config.kernel(name) for name in options.kernel] or list(config.kernels().values())
    for name in options.machine:
        config.machine(name)
    backends = (PEER,) if options.peer_only else (PEER, OURS)
    jobs = jobs_for(kernels, options.machine, options.apps, backends)
    if not jobs:
        raise LabError("nothing to run: no application is for that kernel on that machine",
                       "data/apps.toml says which are; lab apps --list shows them")
    ready(jobs)
    return check.conclude(results_of(jobs))


def results_of(jobs: Sequence[Job]) -> list[Result]:
    """Build the applications and run the jobs."""
    if not jobs:
        return []
    built = build.applications()
    result = run.build_result("host", "applications", built)
    return [result, *([] if built.status else check.in_order(jobs, run_job))]


def for_check(kernels: Sequence[Kernel]) -> list[Job]:
    """What is short enough for `lab check`."""
    return [job for app in apps().values() if app.check for job in jobs_for(kernels, app.check, [app.name])]


def jobs_for(kernels: Sequence[Kernel], machines: Sequence[str], wanted: Sequence[str],
             backends: tuple[str, ...] = (PEER, OURS)) -> list[Job]:
    return [Job(kernel, app.outfitted(kernel, machine), programs, faults=True, app=app, backends=backends)
            for app, programs in select(wanted) for kernel, machine in app.places(kernels, machines)]


def ready(jobs: Sequence[Job]) -> None:
    """Kernels, emulators, and the roots the applications are in."""
    if not jobs:
        return
    shown = {root.name: root for job in jobs if job.app and (root := job.app.kernels[job.kernel.name])}
    setup.ready(list({job.kernel.name: job.kernel for job in jobs}.values()), [job.machine for job in jobs],
                others=list(shown.values()), sources=(build.APPS_SOURCE,))


def run_job(job: Job) -> list[Result]:
    """Build for the job's kernel, boot, and compare."""
    assert job.app
    with build.held(job.kernel.name):
        module = build.module(job.kernel)
        results = [run.build_result(job.where, "module", module)]
        if module.status:
            return results
        with build.held("apps"):
            contents = _contents(job, job.app, module.products)
            image = initramfs.make(contents)
    found = run.boots(job, contents, image)

    def reason(case: str) -> str:
        assert job.app
        return next((known.why for known in job.app.known if known.covers(job.kernel, job.machine, case)), "")

    return results + judge(found, reason, OURS in job.backends)


def _contents(job: Job, app: App, modules: tuple[Path, ...]) -> initramfs.Contents:
    built = build.out("apps")
    programs = plan(app, job.wanted, job.backends)
    files = {f"tests/{path.relative_to(built / app.name)}": path
             for path in sorted((built / app.name).rglob("*")) if path.is_file()}
    files |= {f"tests/{path.name}": path for path in sorted((built / "common").iterdir())}
    files |= {f"tests/{program.name}": built / "common" / "start" for program in programs}
    if app.inner:
        files |= inner.files(job.kernel, app.inner, built / app.name)
    return initramfs.Contents(job.kernel, job.machine, modules, None, programs, files)


def _list() -> int:
    for app in apps().values():
        say(f"{app.name:16} {app.about}; on {' '.join(app.kernels)}, {' '.join(app.machines)}")
        for program in listed(app):
            say(f"    {program.name}")
    return 0
