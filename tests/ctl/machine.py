# SPDX-License-Identifier: GPL-2.0-only
"""Owns machines that are folders: what /sys, /proc and /boot of one look like to ioasidctl. Used by check.py."""

from __future__ import annotations

import shutil
from pathlib import Path

RELEASE = "6.12.117-test"
MSI = "0x00000000fee00000 0x00000000feefffff msi\n"

CONFIG = "".join(f"CONFIG_{name}=m\n" for name in ("MODULES", "IOMMU_API", "VFIO", "VFIO_CONTAINER", "VFIO_PCI"))

# VT-d: 48 bits of guest addresses, tables of four levels.
VTD_CAP = "d2008c222f0606\n"

EVENTS = """\
            hold-119   [000] .....     6.225583: ioasid_attach: device=0000:00:04.0 dev_id=1 cookie=0xed0 ioasid=3 result=0 nsec=96970
            hold-119   [000] .....     6.228331: ioasid_map: ioasid=3 iova=0x200000 length=0x2000000 result=0 nsec=239810
        two words-120  [001] .....     6.228703: ioasid_unmap: ioasid=4 iova=0x10010000 length=0x10000 result=0 nsec=37860
            hold-119   [000] .....     6.228727: ioasid_map: ioasid=3 iova=0xfee00000 length=0x1000 result=-99 nsec=14080
            hold-119   [000] .....     6.300000: ioasid_later: memory_id=7 length=0x1000 result=0 nsec=99
"""

FDINFO = """\
pos:\t0
flags:\t02100002
mnt_id:\t26
ino:\t109
ioasid-uapi:\t1
device:\tid=1 name=0000:00:04.0 group=1 cookie=0xed0 space=3 state=attached
device:\tid=2 name=0000:00:05.0 group=2 cookie=0xed1 space=0 state=blocked
space:\tid=3 kind=paging devices=1 areas=3 mapped=35651584 shared=1048576 granule=0 1G=0 2M=16 4K=512
range:\tspace=3 first=0x0 last=0xfedfffff
range:\tspace=3 first=0xfef00000 last=0xffffffffffff
extent:\tspace=3 first=0x200000 last=0x21fffff areas=1 mapped=33554432
extent:\tspace=3 first=0x10000000 last=0x103fffff areas=2 mapped=2097152
space:\tid=4 kind=paging devices=0 areas=0 mapped=0 shared=0 granule=65536 1G=0 2M=0 4K=0
range:\tspace=4 first=0x0 last=0xffffffffffffffff
memory:\tid=5 bytes=1048576 prot=rw
context:\tpinned=35651584
later:\tid=9 colour=green
"""


class Machine:
    """A folder with the files that a test wants."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.rmtree(root, ignore_errors=True)
        self.file("proc/sys/kernel/osrelease", RELEASE + "\n")
        self.file("proc/cmdline", "root=/dev/sda quiet\n")
        self.file("proc/interrupts", "  1:  0  IO-APIC  1-edge  i8042\n")
        self.file("proc/meminfo", "MemTotal: 16777216 kB\nMemAvailable: 8388608 kB\nHugePages_Free: 0\nHugepagesize: 2048 kB\n")
        for name in ("sys/bus/pci/devices", "sys/bus/pci/drivers", "sys/kernel", "sys/class"):
            (root / name).mkdir(parents=True, exist_ok=True)

    def file(self, name: str, text: str | bytes = "") -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def link(self, name: str, target: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)

    def driver(self, name: str) -> None:
        (self.root / "sys/bus/pci/drivers" / name).mkdir(parents=True, exist_ok=True)

    def device(self, address: str, group: int | None = None, driver: str = "", class_: str = "0x020000", ids: str = "1234:11e8",
               config: bytes = bytes(256)) -> None:
        folder = f"sys/bus/pci/devices/{address}"
        vendor, device = ids.split(":")
        self.file(f"{folder}/vendor", f"0x{vendor}\n")
        self.file(f"{folder}/device", f"0x{device}\n")
        self.file(f"{folder}/class", f"{class_}\n")
        self.file(f"{folder}/driver_override", "(null)\n")
        self.file(f"{folder}/config", config)
        self.file("sys/bus/pci/drivers_probe")
        if driver:
            self.driver(driver)
            self.link(f"{folder}/driver", f"../../drivers/{driver}")
            self.file(f"sys/bus/pci/drivers/{driver}/unbind")
        if group is not None:
            groups = f"sys/kernel/iommu_groups/{group}"
            self.file(f"{groups}/type", "DMA\n")
            self.file(f"{groups}/reserved_regions", MSI)
            self.file(f"{groups}/devices/{address}")
            self.link(f"{folder}/iommu_group", f"../../../../kernel/iommu_groups/{group}")
            self.link(f"{folder}/iommu", "../../../../class/iommu/dmar0")
            self.file("sys/class/iommu/dmar0/intel-iommu/cap", VTD_CAP)

    def process(self, pid: int, command: str, files: dict[int, str], fdinfo: dict[int, str] | None = None) -> None:
        self.file(f"proc/{pid}/comm", f"{command}\n")
        for fd, path in files.items():
            self.link(f"proc/{pid}/fd/{fd}", path)
        for fd, text in (fdinfo or {}).items():
            self.file(f"proc/{pid}/fdinfo/{fd}", text)

    def module(self) -> None:
        for name, text in (("version", "0.1.0"), ("srcversion", "AAAA"), ("refcnt", "2"), ("taint", "OE"),
                           ("parameters/allow_unsafe_interrupts", "N")):
            self.file(f"sys/module/ioasidfd/{name}", f"{text}\n")
        self.file("sys/module/vfio/refcnt", "1\n")

    def tracing(self, events: str = EVENTS) -> None:
        for name in ("events/ioasid/enable", "events/ioasid/filter", "trace"):
            self.file(f"sys/kernel/tracing/{name}")
        self.file("sys/kernel/tracing/trace_pipe", events)


def pasid_config(bits: int) -> bytes:
    """Configuration space with ATS and PASID."""
    config = bytearray(4096)
    config[0x100:0x104] = (0x0f | 1 << 16 | 0x140 << 20).to_bytes(4, "little")
    config[0x140:0x148] = (0x1b | 1 << 16).to_bytes(4, "little") + (bits << 8).to_bytes(4, "little")
    return bytes(config)


def bare(root: Path) -> Machine:
    """No IOMMU, no VFIO, no module."""
    machine = Machine(root)
    machine.device("0000:00:04.0", driver="e1000e")
    machine.file("sys/firmware/acpi/tables/DMAR")
    machine.file("sys/kernel/security/lockdown", "none [integrity] confidentiality\n")
    machine.file("sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", b"\6\0\0\0\1")
    return machine


def complete(root: Path) -> Machine:
    """Everything is there: devices in every state, a process that uses one."""
    machine = Machine(root)
    machine.file(f"boot/config-{RELEASE}", CONFIG)
    machine.file("proc/interrupts", " 24:  0  IR-PCI-MSI-0000:00:01.0  0-edge  aerdrv\n")
    machine.module()
    machine.tracing()
    machine.driver("vfio-pci")
    machine.device("0000:00:01.0", 0, "pcieport", "0x060400", "8086:1901")
    machine.device("0000:00:04.0", 1, "vfio-pci", "0x00ff00", config=pasid_config(20))
    machine.device("0000:00:05.0", 2, "vfio-pci", "0x00ff00")
    machine.device("0000:00:06.0", 3, "vfio-pci")
    machine.device("0000:00:06.1", 3, "e1000e")
    machine.device("0000:00:07.0", 4, "nvme", "0x010802", "8086:0a54")
    machine.device("0000:00:08.0", 5, class_="0x0c0330")
    machine.device("0000:00:1f.0", None, "", "0x060100")
    machine.file("usr/share/misc/pci.ids", "# names\n1234  Technical Corp.\n\t11e8  edu\n\t\t1234 11e8  Sub\n8086  Intel Corporation\n"
                 "\t1901  6th Gen Core Processor PCIe Controller\n\t0a54  NVMe Datacenter SSD\nffff  Illegal Vendor ID\n")
    machine.process(4242, "hold", {0: "/dev/null", 3: "/dev/ioasid", 4: "/dev/vfio/vfio", 5: "/dev/vfio/2"}, {3: FDINFO})
    machine.process(4243, "two contexts", {3: "/dev/ioasid", 4: "/dev/ioasid"}, {3: FDINFO, 4: FDINFO})
    machine.process(4244, "other", {3: "/somewhere/ioasid.txt"}, {3: "pos:\t0\n"})
    return machine
