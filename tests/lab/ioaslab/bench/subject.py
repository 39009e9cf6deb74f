# SPDX-License-Identifier: GPL-2.0-only
"""Owns the kernels that are measured and building the module and the bench program for them. Called by command.py."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .. import cache, chroot, ownkernel, proc, roots, sync
from ..config import TREE, Kernel, OwnKernel, Root, kernel, kernels, own_kernels, source
from ..ui import LabError, progress

OWN = "perf-"
STOCK = "stock-"
HEADERS = "/opt"  # where a root shows the headers of a kernel of our own


@dataclass(frozen=True)
class Subject:
    """A kernel under a name of the command line: "6.12" is our own build, "stock-6.12" is Debian's."""

    name: str
    boots: Kernel
    compiler: Root
    own: OwnKernel | None = None

    @property
    def release(self) -> str:
        return roots.release_of(self.boots)


def subjects() -> dict[str, Subject]:
    own = {name.removeprefix(OWN): Subject(name.removeprefix(OWN), ownkernel.as_kernel(one), one.root, one)
           for name, one in own_kernels().items() if name.startswith(OWN)}
    return own | {f"{STOCK}{name}": Subject(f"{STOCK}{name}", kernel(name), kernel(name).root) for name in kernels()}


def select(wanted: list[str]) -> list[Subject]:
    known = subjects()
    for name in wanted:
        if name not in known:
            raise LabError(f"no kernel named {name!r} to measure", f"there are: {' '.join(known)}")
    return [known[name] for name in wanted or known]


def build_module(subject: Subject, work: Path) -> Path:
    """Build the module out of the sources in `work` for that kernel."""
    kdir = f"/usr/src/linux-headers-{subject.release}" if subject.own is None else HEADERS
    argv = ["make", "modules", "-j2", f"KVER={subject.release}", f"KDIR={kdir}"]
    command = chroot.command(subject.compiler, work, argv)
    if subject.own:
        shown = shlex.quote(f"{roots.path_of(subject.compiler)}{HEADERS}")
        mount = f"mount --bind {shlex.quote(str(ownkernel.headers(subject.own)))} {shown}"
        command = ["unshare", "--mount", "--propagation", "private", "/bin/sh", "-c",
                   f"{mount} && exec {shlex.join(command)}"]
    _make(command, subject.compiler, work, f"module {subject.name}")
    found = sorted(work.glob("**/ioasidfd.ko"))
    if not found:
        raise LabError(f"the build in {work} made no ioasidfd.ko")
    return found[0]


def sources(subject: Subject) -> Path:
    """A copy of the tree as it is now, in which the last build's objects are still there."""
    work = _home(f"bench-{subject.name}")
    sync.copy(work, f"{subject.release} {roots.recipe(subject.compiler)}")
    return work


def sources_of(revision: str, subject: Subject) -> Path:
    """The tree as a commit has it."""
    git = ["git", "-c", "safe.directory=*", "-C", str(TREE)]
    try:
        commit = proc.output([*git, "rev-parse", "--verify", f"{revision}^{{commit}}"]).strip()
    except LabError:
        raise LabError(f"no commit {revision!r}", "give --against something that `git rev-parse` knows") from None
    work = _home(f"bench-{subject.name}-against")
    cache.remove(work)
    work.mkdir(parents=True)
    archive = subprocess.run([*git, "archive", commit], stdout=subprocess.PIPE, check=True)
    subprocess.run(["tar", "-x", "-C", str(work)], input=archive.stdout, check=True)
    return work


def build_program() -> Path:
    """ioasid-bench: the same for every kernel."""
    root, work = source().root, _home("bench-user")
    sync.copy(work, roots.recipe(root))
    argv = ["make", "-j2", "-C", "tests/bench", f"OUT={chroot.WORK}/out"]
    (work / "out").mkdir(exist_ok=True)
    _make(chroot.command(root, work, argv), root, work, "ioasid-bench")
    return work / "out" / "ioasid-bench"


def _home(name: str) -> Path:
    return cache.folder("build", cache.tree_id()) / name


def _make(command: list[str], root: Root, work: Path, who: str) -> None:
    log = work.with_suffix(".log")
    log.unlink(missing_ok=True)
    progress(who, "make")
    with cache.lock(f"root.{root.name}", shared=True, who=root.name):
        proc.logged(command, log, who, notable=r".*(\bwarning:|\berror:|\*\*\*).*")
