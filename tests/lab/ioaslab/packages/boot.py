# SPDX-License-Identifier: GPL-2.0-only
"""Owns booting a whole system from an image of its root, and the results of the program it runs. Called by lifecycle.py."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from .. import cache, initramfs, kmod, kmsg, ktap, proc, roots, vm
from ..config import LAB, Kernel, Machine
from ..cpio import Archive
from ..results import Result, Status, brief
from ..session import Section, Session
from ..ui import progress

# The disk, its file system, and what finds the disk.
MODULES = ("virtio_pci", "virtio_blk", "ext4")
# The file system asks for it by name, where it is a module.
CHECKSUMS = "crc32c_generic"
SECTIONS = ("started", "upgrade", "removal")
# One of them at a time: it has as many processors as the machine, which compiles for the next one meanwhile.
ALONE = threading.Lock()
# Seconds for each of them, and to boot: DKMS compiles in one of them, on an emulated processor.
LIMIT = 2400.0
APPEND = ("systemd.firstboot=off", "systemd.mask=apt-daily.timer", "systemd.mask=apt-daily-upgrade.timer", "systemd.show_status=0")


def run(where: str, system: Kernel, machine: Machine, image: Path, rerun: str) -> list[Result]:
    """One VM; what it writes to its disk is forgotten."""
    folder = cache.folder("runs", f"{time.strftime('%Y%m%d-%H%M%S')}-{system.name}-{os.getpid()}")
    disk = ("-drive", f"file={image},format=raw,if=virtio,snapshot=on")
    guest = vm.Vm(system, machine, folder, "system", disk)
    guest.initramfs.write_bytes(_first_root(system))
    results: list[Result] = []

    def on_end(section: Section) -> None:
        found = _judge(where, section, rerun)
        results.extend(found)
        progress(where, f"{section.name}: {brief(found)} ({section.seconds:.0f} s)")

    session = Session(on_end)
    started = time.monotonic()

    def verdict() -> str:
        last = max([started, *(section.host_clock for section in session.sections)])
        return f"hangs in {session.current.name if session.current else 'nothing'}" if time.monotonic() - last > LIMIT else ""

    with ALONE, vm.slot(where):
        progress(where, f"booting {roots.release_of(system)} with the packages installed")
        reason = vm.run(guest, session.feed, verdict, APPEND)
    session.close()
    return results + _around(where, guest, session, reason, rerun)


def _judge(where: str, section: Section, rerun: str) -> list[Result]:
    return [Result(where, section.name, test.name, Status(test.status), tuple(test.detail), rerun)
            for test in ktap.parse(section.lines, section.status)]


def _around(where: str, guest: vm.Vm, session: Session, reason: str, rerun: str) -> list[Result]:
    """What went wrong outside of the tests, and what the kernel complained about."""
    log = guest.console.read_text(errors="replace") if guest.console.exists() else ""
    begun = {section.name for section in session.sections}
    results = [Result(where, name, "was not run", Status.FAIL, (reason, f"log: {guest.console}"), rerun)
               for name in SECTIONS if name not in begun]
    if session.current:
        results += _judge(where, session.current, rerun)
    if not session.done:
        results.append(Result(where, "boot", f"the VM {reason or 'ended before the tests did'}", Status.FAIL,
                              (*session.stray, *proc.tail(guest.console, 40).splitlines()), rerun))
    findings = kmsg.scan(log)
    return results + [Result(where, finding.program or "kernel", f"kernel log: {finding.line}", Status.FAIL,
                             tuple(finding.excerpt), rerun) for finding in findings] + \
        ([] if findings else [Result(where, "kernel", "the log is clean", Status.PASS)])


def _first_root(system: Kernel) -> bytes:
    """What mounts the disk and starts the system on it."""
    archive = Archive()
    for name in ("proc", "sys", "dev", "new"):
        archive.folder(name)
    archive.device("dev/console", 5, 1)
    archive.copy("bin/busybox", initramfs.busybox())
    archive.file("init", (LAB / "guest" / "disk").read_bytes(), 0o755)
    tree = kmod.Tree(roots.path_of(system.root) / "lib" / "modules" / roots.release_of(system))
    wanted = tree.closure([*([CHECKSUMS] if CHECKSUMS in tree.paths else []), *MODULES])
    archive.file("modules", "".join(f"{name}\n" for name in wanted).encode())
    for name in wanted:
        archive.file(f"lib/{name}.ko", kmod.contents(tree.folder / tree.paths[name]))
    return archive.finish()
