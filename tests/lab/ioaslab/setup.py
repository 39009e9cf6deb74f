# SPDX-License-Identifier: GPL-2.0-only
"""Owns getting ready: host packages, build roots, kernel source pieces. Called by every command for what it needs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from . import cache, host, ownkernel, roots, source
from .config import Kernel, Machine, Need, Root, arch, own_kernel, source as source_data
from .ui import LabError, say
from .work import in_parallel


def ready(kernels: Sequence[Kernel], machines: Sequence[Machine], with_source: bool = True,
          others: Sequence[Root] = (), sources: Sequence[str] = ()) -> None:
    """Install and create whatever is missing for these, and `others`; says beforehand what that is."""
    host.need_root()
    _fetch(kernels, machines, with_source, others, sources)
    for kernel in kernels:
        if kernel.builder:
            ownkernel.create(own_kernel(kernel.name))


def _fetch(kernels: Sequence[Kernel], machines: Sequence[Machine], with_source: bool,
           others: Sequence[Root], sources: Sequence[str]) -> None:
    packages = host.missing(machines)
    wanted = _roots_for(kernels, [*others, *filter(None, map(host.emulator, machines))])
    absent = [root for root in wanted if not roots.ready(root)]
    needed = [name for name in ("kernel", *sources) if not source.ready(name)] if with_source else []
    if not (packages or absent or needed):
        return
    _announce(packages, absent, needed)
    _check_space(absent, needed)
    host.install(packages)
    archive = host.archive()
    jobs = [partial(roots.create, root, archive) for root in absent]
    jobs += [partial(source.create, archive, name) for name in needed]
    if any(isinstance(outcome, LabError) for outcome in in_parallel(jobs)):
        raise LabError("not everything is there", "the errors above say why; run it again, what is done is kept")


def _roots_for(kernels: Sequence[Kernel], others: Sequence[Root]) -> list[Root]:
    """Their roots, the one user space is built in and the others, slowest first."""
    compilers = [root for kernel in kernels for root in (kernel.compiler, arch(kernel.arch).root) if root]
    wanted = {root.name: root for root in (source_data().root, *compilers, *others)}
    return sorted(wanted.values(), key=lambda root: -root.size_mb)


def _announce(packages: list[Need], absent: list[Root], needed: list[str]) -> None:
    say("The lab will now")
    for need in packages:
        say(f"  install {need.package} on this machine ({need.why})")
    for root in absent:
        say(f"  {roots.work(root)}")
    for name in needed:
        say(f"  take tests and scripts out of {source_data(name).package} (downloads about 150 MB)")
    say(f"in {cache.top()} (IOASID_CACHE moves it). Nothing else on this machine changes.")


def _check_space(absent: list[Root], needed: list[str]) -> None:
    wanted = sum(root.size_mb for root in absent) + sum(source_data(name).size_mb for name in needed)
    cache.need_space(cache.folder(), wanted + 500, "the lab")


def lint_folder() -> str:
    """The folder laid out like a kernel tree that lint's scripts are in; made if it is not there."""
    if not source.ready():
        host.need_root()
        host.install(host.missing([]))
        source.create(host.archive())
    if not source.ready():
        raise LabError("the kernel's scripts are not there", "run: lab setup")
    return str(source.path())
