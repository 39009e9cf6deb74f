# SPDX-License-Identifier: GPL-2.0-only
"""Owns building: the module for one kernel, user space once. Called by run, check, demo and shell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import cache, chroot, roots, source, sync
from .config import Kernel, Root, source as source_data
from .ui import progress

# Lines worth showing while a build runs, and the ones that make it fail.
NOTABLE = r".*(\b[Ww]arning:|WARNING:|\berror:|\*\*\*|undefined reference|ERROR:).*"
WARNING = re.compile(r"\b[Ww]arning:|WARNING:|objtool:")
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
def held(kernel: Kernel) -> Iterator[None]:
    """Keep other labs from building this kernel's copy while its products are read."""
    with cache.lock(f"build.{cache.tree_id()}.{kernel.name}", who=kernel.name):
        yield


def module(kernel: Kernel) -> Build:
    """Build ioasidfd.ko, and whatever other modules the tree has, with all of the kernel's warnings on."""
    release = roots.release_of(kernel)
    script = f"cd {chroot.WORK} && make modules -j2 W=1 KVER={release} KDIR=/usr/src/linux-headers-{release}"
    built = _run(kernel.root, kernel.name, f"{kernel.name} {release}", script, {})
    return _with_products(built, "**/*.ko")


def user_space(with_tests: bool = True) -> Build:
    """Build the static programs that go into the guest."""
    with cache.lock(f"build.{cache.tree_id()}.user", who="user space"):
        return _user_space(with_tests)


def _user_space(with_tests: bool) -> Build:
    goals = "tests demo-bin" if with_tests else "demo-bin"
    variables = f"LIB_STATIC=1 OUT={chroot.WORK}/{_OUT}" + (" HARNESS=/tmp/harness" if with_tests else "")
    script = f"cd {chroot.WORK} && mkdir -p {_OUT} && make -j2 {goals} {variables}"
    extra = {"/tmp/harness": source.harness()} if with_tests else {}
    built = _run(source_data().root, "user", "user", script, extra)
    return _with_products(built, f"{_OUT}/**/*")


_OUT = "lab-out"


def out() -> Path:
    """Where the programs of user_space() are."""
    return _home() / "user" / _OUT


def _run(root: Root, name: str, label: str, script: str, extra: dict[str, Path]) -> Build:
    work = _home() / name
    log = _home() / f"{name}.log"
    log.unlink(missing_ok=True)
    who = f"build {name}"
    label = f"{label} {roots.recipe(root)}"
    with cache.lock(f"root.{root.name}", shared=True, who=root.name):
        sync.copy(work, label)
        progress(who, "make")
        status = chroot.status_of(roots.path_of(root), work, ["sh", "-c", script], log, who, NOTABLE, extra)
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
