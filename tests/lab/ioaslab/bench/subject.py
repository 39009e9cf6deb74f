# SPDX-License-Identifier: GPL-2.0-only
"""Owns the kernels that are measured and building the module and the bench program for them. Called by command.py."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .. import build, cache, chroot, proc, roots, sync
from ..config import TREE, Kernel, OwnKernel, Root, kernel, kernels, own_kernels, source
from ..ui import LabError, progress

OWN = "perf-"
STOCK = "stock-"


@dataclass(frozen=True)
class Subject:
    """A kernel under a name of the command line: "6.12" is our own build, "stock-6.12" is Debian's."""

    name: str
    boots: Kernel
    own: OwnKernel | None = None

    @property
    def release(self) -> str:
        return roots.release_of(self.boots)


def subjects() -> dict[str, Subject]:
    own = {name.removeprefix(OWN): Subject(name.removeprefix(OWN), one.kernel, one)
           for name, one in own_kernels().items() if name.startswith(OWN)}
    return own | {f"{STOCK}{name}": Subject(f"{STOCK}{name}", kernel(name)) for name in kernels()}


def select(wanted: list[str]) -> list[Subject]:
    known = subjects()
    for name in wanted:
        if name not in known:
            raise LabError(f"no kernel named {name!r} to measure", f"there are: {' '.join(known)}")
    return [known[name] for name in wanted or known]


def build_module(subject: Subject, target: Path, revision: str = "") -> Path:
    """Build the module for that kernel, from the tree as it is or as a commit has it, and keep it in `target`."""
    name = f"bench-{subject.name}{'-against' if revision else ''}"
    with build.held(name):
        work = _sources_of(revision, name) if revision else _sources(subject, name)
        _make(_module_command(subject, work), subject.boots.compiler, work, f"module {subject.name}")
        found = sorted(work.glob("**/ioasidfd.ko"))
        if not found:
            raise LabError(f"the build in {work} made no ioasidfd.ko")
        return keep_module(found[0], target / name.removeprefix("bench-"))


def keep_module(path: Path, target: Path) -> Path:
    """A copy with the file name that modprobe looks for."""
    if not path.is_file():
        raise LabError(f"there is no {path}")
    target.mkdir(exist_ok=True)
    return Path(shutil.copy(path, target / "ioasidfd.ko"))


def _module_command(subject: Subject, work: Path) -> list[str]:
    told = chroot.variables(subject.boots)
    argv = ["make", "modules", "-j2", f"KVER={told['KVER']}", f"KDIR={told['KDIR']}"]
    return chroot.for_kernel(subject.boots, work, argv)


def _sources(subject: Subject, name: str) -> Path:
    """A copy of the tree as it is now, in which the last build's objects are still there."""
    work = _home(name)
    sync.copy(work, f"{subject.release} {roots.recipe(subject.boots.compiler)}")
    return work


def _git(*arguments: str) -> list[str]:
    # sudo makes us another user than the tree's owner, which git refuses unless told.
    return ["git", "-c", "safe.directory=*", "-C", str(TREE), *arguments]


def commit() -> str:
    """What the tree is, for who reads the results later; empty in one that came without git."""
    try:
        return proc.output(_git("describe", "--always", "--dirty")).strip()
    except LabError:
        return ""


def _sources_of(revision: str, name: str) -> Path:
    try:
        found = proc.output(_git("rev-parse", "--verify", f"{revision}^{{commit}}")).strip()
    except LabError:
        raise LabError(f"no commit {revision!r}", "give --against something that `git rev-parse` knows") from None
    work = _home(name)
    cache.remove(work)
    work.mkdir(parents=True)
    archive = subprocess.run(_git("archive", found), stdout=subprocess.PIPE, check=True)
    subprocess.run(["tar", "-x", "-C", str(work)], input=archive.stdout, check=True)
    return work


def build_program(target: Path) -> Path:
    """Build ioasid-bench, the same for every kernel, and keep it in `target`."""
    root, work = source().root, _home("bench-user")
    with build.held("bench-user"):
        sync.copy(work, roots.recipe(root))
        (work / "out").mkdir(exist_ok=True)
        _make(chroot.command(root, work, ["make", "-j2", "-C", "tests/bench", "WERROR=1",
                                           f"OUT={chroot.WORK}/out"]), root, work, "ioasid-bench")
        return Path(shutil.copy(work / "out" / "ioasid-bench", target))


def _home(name: str) -> Path:
    return cache.folder("build", cache.tree_id()) / name


def _make(command: list[str], root: Root, work: Path, who: str) -> None:
    log = work.with_suffix(".log")
    log.unlink(missing_ok=True)
    progress(who, "make")
    with cache.lock(f"root.{root.name}", shared=True, who=root.name):
        proc.logged(command, log, who, notable=r".*(\bwarning:|\berror:|\*\*\*).*")
