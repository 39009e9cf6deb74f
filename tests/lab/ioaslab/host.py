# SPDX-License-Identifier: GPL-2.0-only
"""Owns the host: its rights, its missing packages, its apt mirror. Called first by every command."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass

from . import cache
from .config import LAB, Machine, Need, Root, needs, roots
from .proc import logged, output
from .ui import LabError, progress, say

SAFE_VARIABLES = ("IOASID_CACHE", "XDG_CACHE_HOME", "HOME", "IOASID_MIRROR", "IOASID_SECURITY_MIRROR",
                  "http_proxy", "https_proxy", "no_proxy", "NO_COLOR", "CI")


@dataclass(frozen=True)
class Archive:
    """Where Debian's packages come from, and the apt settings this machine needs to reach them."""

    mirror: str
    security: str
    options: tuple[str, ...]


def need_root() -> None:
    """Chroots and mount namespaces need root: go on through sudo, keeping the user's cache."""
    if os.geteuid() == 0:
        return
    if not shutil.which("sudo"):
        raise LabError("building in a chroot needs root, and there is no sudo", "run it as root")
    say("The lab builds in chroots, which needs root: going on through sudo.")
    sys.stdout.flush()
    keep = [f"{name}={os.environ[name]}" for name in SAFE_VARIABLES if name in os.environ]
    os.execvp("sudo", ["sudo", "env", *keep, str(LAB / "lab"), *sys.argv[1:]])


def emulator(machine: Machine) -> Root | None:
    """The root whose QEMU the machine is run with; None: this machine's own."""
    own_is_enough = machine.enough and _own_version(machine.arch.qemu) >= _numbers(machine.enough)
    return None if own_is_enough else machine.emulator


def _own_version(qemu: str) -> list[int]:
    """Of an emulator that is installed here; nothing if it is not."""
    return _numbers(output([qemu, "--version"]).partition(" version ")[2].partition(" ")[0]) if shutil.which(qemu) else []


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def missing(machines: Iterable[Machine]) -> list[Need]:
    emulators = {machine.arch: Need(machine.arch.package, (machine.arch.qemu,), "the emulator")
                 for machine in machines if not emulator(machine)}
    return [need for need in (*needs(), *emulators.values())
            if not any(os.path.exists(path) if path.startswith("/") else shutil.which(path) for path in need.any)]


def install(wanted: list[Need]) -> None:
    if not wanted:
        return
    names = [need.package for need in wanted]
    if not shutil.which("apt-get"):
        raise LabError(f"missing on this machine: {' '.join(names)}",
                       "install them; the lab can do it by itself on Debian only")
    log = cache.folder("logs") / "host-packages.log"
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with cache.lock("apt", who="apt"):
        progress("apt", "updating the package lists")
        logged(["apt-get", "update"], log, "apt-get update", env=quiet, hint="is the network up, the mirror reachable?")
        progress("apt", f"installing {' '.join(names)}")
        logged(["apt-get", "install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", *names],
               log, "apt-get install", env=quiet)


def archive() -> Archive:
    """The mirrors this machine's own apt uses, whatever release it runs."""
    if os.environ.get("IOASID_MIRROR"):
        return Archive(os.environ["IOASID_MIRROR"].rstrip("/"), os.environ.get("IOASID_SECURITY_MIRROR", "").rstrip("/"),
                       _options())
    sites = _sites()
    if "Debian" not in sites:
        logged(["apt-get", "update"], cache.folder("logs") / "host-packages.log", "apt-get update",
               hint="is the network up, the mirror reachable?")
        sites = _sites()
    if "Debian" not in sites:
        raise LabError("this machine's apt has no Debian mirror",
                       "set IOASID_MIRROR (and IOASID_SECURITY_MIRROR) to the address of one")
    return Archive(sites["Debian"], sites.get("Debian-Security") or _security_beside(sites["Debian"]), _options())


def _sites() -> dict[str, str]:
    """Label of a Debian archive -> its address, the first that apt lists."""
    found: dict[str, str] = {}
    for line in output(["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(SITE)",
                        "Created-By: Packages"]).splitlines():
        origin, label, site = line.split("|", 2)
        if origin == "Debian" and site.startswith(("http:", "https:", "mirror+http")):
            found.setdefault(label, site.rstrip("/"))
    return found


def _security_beside(mirror: str) -> str:
    """A fresh machine may have no line for the security archive, which mirrors keep beside the main one."""
    guess = f"{mirror}-security"
    suite = next(root.security for root in roots().values() if root.security)
    with tempfile.TemporaryDirectory() as folder:
        found = subprocess.run(["/usr/lib/apt/apt-helper", "download-file", f"{guess}/dists/{suite}/InRelease",
                                f"{folder}/InRelease"], stdin=subprocess.DEVNULL, capture_output=True)
    if found.returncode:
        progress("apt", "no security archive known to this machine: going on with the releases as published")
        return ""
    return guess


def _options() -> tuple[str, ...]:
    """What this machine's apt was told about reaching mirrors: proxies, clocks, retries."""
    wanted = ("Acquire::http::", "Acquire::https::", "Acquire::Check-", "Acquire::Retries", "Acquire::ForceIPv")
    return tuple(line.rstrip(";") for line in output(["apt-config", "dump"]).splitlines()
                 if line.startswith(wanted) and not line.endswith(' "";'))
