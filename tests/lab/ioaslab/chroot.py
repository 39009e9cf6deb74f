# SPDX-License-Identifier: GPL-2.0-only
"""Owns running a command inside a build root. Called by build.py and checks.py."""

from __future__ import annotations

import shlex
from pathlib import Path

from . import cache, roots, source
from .config import Kernel, Root

WORK = "/mnt"
LINUX = "/tmp/linux"


def command(root: Root, work: Path, argv: list[str], variables: dict[str, str] | None = None,
            disposable: bool = False) -> list[str]:
    """`argv` in `root`, with `work` as its current folder and the kernel's source pieces, if they are there, bound.

    Mounts live in a namespace of their own and processes in another, so both end with the command however it ends.
    objtool wants /proc. What is done to a `disposable` root is gone when the command ends: it may install what it likes.
    """
    top = cache.folder("overlay") / "root" if disposable else roots.path_of(root)

    def place(name: str) -> str:
        return shlex.quote(f"{top}{name}")

    steps = ["set -e", *(_overlay(roots.path_of(root)) if disposable else []), f"mount -t proc proc {place('/proc')}", f"mount --rbind /dev {place('/dev')}",
             f"mount --bind {shlex.quote(str(work))} {place(WORK)}", f"mount -t tmpfs -o mode=1777 tmpfs {place('/tmp')}"]
    if source.ready():
        steps += [f"mkdir {place(LINUX)}", f"mount --bind -o ro {shlex.quote(str(source.path()))} {place(LINUX)}"]
    told = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/tmp", **(variables or {})}
    inside = ["/usr/bin/env", "-i", *(f"{name}={value}" for name, value in told.items()),
              "/bin/sh", "-c", f'cd {WORK} && exec "$@"', "sh", *argv]
    steps.append(f"exec nice chroot {place('')} {shlex.join(inside)}")
    return ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child",
            "/bin/sh", "-c", "; ".join(steps)]


def _overlay(root: Path) -> list[str]:
    """Show `root` in the cache's overlay/root, writable, with the changes in memory."""
    base = cache.folder("overlay")
    layers = shlex.quote(f"lowerdir={root},upperdir={base}/upper,workdir={base}/work")
    place = shlex.quote(str(base))
    return [f"mount -t tmpfs tmpfs {place}", f"mkdir {place}/upper {place}/work {place}/root",
            f"mount -t overlay -o {layers} overlay {place}/root"]


def variables(kernel: Kernel) -> dict[str, str]:
    """What tells a program in the kernel's root what there is to work with."""
    release = roots.release_of(kernel)
    return {"KVER": release, "KDIR": f"/usr/src/linux-headers-{release}", "LINUX": LINUX}
