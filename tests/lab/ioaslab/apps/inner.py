# SPDX-License-Identifier: GPL-2.0-only
"""Owns what the guest of a guest boots: the guest's own kernel and an initramfs of a few files. Called by command.py."""

from __future__ import annotations

from pathlib import Path

from .. import initramfs, kmod, roots
from ..config import Kernel
from ..cpio import Archive


def files(kernel: Kernel, modules: tuple[str, ...], folder: Path) -> dict[str, Path]:
    """Files for the outer guest, by name. `folder` has the inner guest's init and the sums it compares with."""
    target = folder.parent / f"inner-{kernel.name}.cpio"
    target.write_bytes(_archive(kernel, modules, folder))
    image = roots.path_of(kernel.root) / "boot" / f"vmlinuz-{roots.release_of(kernel)}"
    return {"tests/inner/vmlinuz": image, "tests/inner/initramfs.cpio": target}


def _archive(kernel: Kernel, modules: tuple[str, ...], folder: Path) -> bytes:
    tree = kmod.Tree(roots.path_of(kernel.root) / "lib" / "modules" / roots.release_of(kernel))
    archive = Archive()
    archive.folder("dev")
    archive.device("dev/console", 5, 1)
    archive.copy("bin/busybox", initramfs.busybox())
    archive.file("init", (folder / "init").read_bytes(), 0o755)
    archive.copy("sums", folder / "sums")
    wanted = tree.closure(list(modules))
    archive.file("modules", "".join(f"{name}\n" for name in wanted).encode())
    for name in wanted:
        archive.file(f"lib/{name}.ko", kmod.contents(tree.folder / tree.paths[name]))
    return archive.finish()
