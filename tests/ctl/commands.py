# SPDX-License-Identifier: GPL-2.0-only
"""Owns the tests of what each command finds, prints and returns. Called by check."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import xml.etree.ElementTree as xml
from pathlib import Path

import machine
from tap import Tap
from tool import Document, Tool, run

ESCAPE = "\x1b["


def check(tap: Tap, tool: Tool) -> None:
    grammar(tap, tool)
    errors(tap, tool)
    colour(tap, tool)
    features(tap, tool)
    devices(tap, tool)
    binding(tap, tool)
    spaces(tap, tool)
    maps(tap, tool)
    fitness(tap, tool)
    events(tap, tool)
    module(tap, tool)
    nobody(tap, tool)


def expect(tap: Tap, name: str, good: object, shown: object = "") -> None:
    tap.check(name, "" if good else str(shown) or "failed")


def grammar(tap: Tap, tool: Tool) -> None:
    table = tool.table()
    objects = sorted({name for name, _, _ in table})
    expect(tap, "there are the objects of the design", objects == ["check", "demo", "device", "feature", "module", "monitor", "space"],
           objects)
    for name in objects:
        answers = [tool(line) for line in (f"{name} help", f"help {name}", f"{name} --help")]
        wanted = [word for row in table if row[0] == name for word in (row[1] or name, *row[2])]
        expect(tap, f"{name} help names all its commands and options",
               all(answer.status == 0 and all(word in answer.out for word in wanted) for answer in answers)
               and len({answer.out for answer in answers}) == 1, answers[0])
    helped = tool("--help")
    expect(tap, "help lists all objects and the exit statuses",
           helped.status == 0 and all(f"  {name}" in helped.out for name in objects) and "77" in helped.out, helped)
    wide = [line for line in helped.out.splitlines() + tool("device help").out.splitlines() if len(line) > 80]
    expect(tap, "help fits 80 columns", not wide, "\n".join(wide))
    expect(tap, "--version tells the versions of META and the API", re.match(r"ioasidctl [\d.]+ \(API version \d", tool("-V").out),
           tool("-V"))
    expect(tap, "--version is a document too", tool.document("--version").get("uapi") == 1)
    same = tool("device list").out
    expect(tap, "list is the default, words can be shortened, options stand anywhere",
           same and all(tool(line).out == same for line in ("device", "dev", "dev li", "dev l --color never")), tool("dev"))
    expect(tap, "-p is the same document in lines",
           json.loads(tool("-p device").out) == tool.document("device") and tool("device -p").out.count("\n") > 20)


def errors(tap: Tap, tool: Tool) -> None:
    for line, words in (("", "no object"), ("nothing", "no object 'nothing'"), ("device nothing", "no command of device"),
                        ("d list", "no object 'd'"), ("device --nothing", "--nothing is no option"), ("-x", "no option -x"),
                        ("device show", "which device"), ("device list more", "'more' is too much"), ("check", "which device"),
                        ("check 0000:00:04.0 --memory", "takes an argument"), ("check 0000:00:04.0 --memory -5", "no size"),
                        ("check 0000:00:04.0 --memory 5X", "no size"), ("check 0000:00:04.0 --memory 99999999999T", "no size"),
                        ("--color blue device", "none of the choices"), ("space show x:y", "does not name a space"),
                        ("space show", "which space"), ("monitor --interval 0", "no number of seconds"),
                        ("monitor --count -1", "no number of lines"), ("-j demo", ""), ("device bind 0000:00:07.0 --driver nvme", "")):
        answer = tool(line)
        document = tool.document(line, status=2)
        expect(tap, f"'ioasidctl {line}' is a usage error, in words and as a document",
               answer.status == 2 and (line.startswith("-j") or (words in answer.err and not answer.out and
                                       len(answer.err.splitlines()) == (2 if "monitor" not in line else 1)))
               and document.get("error", {}).get("message"), answer)
    for line, status, words in (("device show 0000:00:99.0", 1, "is not a PCI address"), ("device show 0000:00:19.0", 1, "no PCI device"),
                                ("check junk", 1, "is not a PCI address"), ("space show 1:1", 1, "there is no space 1:1"),
                                ("space show 4243", 1, "could be any of 4 spaces"), ("demo", 77, "no device here")):
        answer = tool(line)
        expect(tap, f"'ioasidctl {line}' fails with {status} and says why",
               answer.status == status and words in answer.err and not answer.out
               and (line == "demo" or words in tool.document(line, status=status)["error"]["message"]), answer)
    full = subprocess.run([tool.program, "help"], stdout=open("/dev/full", "w", encoding="utf-8"), stderr=subprocess.PIPE, text=True,
                          check=False)
    expect(tap, "what cannot be written is a failure", full.returncode == 1 and "cannot write" in full.stderr, full)


def on_terminal(tool: Tool, line: str, **environment: str) -> str:
    """What a terminal would get."""
    ours, theirs = pty.openpty()
    told = {"PATH": os.environ["PATH"], "IOASIDCTL_ROOT": str(tool.complete.root), "LC_ALL": "C.UTF-8", "TERM": "xterm", **environment}
    child = subprocess.Popen([tool.program, *line.split()], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=told)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:
        pass  # how Linux tells that the other side is closed
    child.wait()
    os.close(ours)
    return shown.decode()


def colour(tap: Tap, tool: Tool) -> None:
    expect(tap, "no colour and no line drawing in a pipe", ESCAPE not in tool("device").out and tool("space map 4242:3").out.isascii())
    expect(tap, "colour and line drawing on a terminal", all(sign in on_terminal(tool, "space map 4242:3") for sign in (ESCAPE, "┌", "█")))
    expect(tap, "NO_COLOR takes it away", ESCAPE not in on_terminal(tool, "space map 4242:3", NO_COLOR="1"))
    expect(tap, "--color always, --color never and --ascii decide",
           ESCAPE in tool("device --color always").out and ESCAPE not in on_terminal(tool, "device --color never")
           and on_terminal(tool, "space map 4242:3 --ascii --color never").isascii())
    expect(tap, "a document has no colour", ESCAPE not in tool("-j --color always device").out)
    for width in (60, 80, 132):
        shown = on_terminal(tool, "feature probe --color never", COLUMNS=str(width)).replace("\r", "")
        wide = [line for line in shown.splitlines() if len(line) > width]
        expect(tap, f"feature probe fits {width} columns", not wide and shown, "\n".join(wide))
        drawn = on_terminal(tool, "space map 4242:3 --color never", COLUMNS=str(width)).replace("\r", "")
        wide = [line for line in drawn.splitlines() if len(line) > max(width, 72)]
        expect(tap, f"a drawing fits {width} columns", not wide and drawn, "\n".join(wide))


def statuses(document: Document) -> dict[str, str]:
    return {entry["name"]: entry["status"] for entry in document.get("checks", [])}


def advice(document: Document, name: str) -> str:
    return next((entry.get("advice", "") for entry in document.get("checks", []) if entry["name"] == name), "")


def features(tap: Tap, tool: Tool) -> None:
    names = ["kernel", "configuration", "IOMMU", "interrupts", "VFIO", "module", "signature", "API", "devices", "PASID", "memory"]
    found = tool.document("feature", tool.complete, None)
    told = statuses(found)
    expect(tap, "feature probe looks at everything", list(told) == names, found)
    # There is no /dev/ioasid in a folder.
    expect(tap, "feature probe finds everything on a complete machine", {name for name in names if told[name] != "ok"} <= {"API", "memory"}, found)
    expect(tap, "a module that is loaded without its file is not everything", told["API"] == "missing" and found["usable"] is False
           and "devtmpfs" in advice(found, "API"), found)
    expect(tap, "feature probe tells the PASIDs of a device", "0000:00:04.0 (20 bits)" in json.dumps(found), found)
    text = tool("feature").out
    expect(tap, "feature probe fits one screen", len(text.splitlines()) <= 24, text)

    found = tool.document("feature", tool.bare, 77)
    told = statuses(found)
    missing = {name for name in names if told.get(name) == "missing"}
    expect(tap, "feature probe finds what is missing", missing == {"IOMMU", "interrupts", "VFIO", "module", "signature", "devices"}
           and found["usable"] is False, found)
    expect(tap, "without the module nothing is said about its file", told["API"] == "unknown", found)
    expect(tap, "what to do about an IOMMU that is off", "intel_iommu=on" in advice(found, "IOMMU"), found)
    expect(tap, "what to do about a missing signature", "mokutil" in advice(found, "signature"), found)
    shown = tool("feature", tool.bare)
    expect(tap, "what to do is printed, and the status is 77", shown.status == 77 and "What to do" in shown.out
           and "6 things are missing" in shown.out, shown)

    here = machine.complete(tool.folder / "other")
    here.device("0000:00:09.0", 6, "vfio-pci", config=bytes(64))
    found = tool.document("feature", here, None)
    expect(tap, "who may not read configuration space does not know PASIDs", statuses(found)["PASID"] == "unknown", found)
    here = machine.bare(tool.folder / "other")
    for release, wanted in (("5.4.0", "missing"), ("5.10.0-46-amd64", "ok"), ("7.2.1", "ok"), ("7.3-amd64", "ok"), ("7.4.0-rc1", "warning")):
        here.file("proc/sys/kernel/osrelease", release + "\n")
        expect(tap, f"kernel {release} is {wanted}", statuses(tool.document("feature", here, 77))["kernel"] == wanted)
    here = machine.complete(tool.folder / "other")
    here.file(f"boot/config-{machine.RELEASE}", machine.CONFIG.replace("CONFIG_VFIO_CONTAINER=m", "# CONFIG_VFIO_CONTAINER is not set"))
    found = tool.document("feature", here, 77)
    expect(tap, "a kernel without containers is named as such", statuses(found)["configuration"] == "missing"
           and "CONFIG_VFIO_CONTAINER" in json.dumps(found), found)
    (here.root / "sys/firmware/acpi/tables").mkdir(parents=True)
    subprocess.run(["rm", "-r", here.root / "sys/kernel/iommu_groups"], check=True)
    here.file("sys/firmware/acpi/tables/IVRS")
    found = tool.document("feature", here, 77)
    expect(tap, "an AMD machine is told its own parameter", "amd_iommu" in advice(found, "IOMMU"), found)


def devices(tap: Tap, tool: Tool) -> None:
    found = tool.document("device list")
    states = {entry["address"][5:]: entry["state"] for entry in found.get("devices", [])}
    expect(tap, "device list tells the state of each device",
           states == {"00:01.0": "kernel", "00:04.0": "ready", "00:05.0": "in use", "00:06.0": "not viable", "00:06.1": "kernel",
                      "00:07.0": "kernel", "00:08.0": "no driver"}, found)
    expect(tap, "device list counts what is behind no IOMMU", found["without_iommu"] == 1)
    text = tool("device").out
    expect(tap, "device list says why a group is not viable, and who uses one",
           "because of 0000:00:06.1 (e1000e)" in text and "hold (4242)" in text, text)
    ready = tool.document("device --ready")
    expect(tap, "device list --ready has those and their groups only", [entry["address"] for entry in ready["devices"]]
           == ["0000:00:04.0"] and [entry["group"] for entry in ready["groups"]] == [1], ready)
    expect(tap, "device list without an IOMMU says what to do", "feature probe" in " ".join(tool("device", tool.bare).out.split()))

    found = tool.document("device show 00:04.0")
    device = found["device"]
    expect(tap, "device show knows names, PASID and ATS", device["vendor_name"] == "Technical Corp." and device["device_name"] == "edu"
           and device["capabilities"] == {"known": True, "pasid_bits": 20, "pasid_enabled": False, "ats": True, "pri": False,
                                          "sriov": False}, found)
    expect(tap, "device show knows reserved ranges and the aperture", found["group"]["reserved"] == [
        {"first": "0xfee00000", "last": "0xfeefffff", "kind": "msi"}] and device["aperture"]["last"] == "0xffffffffffff", found)
    expect(tap, "device show knows who has bound it", [(entry["pid"], entry["space"]) for entry in device["bound"]][0] == (4242, 3), found)
    text = tool("device show 0000:00:06.0").out
    expect(tap, "device show explains a group that is not viable", "not viable" in text and "0000:00:06.1 (e1000e)" in text
           and "--group" in text, text)
    text = tool("device show 0000:00:07.0").out
    expect(tap, "device show says how to bind", "ioasidctl device bind 0000:00:07.0" in text, text)
    here = machine.complete(tool.folder / "other")
    here.link("sys/class/iommu/0000:00:03.0", "../../devices/pci0000:00/0000:00:03.0/virtio0/iommu/0000:00:03.0")
    here.device("0000:00:09.0", 6, "vfio-pci")
    (here.root / "sys/bus/pci/devices/0000:00:09.0/iommu").unlink()
    here.link("sys/bus/pci/devices/0000:00:09.0/iommu", "../0000:00:03.0/virtio0/iommu/0000:00:03.0")
    found = tool.document("device show 0000:00:09.0", here)
    expect(tap, "a virtio-iommu is known by where it is", found["device"]["iommu_kind"] == "virtio-iommu"
           and "why" in found["device"]["aperture"], found)
    expect(tap, "device show without an IOMMU", "no IOMMU" in tool("device show 0000:00:04.0", tool.bare).out)


def binding(tap: Tap, tool: Tool) -> None:
    answer = tool("device bind 0000:00:05.0")
    expect(tap, "a device that is in use is not bound", answer.status == 1 and "in use by hold (process 4242)" in answer.err, answer)
    answer = tool("device unbind 0000:00:05.0")
    expect(tap, "nor unbound", answer.status == 1 and "in use by hold" in answer.err, answer)
    answer = tool("device bind 0000:00:04.0 0000:00:19.0")
    expect(tap, "nothing is done if one of the devices is not there", answer.status == 1 and "0000:00:19.0" in answer.err, answer)
    found = tool.document("device bind 0000:00:04.0")
    expect(tap, "binding what is bound changes nothing", found.get("devices") == [
        {"address": "0000:00:04.0", "before": "vfio-pci", "driver": "vfio-pci"}], found)
    expect(tap, "driverctl is named for what is to last", "driverctl set-override 0000:00:04.0 vfio-pci" in tool("device bind 0000:00:04.0").out)
    text = tool("device bind 0000:00:06.0").out
    expect(tap, "the rest of the group is named", "0000:00:06.1 (e1000e)" in text and "--group" in text, text)
    here = machine.complete(tool.folder / "other")
    answer = tool("device unbind 0000:00:06.0 --group", here)
    written = [(here.root / "sys/bus/pci/drivers" / name / "unbind").read_text() for name in ("vfio-pci", "e1000e")]
    expect(tap, "unbind --group moves the whole group", answer.status == 0 and written == ["0000:00:06.0", "0000:00:06.1"], f"{answer}{written}")
    answers = [tool(f"device {line} 0000:00:01.0", here) for line in ("bind", "unbind", "bind 0000:00:04.0")]
    expect(tap, "a bridge stays with the kernel", all(answer.status == 1 and "is a PCI bridge" in answer.err for answer in answers)
           and not (here.root / "sys/bus/pci/drivers/pcieport/unbind").read_text(), "\n".join(map(str, answers)))
    expect(tap, "and nobody is told to bind it", "bind" not in tool("device show 0000:00:01.0").out, tool("device show 0000:00:01.0"))
    storage(tap, tool)
    answer = tool("device bind 0000:00:04.0", tool.bare)
    expect(tap, "without an IOMMU, or the driver, binding says so", answer.status == 1 and "vfio-pci" in answer.err, answer)


def storage(tap: Tap, tool: Tool) -> None:
    """A disk that the kernel uses is not taken away from it."""
    below = "devices/pci0000:00/0000:00:06.1/nvme/nvme0/nvme0n1"
    for what, words, files in (
            ("mounted, by number", "nvme0n1p2 is mounted on /mnt", {"proc/self/mountinfo": "22 1 259:2 / /mnt rw - ext4 /dev/root rw\n"}),
            ("mounted, by name", "nvme0n1p2 is mounted on /mnt", {"proc/self/mountinfo": "22 1 0:30 /@ /mnt rw - btrfs /dev/nvme0n1p2 rw\n"}),
            ("swapped to", "nvme0n1p2 is swapped to", {"proc/swaps": "Filename Type Size Used\n/dev/nvme0n1p2 partition 1 0\n"}),
            ("held", "nvme0n1p2 is a part of dm-0", {f"sys/{below}/nvme0n1p2/holders/dm-0": ""})):
        here = machine.complete(tool.folder / "other")
        for name, target in (("nvme0n1", below), ("nvme0n1p2", f"{below}/nvme0n1p2")):
            here.file(f"sys/{target}/dev", "259:2\n" if "p2" in name else "259:0\n")
            here.link(f"sys/class/block/{name}", f"../../{target}")
        answer = tool("device bind 0000:00:06.0 --group", here)
        expect(tap, "a disk that nothing uses is no obstacle", "nvme0n1" not in answer.err, answer)
        for name, text in files.items():
            here.file(name, text)
        here.file("sys/bus/pci/drivers/e1000e/unbind")
        answer = tool("device bind 0000:00:06.0 --group", here)
        expect(tap, f"a disk that is {what} is left alone", answer.status == 1 and words in answer.err
               and not (here.root / "sys/bus/pci/drivers/e1000e/unbind").read_text(), answer)


def spaces(tap: Tap, tool: Tool) -> None:
    found = tool.document("space list")
    contexts = {(entry["pid"], entry["fd"]): entry for entry in found.get("contexts", [])}
    expect(tap, "space list finds the contexts of all processes", sorted(contexts) == [(4242, 3), (4243, 3), (4243, 4)], found)
    first = contexts[4242, 3]
    space = first["spaces"][0]
    expect(tap, "space list reads fdinfo as docs/fdinfo.md has it", first["pinned"] == 35651584 and first["uapi"] == 1
           and space["mapped"] == 35651584 and space["2M"] == 16 and space["attached"] == ["0000:00:04.0"]
           and len(space["ranges"]) == 2 and space["extents"][0]["first"] == "0x200000" and first["memories"][0]["bytes"] == 1048576, first)
    expect(tap, "lines and keys that are not known are passed on", first["laters"] == [{"id": 9, "colour": "green"}], first)
    expect(tap, "a process with one context has short names", [entry["name"] for entry in first["spaces"]] == ["4242:3", "4242:4"])
    expect(tap, "a process with two has long ones", contexts[4243, 4]["spaces"][0]["name"] == "4243/4:3")
    text = tool("space").out
    expect(tap, "space list prints a line for each", len(text.splitlines()) == 7 and "34 MiB" in text, text)
    for line in ("space show 4242:3", "space show 4243/4:3"):
        shown = tool(line)
        expect(tap, f"{line}: histogram, ranges, extents", shown.status == 0 and all(
            word in shown.out for word in ("94%", "0xfef00000-0xffffffffffff", "0x200000-0x21fffff", "32 MiB")), shown)
    answer = tool("space", tool.bare)
    expect(tap, "without the module there are no spaces: 77", answer.status == 77 and "module load" in answer.err, answer)
    here = machine.complete(tool.folder / "other")
    here.file("proc/4242/fdinfo/3", machine.FDINFO.replace("device:\tid=2", "pasid:\tdevice=1 pasid=7 space=4\ndevice:\tid=2"))
    first = tool.document("space list", here)["contexts"][0]
    expect(tap, "PASIDs are a device's, and attached", first["devices"][0]["pasids"] == [{"device": 1, "pasid": 7, "space": 4}]
           and first["spaces"][1]["attached"] == ["0000:00:04.0#7"], first)
    expect(tap, "a space that a PASID is attached to has what the device reserves", "reserved" in tool("space map 4242:4", here).out)
    here.file("proc/4242/comm", b"\x1b[31m\xc3\xa4\xff\xc2\x9b\n")
    found = tool.document("space list", here)
    expect(tap, "names of processes do nothing to a terminal, nor to a document", found["contexts"][0]["command"] == "?[31mä???", found)
    here = machine.bare(tool.folder / "other")
    here.module()
    expect(tap, "with the module and no process: none", tool("space", here).out == "No process has a space.\n")


def maps(tap: Tap, tool: Tool) -> None:
    text = tool("space map 4242:3 --ascii").out
    expect(tap, "the drawing has every range with its size", all(word in text for word in (
        "0x200000", "0x10000000", "0xfee00000", "reserved: interrupts (MSI)", "32 MiB", "2 mappings, 2 MiB", "free")), text)
    empty = tool("space map 4242:4 --ascii").out
    expect(tap, "an empty space can be drawn", "0xffffffffffffffff" in empty and "free" in empty, empty)
    target = tool.folder / "space.svg"
    answer = tool(["space", "map", "4242:3", "--svg", str(target)])
    try:
        picture = xml.parse(target)
        boxes = [entry.get("class") for entry in picture.iter("{http://www.w3.org/2000/svg}rect")]
        words = [entry.text for entry in picture.iter("{http://www.w3.org/2000/svg}text")]
    except (OSError, xml.ParseError) as problem:
        boxes, words = [str(problem)], []
    expect(tap, "--svg writes a picture with the same ranges", answer.status == 0 and "box mapped" in boxes and "box reserved" in boxes
           and "0x10000000" in words and "32 MiB" in words, f"{answer}{boxes}{words}")
    expect(tap, "--svg - writes it to the output", tool("space map 4242:3 --svg -").out.startswith("<svg "))
    answer = tool("space map 4242:3 --svg /nowhere/space.svg")
    expect(tap, "a file that cannot be written is a failure", answer.status == 1 and "cannot write /nowhere/space.svg" in answer.err, answer)
    here = machine.complete(tool.folder / "other")
    here.file("proc/4242/comm", "<b>&\n")
    words = tool("space map 4242:3 --svg -", here).out
    expect(tap, "a picture and a document cannot both be on the output", tool("-j space map 4242:3 --svg -", here).status == 2)
    expect(tap, "names of processes are no markup", "<b>" not in words and xml.fromstring(words) is not None, words[:800])
    here.file("proc/4242/fdinfo/3", re.sub(r"(range|extent):.*\n", "", machine.FDINFO))
    answer = tool("space map 4242:3", here)
    expect(tap, "a module that does not tell the layout: 77", answer.status == 77 and "space show" in answer.err, answer)


def fitness(tap: Tap, tool: Tool) -> None:
    found = tool.document("check 0000:00:07.0 --memory 1G", status=1)
    expect(tap, "check: a device of the kernel's does not work", statuses(found).get("driver") == "missing" and found["works"] is False
           and "device bind 0000:00:07.0" in advice(found, "driver"), found)
    found = tool.document("check 0000:00:06.0", status=1)
    expect(tap, "check: a group that is not viable", statuses(found).get("group") == "missing" and "--group" in advice(found, "group"), found)
    found = tool.document("check 0000:00:05.0", status=1)
    expect(tap, "check: a group that is in use", "hold" in json.dumps(found["checks"]), found)
    for size, wanted in (("1G", {"memory": "ok", "aperture": "ok", "ranges": "ok"}), ("12G", {"memory": "warning"}),
                         ("64G", {"memory": "missing"}), ("1024T", {"aperture": "missing"})):
        told = statuses(tool.document(f"check 0000:00:07.0 --memory {size}", status=1))
        expect(tap, f"check --memory {size}", all(told.get(name) == status for name, status in wanted.items()), told)
    here = machine.complete(tool.folder / "other")
    here.file("sys/kernel/iommu_groups/4/reserved_regions", "0x100000000 0x1ffffffff reserved\n")
    told = statuses(tool.document("check 0000:00:07.0 --memory 4G", here, 1))
    expect(tap, "check: a reserved range where memory would be", told.get("ranges") == "warning", told)
    told = statuses(tool.document("check 0000:00:07.0 --memory 2G", here, 1))
    expect(tap, "check: and less memory that does not reach it", told.get("ranges") == "ok", told)
    for size, number in (("4096", 4096), ("2k", 2048), ("3MiB", 3 << 20), ("1GB", 1 << 30)):
        expect(tap, f"check: {size} is a size", tool.document(f"check 0000:00:07.0 --memory {size}", status=1).get("memory") == number)
    answer = tool("check 0000:00:04.0", tool.bare)
    expect(tap, "check: without an IOMMU", answer.status == 1 and "cannot be used like this" in answer.out, answer)


def events(tap: Tap, tool: Tool) -> None:
    here = machine.complete(tool.folder / "other")
    answer = tool("monitor", here)
    lines = answer.out.splitlines()
    expect(tap, "monitor prints a line for each event", answer.status == 0 and sum("-119 " in line or "-120 " in line for line in lines) == 5, answer)
    expect(tap, "monitor shows range, size, time and failure", "0x200000-0x21fffff  32 MiB  239 us" in answer.out
           and "Cannot assign requested address" in answer.out, answer)
    expect(tap, "monitor shows events that it does not know", "later" in answer.out and "memory_id=7" in answer.out, answer)
    expect(tap, "monitor ends with a summary", any(re.match(r"map +1 ", line) for line in lines) and any("failed" in line for line in lines), answer)
    expect(tap, "monitor turns the events off again", (here.root / "sys/kernel/tracing/events/ioasid/enable").read_text() == "0")
    documents = [json.loads(line) for line in tool("-j monitor", here).out.splitlines()]
    expect(tap, "monitor -j prints a document for each event", [entry["event"] for entry in documents] == [
        "attach", "map", "unmap", "map", "later"] and documents[2]["command"] == "two words" and documents[2]["pid"] == 120
        and documents[3]["result"] == -99 and documents[1]["iova"] == "0x200000" and documents[1]["nsec"] == 239810, documents)
    expect(tap, "monitor says how it ends, if nothing else does", "Until Ctrl-C" in on_terminal(tool, "monitor")
           and "Until Ctrl-C" not in on_terminal(tool, "monitor --count 2"))
    expect(tap, "monitor --count ends there", len(tool("-j monitor --count 2", here).out.splitlines()) == 2)
    here.tracing("    <idle>-0  [000] d.h..  7.000001: ioasid_fault: device=0000:00:04.0 ioasid=3 iova=0x1000 flags=0x1\n")
    answer = tool("monitor", here)
    expect(tap, "monitor shows faults", "fault       0000:00:04.0  space 3  0x1000  flags=0x1" in answer.out
           and re.search(r"(?m)^fault +1 ", answer.out), answer)
    here.file("proc/4711/comm", "long ago\n")
    here.tracing("   <...>-4711  [000] .....  8.000001: ioasid_map: ioasid=3 iova=0x1000 length=0x1000 result=0 nsec=9\n"
                 "   <...>-4712  [000] .....  8.000002: ioasid_map: ioasid=3 iova=0x2000 length=0x1000 result=0 nsec=9\n")
    documents = [json.loads(line) for line in tool("-j monitor", here).out.splitlines()]
    expect(tap, "monitor asks for names that the kernel forgot", [(entry["command"], entry["pid"]) for entry in documents] == [
        ("long ago", 4711), ("<...>", 4712)], documents)
    here.tracing()
    tool("monitor --failures", here)
    expect(tap, "monitor --failures sets the filter and takes it away", (here.root / "sys/kernel/tracing/events/ioasid/filter").read_text().startswith("0"))
    rates = [json.loads(line) for line in tool("-j monitor --rates --interval 0.05", here).out.splitlines()]
    expect(tap, "monitor --rates counts", len(rates) == 1 and rates[0]["map"] == {"count": 1, "bytes": 33554432, "nsec": 239810}
           and rates[0]["failed"] == 1 and rates[0]["other"]["count"] == 1, rates)
    answer = tool("monitor", tool.bare)
    expect(tap, "monitor without the module: 77", answer.status == 77 and "module load" in answer.err, answer)


MODINFO = """
const char info[] __attribute__((section(".modinfo"), used)) =
	"version=0.1.0\\0srcversion=BBBB\\0name=ioasidfd\\0vermagic=6.12.117-test SMP\\0license=GPL";
"""


def module(tap: Tap, tool: Tool) -> None:
    found = tool.document("module")
    expect(tap, "module status knows the module that is loaded", found["module"]["loaded"]["version"] == "0.1.0"
           and found["module"]["loaded"]["parameters"] == {"allow_unsafe_interrupts": "N"}
           and found["users"][0] == {"pid": 4242, "command": "hold"}, found)
    found = tool.document("module", tool.bare)
    expect(tap, "module status without one says how to get it", "loaded" not in found["module"] and "installed" not in found["module"]
           and found["module"]["lockdown"] == "integrity" and found["module"]["secure_boot"] is True and "make" in found["notes"][0], found)
    expect(tap, "module load and unload say what is so already", "loaded already" in tool("module load").out
           and "not loaded already" in tool("module unload", tool.bare).out)
    expect(tap, "a folder has no kernel to change: 77", tool("module load", tool.bare).status == 77 and tool("module unload").status == 77)
    installed(tap, tool)


def installed(tap: Tap, tool: Tool) -> None:
    here = machine.complete(tool.folder / "other")
    source = here.file("module.c", MODINFO)
    target = here.root / "lib/modules" / machine.RELEASE / "updates/ioasidfd.ko"
    target.parent.mkdir(parents=True)
    built = run(["gcc", "-c", "-o", target, source], Path("/"))
    depmod = shutil.which("depmod", path="/usr/sbin:/sbin") or "depmod"
    indexed = run([depmod, "-b", here.root, machine.RELEASE], Path("/"))
    found = tool.document("module", here)
    text = tool("module", here).out
    expect(tap, "module status knows the file that is installed, and that another one is loaded",
           found.get("module", {}).get("installed", {}).get("srcversion") == "BBBB" and "not the one that is loaded" in text
           and "signed by     nobody" in text, f"{built}{indexed}{found}{text}")


NOBODY = 65534


def nobody(tap: Tap, tool: Tool) -> None:
    """What a user finds who may read, but change nothing, and look into no other user's processes."""
    here, without = machine.complete(tool.folder / "other"), machine.bare(tool.folder / "without")
    tool.folder.chmod(0o755)
    for on in (here, without):
        on.process(4711, "of root", {3: "/dev/ioasid"})
        (on.root / "proc/4711/fd").chmod(0o700)
    answer = tool("space list", here, NOBODY)
    expect(tap, "space list says what a user does not see", answer.status == 0 and "hold" in answer.out
           and "(not looked into: 1)" in answer.out, answer)
    answer = tool("space list", without, NOBODY)
    expect(tap, "without the module that is all it says", answer.status == 77 and not answer.out and "module load" in answer.err, answer)
    for line in ("device bind 0000:00:08.0", "device unbind 0000:00:04.0", "monitor"):
        answer = tool(line, here, NOBODY)
        expect(tap, f"{line}: not as a user, who is told to be root", answer.status == 1 and "as root" in answer.err, answer)
