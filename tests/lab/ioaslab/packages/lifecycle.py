# SPDX-License-Identifier: GPL-2.0-only
"""Owns `lab lifecycle`: the Debian packages are installed in the root of a whole system, which is then booted, and upgraded
and removed there; those for other distributions, in the root of a Debian system alone. Called by cli.py."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .. import build, cache, check, checks, chroot, config, roots, run as tests, setup
from ..config import Kernel, Root
from ..results import Result, Status, brief
from ..ui import LabError, progress
from ..work import in_parallel
from . import boot
from .build import build_in, place

MACHINE = "vtd"
# What the packages are upgraded to; only its being higher matters.
HIGHER = "99.0.0"
# Programs that run in a root whose changes are forgotten, and the seconds that they may take.
INSTALL = "tests/packages/install"
OWN_TESTS = "tests/packages/autopkgtest"
FOREIGN = "tests/packages/foreign"
LIMIT = 3600
# The formats of others, and the system that stands for theirs.
OTHERS = ("rpm", "arch")
HOST = "trixie"
# Where the system that was booted compiles the module itself, which takes an emulated processor some minutes.
COMPILES = ("bullseye",)
# Of the kernel that is installed later; for the others it is the cloud kernel of the same source. 5.10's has no IOMMU and
# cannot have the module, so there it is an older one.
LATER = {"bullseye": r"5\.10\.0-3[0-9]-amd64"}


@dataclass(frozen=True)
class Job(tests.Job):
    """A system, whose kernel is the one it boots; or the packages of others in it."""

    form: str = "deb"

    @property
    def where(self) -> str:
        return self.kernel.name if self.form == "deb" else self.form

    @property
    def builder(self) -> Root:
        """The root that the packages are built in."""
        return builder(self.kernel) if self.form == "deb" else place(self.form, self.form)

    def packages(self, version: str) -> Path:
        return _packages(self.builder, version)

    def rerun(self, program: str = "") -> str:
        return f"tests/lab/lab lifecycle -s {self.where}"


def names() -> list[str]:
    return [*config.systems(), *OTHERS]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-s", "--system", action="append", default=[], metavar="SYSTEM", choices=names(),
                        help=f"default: all of {', '.join(names())}")


def command(options: argparse.Namespace) -> int:
    machine = config.machine(MACHINE)
    jobs = [Job(config.system(HOST), machine, form=name) if name in OTHERS else Job(config.system(name), machine)
            for name in options.system or names()]
    setup.ready([], [machine], with_source=False, others=[root for job in jobs for root in (job.kernel.root, job.builder)])
    return check.conclude(run(jobs))


def builder(system: Kernel) -> Root:
    """The root that the system's packages are built in."""
    return place("deb", system.root.suites[0])


def run(jobs: Sequence[Job]) -> list[Result]:
    """Build two versions of the packages for each release, then test them in each system."""
    wanted = {job.builder.name: job for job in jobs}
    building = [partial(build_in, job.form, job.builder, job.packages(version), version)
                for job in wanted.values() for version in ("", HIGHER)]
    if any(isinstance(outcome, LabError) for outcome in in_parallel(building)):
        raise LabError("not all packages could be built", "the errors above say why")
    return check.in_order(jobs, _life)


def _packages(root: Root, version: str) -> Path:
    return cache.folder("build", cache.tree_id()) / "debs" / f"{root.name}{f'-{version}' if version else ''}"


def _life(job: Job) -> list[Result]:
    name = f"lifecycle-{job.where}"
    with build.held(name), cache.lock(f"root.{job.kernel.root.name}", shared=True, who=job.kernel.root.name):
        work = build.clean_copy(name)
        for version in ("", HIGHER):
            shutil.copytree(job.packages(version), work / "debs" / (version or "first"))
        if job.form != "deb":
            return _in_root(job, work, "foreign", FOREIGN, job.form)
        results = _in_root(job, work, "install", INSTALL)
        image = work / "image"
        if image.exists():
            results += boot.run(job.where, job.kernel, job.machine, image, job.rerun())
            image.unlink()
        return results + _in_root(job, work, "autopkgtest", OWN_TESTS)


def _new_kernel(system: Kernel) -> str:
    """The pattern of another kernel that can have the module."""
    return LATER.get(system.name, system.release.removesuffix("-amd64") + "-cloud-amd64")


def _in_root(job: Job, work: Path, name: str, *argv: str) -> list[Result]:
    """What can be seen without booting: in a root whose changes are forgotten, but for what is left in `work`."""
    progress(job.where, f"{name}: in a root")
    told = {"KVER": roots.release_of(job.kernel), "HIGHER": HIGHER, "INITRD": "No", "DEBIAN_FRONTEND": "noninteractive",
            "NEW_KERNEL": _new_kernel(job.kernel), "PACKAGES": " ".join(job.kernel.packages),
            "COMPILES": "1" if job.where in COMPILES else ""}
    command = chroot.command(job.kernel.root, work, list(argv), told, disposable=True)
    results = checks.judged(job.where, name, *checks.output(command, work, LIMIT), job.rerun())
    for result in results:
        if result.status is Status.FAIL:
            progress(job.where, f"failed: {result.name}")
    progress(job.where, f"{name}: {brief(results)}")
    return results
