# SPDX-License-Identifier: GPL-2.0-only
"""Owns the pieces of the kernel source package that tests and lint need. Called by set-up and `lab lint-env`."""

from __future__ import annotations

import hashlib
import shlex
from pathlib import Path

from . import cache
from .config import Source, source
from .host import Archive
from .proc import logged, tail
from .ui import LabError, progress


def path(name: str = "kernel") -> Path:
    """Where the pieces are: laid out as in a kernel tree."""
    wanted = source(name)
    digest = hashlib.sha256(repr((wanted.package, wanted.members)).encode()).hexdigest()[:12]
    return cache.folder("sources") / f"{wanted.package}-{digest}"


def harness() -> Path:
    return path() / source().harness


def ready(name: str = "kernel") -> bool:
    return path(name).is_dir()


def create(archive: Archive, name: str = "kernel") -> None:
    wanted = source(name)
    with cache.lock("source", who=wanted.package):
        if ready(name):
            return
        cache.need_space(cache.folder("sources"), wanted.size_mb, wanted.package)
        work = cache.folder("sources") / ".new"
        cache.remove(work)
        for part in ("lists/partial", "archives/partial", "tree"):
            (work / part).mkdir(parents=True)
        _download(wanted, archive, work)
        _extract(wanted, work)
        (work / "tree").rename(path(name))
        cache.remove(work)
        progress(wanted.package, "ready")


def _download(wanted: Source, archive: Archive, work: Path) -> None:
    sources = work / "sources.list"
    lines = [f"deb {archive.mirror} {suite} main" for suite in wanted.root.suites]
    if archive.security:
        lines.append(f"deb {archive.security} {wanted.root.security} main")
    sources.write_text("\n".join(lines) + "\n", encoding="utf-8")
    apt = ["apt-get", *(part for option in archive.options for part in ("-o", option.replace(" ", "=", 1))),
           "-o", f"Dir::Etc::SourceList={sources}", "-o", "Dir::Etc::SourceParts=/dev/null",
           "-o", f"Dir::State::Lists={work}/lists", "-o", f"Dir::Cache={work}", "-o", "APT::Sandbox::User=root",
           "-o", "Acquire::Languages=none"]
    log = cache.folder("logs") / "source.log"
    progress(wanted.package, "downloading (about 150 MB)")
    script = f"cd {shlex.quote(str(work))} && {shlex.join([*apt, 'update'])} && " \
             f"{shlex.join([*apt, 'download', wanted.package])}"
    logged(["sh", "-c", script], log, wanted.package, hint="is the network up, the mirror reachable?")


def _extract(wanted: Source, work: Path) -> None:
    """Only the wanted members, straight out of the tar inside the package: unpacked it takes 1.5 GB."""
    package = next(work.glob(f"{wanted.package}_*.deb"))
    members = shlex.join(f"{wanted.package}/{member}" for member in wanted.members)
    inner = shlex.quote(f"*/{wanted.package}.tar.xz")
    log = cache.folder("logs") / "source.log"
    progress(wanted.package, f"extracting {len(wanted.members)} members")
    logged(["sh", "-c", f"set -e; dpkg-deb --fsys-tarfile {shlex.quote(str(package))} | tar -xO --wildcards {inner} | "
                        f"tar -xJ --strip-components=1 -C {shlex.quote(str(work / 'tree'))} {members}"],
           log, wanted.package)
    absent = [member for member in wanted.members if not (work / "tree" / member).exists()]
    if absent:
        raise LabError(f"{package.name} has no {', '.join(absent)}:\n{tail(log)}", "correct data/sources.toml")
