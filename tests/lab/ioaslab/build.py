# SPDX-License-Identifier: GPL-2.0-only
"""Owns building: the module for one kernel, user space once. Called by run, check, apps, demo and shell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import cache, chroot, ownkernel, proc, roots, source, sync
from .config import HOST_ARCH, Arch, Kernel, Root, arch, own_kernel, source as source_data
from .ui import progress

# Lines worth showing while a build runs, and the ones that make it fail.
NOTABLE = r".*(\b[Ww]arning:|WARNING:|\berror:|\*\*\*|undefined reference|ERROR:).*"
WARNING = re.compile(r"\b[Ww]arning:|WARNING:|objtool:")
# What the programs of tests/apps take from the kernel's source.
APPS_SOURCE = "vfio-selftests"
# Says something about the machine's packages, not about the code.
HARMLESS = re.compile(r"the compiler differs from the one used to build the kernel")


@dataclass(frozen=True)
class Build:
    """What became of a build. `products` are there only if `status` is 0."""

    name: str
    status: int
    warnings: tuple[str, ...]
    log: Path
    products: tuple[Path, ...]

    @property
    def clean(self) -> bool:
        return self.status == 0 and not self.warnings


def _home() -> Path:
    return cache.folder("build", cache.tree_id())


@contextmanager
def held(name: str) -> Iterator[None]:
    """Keep other labs from building in the copy of that name while its products are read."""
    with cache.lock(f"build.{cache.tree_id()}.{name}", who=name):
        yield


def module(kernel: Kernel) -> Build:
    """Build ioasidfd.ko and the test modules, with all of the kernel's warnings on."""
    told = chroot.variables(kernel)
    argv = ["make", "test-modules", "-j2", "W=1", f"KVER={told['KVER']}", f"KDIR={told['KDIR']}"]
    target = arch(kernel.arch)
    if target.cross:
        argv += [f"ARCH={target.kbuild or target.name}", f"CROSS_COMPILE={target.cross}"]
    label = ownkernel.recipe(own_kernel(kernel.name)) if kernel.builder else told["KVER"]
    return _with_products(_run(kernel.compiler, kernel.name, label, argv, kernel=kernel), "**/*.ko")


def user_space(with_tests: bool = True, machines: str = HOST_ARCH) -> Build:
    """Build the programs that go into the guest: static ones, or with their libraries beside them. Those for `machines` of
    another architecture are the test programs."""
    with held(user(machines)):
        return _user_space(with_tests, arch(machines))


def user(machines: str) -> str:
    """What the build of user space for `machines` is called."""
    return "user" if machines == HOST_ARCH else f"user-{machines}"


def _user_space(with_tests: bool, machines: Arch) -> Build:
    wanted = ["tests", "portable-tools", "portable-examples", "demo-bin"] if with_tests else ["demo-bin"]
    argv = ["LIB_STATIC=1", "WERROR=1", f"OUT={chroot.WORK}/{_OUT}", f"HARNESS={chroot.LINUX}/{source_data().harness}"]
    if machines.cross:
        wanted = ["tests"]
        argv += [f"CC={machines.cross}gcc", f"AR={machines.cross}ar", f"CC32={machines.cross32}gcc"]
    return _with_products(_run(machines.root or source_data().root, user(machines.name), "", ["make", "-j2", *wanted, *argv]),
                          f"{_OUT}/**/*")


_OUT = "lab-out"


def applications() -> Build:
    """Build what tests/apps needs to run programs of others, some of them from the kernel's sources."""
    argv = ["make", "-j2", "-C", "tests/apps", f"LINUX={chroot.LINUX}", f"OUT={chroot.WORK}/{_OUT}"]
    with held("apps"):
        return _with_products(_run(source_data().root, "apps", source.path(APPS_SOURCE).name, argv, APPS_SOURCE),
                              f"{_OUT}/**/*")


def out(name: str = "user") -> Path:
    """Where the programs of user_space() are, by user(), or those of "apps"."""
    return _home() / name / _OUT


def clean_copy(name: str) -> Path:
    """A copy of the tree as it is, without anything built in it; the caller holds the lock of that name."""
    work = _home() / name
    sync.forget(work)
    sync.copy(work, name)
    return work


def _run(root: Root, name: str, label: str, argv: list[str], linux: str = "kernel", kernel: Kernel | None = None) -> Build:
    work = _home() / name
    log = _home() / f"{name}.log"
    log.unlink(missing_ok=True)
    who = f"build {name}"
    with cache.lock(f"root.{root.name}", shared=True, who=root.name):
        sync.copy(work, f"{label} {roots.recipe(root)}")
        (work / _OUT).mkdir(exist_ok=True)
        progress(who, "make")
        command = chroot.for_kernel(kernel, work, argv) if kernel else chroot.command(root, work, argv, linux=linux)
        status = proc.status_of(command, log, who, NOTABLE)
    warnings = tuple(line for line in log.read_text(errors="replace").splitlines()
                     if WARNING.search(line) and not HARMLESS.search(line))
    if warnings:
        sync.forget(work)  # an incremental build would not warn again
    progress(who, f"failed ({status}), see {log}" if status else
             f"{len(warnings)} warnings, see {log}" if warnings else "done")
    return Build(name, status, warnings, log, ())


def _with_products(build: Build, pattern: str) -> Build:
    products = sorted((_home() / build.name).glob(pattern)) if build.status == 0 else []
    return Build(build.name, build.status, build.warnings, build.log, tuple(products))
