# SPDX-License-Identifier: GPL-2.0-only
"""Owns `lab chroot-run`: a command in a copy of the tree, inside a kernel's build root. Called by cli.py.

For lint and for checks that need a release's own tools. The kernel's scripts are at LINUX, its headers at KDIR; what the
command writes outside /tmp stays, except in the folders it mounts over: the mounts end with it.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence

from . import cache, chroot, roots, source, sync
from .config import Kernel

LINUX = "/tmp/linux"


def run(kernel: Kernel, argv: Sequence[str]) -> int:
    """The exit status of `argv`, which is run in the copy."""
    release = roots.release_of(kernel)
    name = f"chroot-run.{kernel.name}"
    work = cache.folder("build", cache.tree_id()) / name
    environment = ["env", f"LINUX={LINUX}", f"KVER={release}", f"KDIR=/usr/src/linux-headers-{release}"]
    script = f"cd {chroot.WORK} && exec {shlex.join([*environment, *argv])}"
    with cache.lock(f"build.{cache.tree_id()}.{name}", who=name), \
            cache.lock(f"root.{kernel.root.name}", shared=True, who=kernel.root.name):
        sync.copy(work, f"{name} {roots.recipe(kernel.root)}")
        command = chroot.command(roots.path_of(kernel.root), work, ["sh", "-c", script], {LINUX: source.path()})
        return subprocess.run(command, stdin=subprocess.DEVNULL).returncode
