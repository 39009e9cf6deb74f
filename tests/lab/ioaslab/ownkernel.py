# SPDX-License-Identifier: GPL-2.0-only
"""Owns the kernels the lab builds itself and what is kept of them. Called by set-up and the benchmarks.

One is kept in the cache laid out like a build root with only that kernel installed, so that everything which boots a
kernel, or takes modules from it, works on it as it is.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from . import cache, chroot, roots
from .config import LAB, OwnKernel
from .proc import logged
from .ui import LabError, progress

BUILDER = LAB / "root" / "build-kernel"
FRAGMENTS = LAB / "kernel-config"
STAMP = "lab-kernel.json"
NEEDED_MB = 4000  # while it is built; a tenth of it is kept


def symbols(own: OwnKernel) -> Path:
    return roots.path_of(own.kernel.root) / "boot" / f"System.map-{roots.release_of(own.kernel)}"


def recipe(own: OwnKernel) -> str:
    """A hash of all that decides what it is: when it changes, the kernel is built anew."""
    parts = [own.package, repr(own.root.suites), BUILDER.read_text(encoding="utf-8"),
             *((FRAGMENTS / name).read_text(encoding="utf-8") for name in own.fragments)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def ready(own: OwnKernel) -> bool:
    try:
        stamp = roots.path_of(own.kernel.root) / STAMP
        return json.loads(stamp.read_text(encoding="utf-8"))["recipe"] == recipe(own)
    except (OSError, ValueError, KeyError):
        return False


def create(own: OwnKernel) -> None:
    """Build it if it is missing or its recipe changed. It appears whole or not at all; its build root must be there."""
    if ready(own):
        return
    with cache.lock("own-kernel", who=own.name):  # one at a time: a build takes all the processors
        if ready(own):
            return
        wanted = recipe(own)
        work = cache.folder("kernels") / own.name
        cache.remove(work)
        cache.need_space(work.parent, NEEDED_MB, own.name)
        work.mkdir()
        with cache.lock(f"root.{own.root.name}", shared=True, who=own.root.name):
            _build(own, work)
        (work / "root" / STAMP).write_text(json.dumps({"recipe": wanted}), encoding="utf-8")
        final = roots.path_of(own.kernel.root)
        cache.remove(final)
        (work / "root").rename(final)
        cache.remove(work)
        progress(own.name, f"ready: Linux {roots.release_of(own.kernel)}")


def _build(own: OwnKernel, work: Path) -> None:
    for path in (BUILDER, *(FRAGMENTS / name for name in own.fragments)):
        if not path.is_file():
            raise LabError(f"{own.name} needs {path}, which is not there", "correct data/own-kernels.toml")
        shutil.copy(path, work)
    log = cache.folder("logs") / f"kernel-{own.name}.log"
    log.unlink(missing_ok=True)
    progress(own.name, f"building {own.package} with {' '.join(own.fragments)}: 10 minutes or more, once")
    inside = chroot.command(own.root, work, [f"./{BUILDER.name}", own.package, *own.fragments], disposable=True)
    logged(["nice", "-n", "5", *inside], log, own.name, notable=r"^[NE]: .*|.*\berror:.*",
           hint="is the network up, the mirror reachable? Run it again: nothing was kept.")
