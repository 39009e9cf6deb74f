# SPDX-License-Identifier: GPL-2.0-only
"""Owns running a command inside a build root. Called by build.py."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from . import proc

WORK = "/mnt"


def command(root: Path, work: Path, argv: list[str], extra: dict[str, Path] | None = None) -> list[str]:
    """`argv` in `root`, with `work` as its /mnt and each of `extra` bound read-only where it says.

    Mounts live in a namespace of their own and processes in another, so both end with the command however it ends.
    objtool wants /proc.
    """
    place = shlex.quote(str(root))
    steps = ["set -e", f"mount -t proc proc {place}/proc", f"mount --rbind /dev {place}/dev",
             f"mount --bind {shlex.quote(str(work))} {place}{WORK}",
             f"mount -t tmpfs tmpfs {place}/tmp"]
    for where, what in (extra or {}).items():
        steps += [f"mkdir -p {place}{where}", f"mount --bind -o ro {shlex.quote(str(what))} {place}{where}"]
    steps.append(f"exec nice chroot {place} /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/tmp "
                 f"{shlex.join(argv)}")
    return ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child",
            "sh", "-c", "; ".join(steps)]


def status_of(root: Path, work: Path, argv: list[str], log: Path, who: str, notable: str,
              extra: dict[str, Path] | None = None) -> int:
    return proc.status_of(command(root, work, argv, extra), log, who, notable, env=dict(os.environ, LC_ALL="C.UTF-8"))
