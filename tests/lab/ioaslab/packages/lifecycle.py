# SPDX-License-Identifier: GPL-2.0-only
"""Owns `lab lifecycle`: the packages are installed in the root of a whole system, which is then booted, and upgraded and
removed there. Called by cli.py."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .. import build, cache, check, checks, chroot, config, roots, run as tests, setup
from ..config import Kernel, Machine, Root
from ..results import Result, Status, brief
from ..ui import LabError, progress
from ..work import in_parallel
from . import boot
from .build import build_in, place

MACHINE = "vtd"
# What the packages are upgraded to; only its being higher matters.
HIGHER = "99.0.0"
INSTALL = "tests/packages/install"
INSTALL_LIMIT = 3600
# The flavour of the kernel that is installed later.
KIND = "cloud-amd64"


@dataclass(frozen=True)
class Job(tests.Job):
    """A system; its kernel is the one it boots."""

    @property
    def where(self) -> str:
        return self.kernel.name

    def rerun(self, program: str = "") -> str:
        return f"tests/lab/lab lifecycle -s {self.kernel.name}"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-s", "--system", action="append", default=[], metavar="SYSTEM",
                        help=f"default: all of {', '.join(config.systems())}")


def command(options: argparse.Namespace) -> int:
    systems = [config.system(name) for name in options.system] or list(config.systems().values())
    machine = config.machine(MACHINE)
    setup.ready([], [machine], with_source=False,
                others=[root for system in systems for root in (system.root, builder(system))])
    return check.conclude(run(systems, machine))


def builder(system: Kernel) -> Root:
    """The root that the system's packages are built in."""
    return place("deb", system.root.suites[0])


def run(systems: Sequence[Kernel], machine: Machine) -> list[Result]:
    """Build two versions of the packages for each release, then test them in each system."""
    releases = {builder(system).name: builder(system) for system in systems}
    jobs = [partial(build_in, "deb", root, _packages(root, version), version)
            for root in releases.values() for version in ("", HIGHER)]
    if any(isinstance(outcome, LabError) for outcome in in_parallel(jobs)):
        raise LabError("not all packages could be built", "the errors above say why")
    return check.in_order([Job(system, machine) for system in systems], _life)


def _packages(root: Root, version: str) -> Path:
    return cache.folder("build", cache.tree_id()) / "debs" / f"{root.name}{f'-{version}' if version else ''}"


def _life(job: Job) -> list[Result]:
    name = f"lifecycle-{job.kernel.name}"
    with build.held(name), cache.lock(f"root.{job.kernel.root.name}", shared=True, who=job.kernel.root.name):
        work = build.clean_copy(name)
        for version in ("", HIGHER):
            shutil.copytree(_packages(builder(job.kernel), version), work / "debs" / (version or "first"))
        results = _installed(job, work)
        image = work / "image"
        if image.exists():
            results += boot.run(job.where, job.kernel, job.machine, image, job.rerun())
            image.unlink()
    return results


def _new_kernel(job: Job) -> list[str]:
    """The packages of another kernel of the same source, for apt."""
    suites = job.kernel.root.suites
    where = f"/{suites[-1]}" if len(suites) > 1 else ""
    return [*(f"linux-{part}-{KIND}{where}" for part in ("image", "headers")), *job.kernel.packages]


def _installed(job: Job, work: Path) -> list[Result]:
    """What can be seen without booting: in a root whose changes are forgotten, but for the image made of it."""
    progress(job.where, "installing the packages")
    told = {"KVER": roots.release_of(job.kernel), "HIGHER": HIGHER, "INITRD": "No", "DEBIAN_FRONTEND": "noninteractive",
            "KIND": KIND, "NEW_KERNEL": " ".join(_new_kernel(job))}
    command = chroot.command(job.kernel.root, work, [INSTALL], told, disposable=True)
    results = checks.judged(job.where, "install", *checks.output(command, work, INSTALL_LIMIT), job.rerun())
    for result in results:
        if result.status is Status.FAIL:
            progress(job.where, f"failed: {result.name}")
    progress(job.where, f"install: {brief(results)}")
    return results
