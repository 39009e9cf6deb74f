# SPDX-License-Identifier: GPL-2.0-only
"""Owns what is in the guest: busybox, modules, tests and the scripts of guest/. Called by run, demo and shell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import kmod, roots
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
    """The closure of what is needed, decompressed, and a modules.dep for the guest's modprobe."""
    ours = {kmod.name_of(path.name): path.read_bytes() for path in wanted.modules}
    needed = [name for data in ours.values() for name in kmod.depends_of(data) if name not in ours]
    base = f"lib/modules/{tree.folder.name}"
    table = []
    for name in tree.closure([*wanted.machine.modules, *needed]):
        archive.file(f"{base}/{name}.ko", kmod.contents(tree.folder / tree.paths[name]))
        table.append((name, tree.needs[name]))
    for name, data in ours.items():
        archive.file(f"{base}/{name}.ko", data)
        table.append((name, _all_needs(name, ours, tree)))
    # modprobe loads the last one named first.
    archive.file(f"{base}/modules.dep", "".join(
        f"{' '.join([f'{name}.ko:', *(f'{other}.ko' for other in others)])}\n" for name, others in table).encode())


def _all_needs(name: str, ours: dict[str, bytes], tree: kmod.Tree) -> list[str]:
    direct = kmod.depends_of(ours[name])
    order = tree.closure([other for other in direct if other not in ours])
    for other in direct:
        if other in ours:
            order += [module for module in [*reversed(_all_needs(other, ours, tree)), other] if module not in order]
    return order[::-1]
