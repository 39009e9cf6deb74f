# SPDX-License-Identifier: GPL-2.0-only
"""Owns what is in the guest: busybox, modules, tests and the scripts of guest/. Called by run, demo and shell."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import cache, chroot, kmod, proc, roots
from .config import LAB, Kernel, Machine, Root, source
from .cpio import Archive
from .plan import Program
from .ui import LabError

GUEST = LAB / "guest"


@dataclass(frozen=True)
class Contents:
    kernel: Kernel
    machine: Machine
    modules: tuple[Path, ...]
    programs: Path | None = None
    plan: Sequence[Program] = ()
    files: dict[str, Path] = field(default_factory=dict)


def make(wanted: Contents) -> bytes:
    archive = Archive()
    for name, mode in (("proc", 0o755), ("sys", 0o755), ("dev", 0o755), ("tmp", 0o1777), ("root", 0o700)):
        archive.folder(name, mode)
    archive.device("dev/console", 5, 1)
    archive.copy("bin/busybox", busybox(wanted.kernel.root))
    archive.file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n")
    archive.file("etc/group", b"root:x:0:\nnogroup:x:65534:\n")
    for script in sorted(GUEST.iterdir()):
        archive.file("init" if script.name == "init" else f"lab/{script.name}", script.read_bytes(), 0o755)
    tree = kmod.Tree(roots.path_of(wanted.kernel.root) / "lib" / "modules" / roots.release_of(wanted.kernel))
    archive.file("lab/machine", _machine(wanted.machine, tree).encode())
    archive.file("lab/plan", "".join(f"{program.line}\n" for program in wanted.plan).encode())
    _add_modules(archive, wanted, tree)
    if wanted.programs:
        for path in sorted(wanted.programs.rglob("*")):
            if path.is_file():
                archive.copy(f"tests/{path.relative_to(wanted.programs)}", path)
    for name, path in wanted.files.items():
        archive.copy(name, path)
    return archive.finish()


def busybox(of: Root | None = None) -> Path:
    """The static one of the root user space is built in, or of a root for another architecture."""
    root = roots.path_of(of) / "foreign" if of and of.foreign else roots.path_of(source().root)
    for name in ("usr/bin/busybox", "bin/busybox"):
        if (root / name).is_file():
            return root / name
    raise LabError(f"no busybox in {root}", "busybox-static belongs into the packages of data/roots.toml")


def _machine(machine: Machine, tree: kmod.Tree) -> str:
    """What the guest's scripts need to know, as shell assignments. What the kernel has built in is not loaded."""
    modules = [name for name in machine.modules if kmod.canonical(name) not in tree.builtin]
    return (f"console=/dev/{machine.arch.console}\nresults=/dev/{machine.arch.results}\n"
            f"modules='{' '.join(modules)}'\nvfio_devices='{' '.join(machine.vfio)}'\n"
            f"demo='{machine.demo}'\n")


def _add_modules(archive: Archive, wanted: Contents, tree: kmod.Tree) -> None:
    """The closure of what is needed, decompressed, and depmod's tables, for the guest's modprobe and for libkmod."""
    ours = {kmod.name_of(path.name): path.read_bytes() for path in wanted.modules}
    needed = [name for data in ours.values() for name in kmod.depends_of(data) if name not in ours]
    others = {name: kmod.contents(tree.folder / tree.paths[name]) for name in tree.closure([*wanted.machine.modules, *needed])}
    with tempfile.TemporaryDirectory(prefix="modules-", dir=cache.folder("runs")) as top:
        folder = Path(top, "lib", "modules", tree.folder.name)
        folder.mkdir(parents=True)
        for name, data in (others | ours).items():
            (folder / f"{name}.ko").write_bytes(data)
        for name in ("modules.builtin", "modules.order"):
            shutil.copy(tree.folder / name, folder)
        proc.output(chroot.with_cache(source().root, ["depmod", "-b", top, tree.folder.name]))
        for path in sorted(folder.iterdir()):
            archive.file(str(path.relative_to(top)), path.read_bytes())
