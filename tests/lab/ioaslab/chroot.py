# SPDX-License-Identifier: GPL-2.0-only
"""Owns running a command inside a build root. Called by build.py, checks.py and vm.py."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from . import cache, roots, source
from .config import Kernel, Root

WORK = "/mnt"
LINUX = "/tmp/linux"
HEADERS = "/opt"  # of a kernel that is not installed in the root


def command(root: Root, work: Path, argv: list[str], variables: dict[str, str] | None = None,
            disposable: bool = False, linux: str = "kernel", headers: Path | None = None) -> list[str]:
    """`argv` in `root`, with `work` as its current folder and the kernel source pieces called `linux`, if there, bound;
    and `headers`, of a kernel that is not installed in that root.

    Mounts live in a namespace of their own and processes in another, so both end with the command however it ends. So do
    message queues, by which fakeroot talks to itself: two of them at once would find each other.
    What is done to a `disposable` root is gone when the command ends: it may install what it likes.
    """
    top = cache.folder("overlay") / "root" if disposable else roots.path_of(root)
    mounts = (_overlay(roots.path_of(root)) if disposable else []) + _mounts(top, work, linux)
    if headers:
        mounts.append(_Mount(top / HEADERS[1:], ("--bind", str(headers))))
    return _inside(top, mounts, argv, variables or {})


def for_kernel(kernel: Kernel, work: Path, argv: list[str], variables: dict[str, str] | None = None,
               disposable: bool = False) -> list[str]:
    """`argv` where modules for that kernel are built, see variables()."""
    return command(kernel.compiler, work, argv, variables, disposable, headers=_headers(kernel) if kernel.builder else None)


def _headers(kernel: Kernel) -> Path:
    return roots.path_of(kernel.root) / "usr" / "src" / f"linux-headers-{roots.release_of(kernel)}"


def with_cache(root: Root, argv: list[str]) -> list[str]:
    """`argv` in `root`, in which the cache is shown; paths in the cache are changed to what they are called there."""
    argv = [word.replace(str(cache.top()), WORK) for word in argv]
    return _inside(roots.path_of(root), _mounts(roots.path_of(root), cache.top(), ""), argv, {})


def _inside(top: Path, mounts: list[_Mount], argv: list[str], variables: dict[str, str]) -> list[str]:
    told = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/tmp", **variables}
    inside = ["nice", "chroot", str(top), "/usr/bin/env", "-i", *(f"{name}={value}" for name, value in told.items()),
              "/bin/sh", "-c", f'cd {WORK} && exec "$@"', "sh", *argv]
    # In a chroot that is no mount point nothing can be made private: there it is the unmounting that counts.
    script = ["set -e", "mount --make-rprivate / 2>/dev/null || :",
              *(shlex.join(step) for mount in mounts for step in mount.steps()),
              "status=0", f"{shlex.join(inside)} || status=$?",
              *(f"umount -l -R {shlex.quote(str(mount.where))}" for mount in reversed(mounts)), "exit $status"]
    return ["unshare", "--mount", "--ipc", "--propagation", "unchanged", "--pid", "--fork", "--kill-child",
            "/bin/sh", "-c", "\n".join(script)]


@dataclass(frozen=True)
class _Mount:
    """A mount, and the folders that are made in it."""

    where: Path
    arguments: tuple[str, ...]
    folders: tuple[str, ...] = ()

    def steps(self) -> list[list[str]]:
        return [["mount", *self.arguments, str(self.where)],
                *(["mkdir", "-p", str(self.where / name)] for name in self.folders)]


def _mounts(top: Path, work: Path, linux: str) -> list[_Mount]:
    """What every root gets; objtool wants /proc."""
    mounts = [_Mount(top / "proc", ("-t", "proc", "proc")),
              _Mount(top / "dev", ("--rbind", "/dev")),
              _Mount(top / WORK[1:], ("--bind", str(work))),
              _Mount(top / "tmp", ("-t", "tmpfs", "-o", "mode=1777", "tmpfs"), ("linux",))]
    if linux and source.ready(linux):
        mounts.append(_Mount(top / LINUX[1:], ("--bind", "-o", "ro", str(source.path(linux)))))
    return mounts


def _overlay(root: Path) -> list[_Mount]:
    """Show `root` in the cache's overlay/root, writable, with the changes in memory."""
    changes, shown = cache.folder("overlay", "changes"), cache.folder("overlay", "root")
    layers = f"lowerdir={root},upperdir={changes}/upper,workdir={changes}/work"
    return [_Mount(changes, ("-t", "tmpfs", "tmpfs"), ("upper", "work")),
            _Mount(shown, ("-t", "overlay", "-o", layers, "overlay"))]


def variables(kernel: Kernel) -> dict[str, str]:
    """What tells a program where modules for the kernel are built what there is to work with."""
    release = roots.release_of(kernel)
    return {"KVER": release, "KDIR": HEADERS if kernel.builder else f"/usr/src/linux-headers-{release}", "LINUX": LINUX}
