# SPDX-License-Identifier: GPL-2.0-only
"""Owns the roots: one Debian release each, with kernels and compilers, emulators or applications. Called by set-up; read
by builds and VMs."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
from pathlib import Path

from . import cache
from .config import LAB, Kernel, Root, packaged_kernels, systems
from .host import Archive
from .proc import logged
from .ui import LabError, progress

INSTALLER = LAB / "root" / "install-kernels"
FOREIGN_INSTALLER = LAB / "root" / "install-foreign-kernels"
STAMP = "lab-root.json"
NETWORK = "is the network up, the mirror reachable? Then run it again."
# Nothing the lab runs reads these.
UNWANTED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*",
            "*/lib/modules/*/kernel/drivers/gpu/*", "*/lib/modules/*/kernel/drivers/media/*",
            "*/lib/modules/*/kernel/drivers/infiniband/*", "*/lib/modules/*/kernel/drivers/iio/*",
            "*/lib/modules/*/kernel/drivers/net/wireless/*", "*/lib/modules/*/kernel/sound/*")


def path_of(root: Root) -> Path:
    return cache.folder("roots") / root.name


def kernels_of(root: Root) -> list[Kernel]:
    return [kernel for kernel in (*packaged_kernels().values(), *systems().values()) if kernel.root == root]


def recipe(root: Root) -> str:
    """A hash of all that decides what is in the root: when it changes, what was built in the root is built anew."""
    return _hash(base(root), repr(root.packages))


def base(root: Root) -> str:
    """A hash of all but the packages, which can be added: when it changes, the root is made anew."""
    return _hash(repr((root.suites, root.security)), _installer(root).read_text(encoding="utf-8"), repr(UNWANTED),
                 *(repr((kernel.release, kernel.packages)) for kernel in kernels_of(root)))


def _installer(root: Root) -> Path:
    return FOREIGN_INSTALLER if root.foreign else INSTALLER


def _install(root: Root) -> list[str]:
    """How the shell that is given its installer is called."""
    releases = [kernel.release for kernel in kernels_of(root)]
    if root.foreign:
        return ["/bin/sh", "-s", root.foreign, *releases]
    return ["/bin/sh", "-s", *releases, "--", *(package for kernel in kernels_of(root) for package in kernel.packages)]


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def ready(root: Root) -> bool:
    return _begun(root) and not _missing(root)


def _begun(root: Root) -> bool:
    try:
        stamp = json.loads((path_of(root) / STAMP).read_text(encoding="utf-8"))
        return bool(stamp["base"] == base(root))
    except (OSError, ValueError, KeyError):
        return False


def _missing(root: Root) -> list[str]:
    """The packages that are not installed."""
    status = (path_of(root) / "var" / "lib" / "dpkg" / "status").read_text(encoding="utf-8", errors="replace")
    there = set(re.findall(r"^Package: (\S+)\n(?:Protected: yes\n)?Status: install ok installed$", status, flags=re.M))
    return [name for name in root.packages if name.partition("/")[0] not in there]


def release_of(kernel: Kernel) -> str:
    """`uname -r` of the kernel as installed in its root."""
    return _release(image_of(kernel))


def image_of(kernel: Kernel) -> Path:
    """The kernel itself. Where it is not compressed it has another name; where its package was only unpacked it is, since
    7.3, beside its modules."""
    place = path_of(kernel.root)
    found = [*(place / "lib/modules").glob("*/vmlinuz"), *(place / "boot").glob("vmlinu[xz]-*")]
    matching = sorted((image for image in found if re.fullmatch(kernel.release, _release(image))),
                      key=lambda image: _version(_release(image)))
    if not matching:
        raise LabError(f"kernel {kernel.name} is not installed in {path_of(kernel.root)}", "run: lab setup")
    return matching[-1]


def _release(image: Path) -> str:
    return image.name.partition("-")[2] or image.parent.name


def _version(release: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", release)]


def work(root: Root) -> str:
    """What create() has to do, for people."""
    if _begun(root):
        return f"add {', '.join(_missing(root))} to the root {root.name}"
    names = ", ".join(kernel.name for kernel in kernels_of(root))
    return f"create the root {root.name}{f' with Linux {names}' if names else ''} (about {root.size_mb} MB)"


def create(root: Root, archive: Archive) -> None:
    """Make the root if it is missing or its recipe changed. It appears whole or not at all; packages are added to it."""
    with cache.lock(f"root.{root.name}", who=root.name):
        if _begun(root):
            _extend(root)
            return
        final = path_of(root)
        cache.need_space(final.parent, root.size_mb * 3 // 2, f"the build root {root.name}")
        for stale in final.parent.glob(f".{root.name}.*"):
            cache.remove(stale)
        new = final.parent / f".{root.name}.new"
        progress(root.name, f"creating the root (about {root.size_mb} MB)")
        _bootstrap(root, archive, new)
        new.chmod(0o755)
        (new / STAMP).write_text(json.dumps({"base": base(root)}), encoding="utf-8")
        _swap(new, final)
        progress(root.name, ", ".join(["ready", *(release_of(kernel) for kernel in kernels_of(root))]))


def _extend(root: Root) -> None:
    missing = _missing(root)
    if not missing:
        return
    progress(root.name, f"adding {', '.join(missing)}")
    inside = ["sh", "-ec", 'apt-get update; apt-get install -qy --no-install-recommends "$@"; apt-get clean', "sh", *missing]
    logged(["chroot", str(path_of(root)), *inside], cache.folder("logs") / f"root-{root.name}.log", root.name,
           env={**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}, hint=NETWORK)


def _swap(new: Path, final: Path) -> None:
    old = final.parent / f".{final.name}.old"
    if final.exists():
        final.rename(old)
    new.rename(final)
    cache.remove(old)


def _bootstrap(root: Root, archive: Archive, target: Path) -> None:
    log = cache.folder("logs") / f"root-{root.name}.log"
    log.unlink(missing_ok=True)
    command = ["mmdebstrap", "--mode=root", "--variant=apt", "--architectures=amd64",
               f"--include={','.join(root.packages)}", "--dpkgopt=force-unsafe-io",
               *(f"--dpkgopt=path-exclude={pattern}" for pattern in UNWANTED),
               *(f"--aptopt={option}" for option in archive.options),
               "--aptopt=APT::Install-Recommends \"false\"",
               # The mirror's name may be known to this machine's hosts file only.
               "--customize-hook=cp /etc/hosts \"$1/etc/hosts\"",
               f"--customize-hook=chroot \"$1\" {shlex.join(_install(root))} < {shlex.quote(str(_installer(root)))}",
               root.suites[0], str(target),
               *(f"deb {archive.mirror} {suite} main" for suite in root.suites)]
    if root.security and archive.security:
        command.append(f"deb {archive.security} {root.security} main")
    logged(command, log, root.name, notable=r"^(I: (installing|extracting|downloading).*|N: .*|E: .*)",
           env={**os.environ, "LC_ALL": "C.UTF-8"},
           hint=f"{NETWORK} Nothing was kept.")
