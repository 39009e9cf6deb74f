# SPDX-License-Identifier: GPL-2.0-only
"""Owns data/apps.toml and the lists of tests/apps: what is run, where, and with which devices. Called by command.py."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ..build import out
from ..config import DATA, TREE, Kernel, Machine, Root, machine, roots
from ..plan import Program
from ..roots import path_of
from ..ui import LabError

SOURCE = TREE / "tests" / "apps"
# The backends, and when in a boot each of them is run: the kernel's own before ioasidfd is loaded.
PEER, OURS = "type1", "ioasid"
STAGES = {PEER: "no-module", OURS: "module"}

# What the guest needs to mount a root of the host.
SHARE = ("virtio_pci", "9pnet_virtio", "9p")


@dataclass(frozen=True)
class Known:
    """Cases that the kernel's own type1 fails: a pattern of "program case", on which kernels and machines, and why."""

    case: str
    why: str
    kernels: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()

    def covers(self, kernel: Kernel, where: Machine, case: str) -> bool:
        return ((not self.kernels or kernel.name in self.kernels)
                and (not self.machines or where.name in self.machines) and re.fullmatch(self.case, case) is not None)


@dataclass(frozen=True)
class App:
    name: str
    about: str
    kernels: dict[str, Root | None]
    machines: tuple[str, ...]
    args: tuple[str, ...]
    append: tuple[str, ...]
    modules: tuple[str, ...]
    vfio: tuple[str, ...]
    known: tuple[Known, ...]
    inner: tuple[str, ...]
    default: bool
    check: tuple[str, ...]

    def places(self, kernels: Sequence[Kernel], wanted: Sequence[str]) -> list[tuple[Kernel, Machine]]:
        """Where it runs, of these kernels and the machines wanted; all of its machines if none is."""
        return [(kernel, machine(name)) for kernel in kernels if kernel.name in self.kernels
                for name in self.machines if (not wanted or name in wanted) and machine(name).boots(kernel)]

    def outfitted(self, kernel: Kernel, plain: Machine) -> Machine:
        """The machine with the application's devices, and with the root the guest mounts."""
        shared = self.kernels[kernel.name]
        share = ("-fsdev", f"local,id=apps,path={path_of(shared)},security_model=none,readonly=on,multidevs=remap",
                 "-device", "virtio-9p-pci,fsdev=apps,mount_tag=apps") if shared else ()
        args = (word.replace("@built@", str(out("apps") / self.name)) for word in self.args)
        return replace(plain, args=(*plain.args, *args, *share),
                       append=(*plain.append, *self.append),
                       modules=(*plain.modules, *self.modules, *(SHARE if shared else ())),
                       vfio=(*plain.vfio, *self.vfio))


@cache
def apps() -> dict[str, App]:
    with (DATA / "apps.toml").open("rb") as file:
        return {name: _app(name, table) for name, table in tomllib.load(file).items()}


def _app(name: str, table: dict[str, Any]) -> App:
    known = tuple(Known(**{key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()})
                  for entry in table.pop("known", ()))
    try:
        kernels = {kernel: roots()[root] if root else None for kernel, root in table.pop("kernels").items()}
        return App(name=name, kernels=kernels, known=known,
                   **{"args": (), "append": (), "modules": (), "vfio": (), "inner": (),
                      "default": True, "check": (),
                      **{key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}})
    except (KeyError, TypeError) as error:
        raise LabError(f"apps.toml: [{name}]: {error}") from None


def select(wanted: Sequence[str]) -> list[tuple[App, tuple[str, ...]]]:
    """The applications asked for as `app` or `app:program`, each with the programs asked for; none is all."""
    chosen: dict[str, list[str]] = {}
    for word in wanted or [name for name, app in apps().items() if app.default]:
        name, _, program = word.partition(":")
        if name not in apps():
            raise LabError(f"no application named {name!r}", f"there are: {' '.join(apps())}")
        chosen.setdefault(name, []).extend([program] if program else [])
    return [(apps()[name], tuple(programs)) for name, programs in chosen.items()]


def listed(app: App) -> list[Program]:
    """The programs of its list, lines `name seconds command`, with the command as arguments."""
    found = []
    for line in (SOURCE / app.name / "list").read_text(encoding="utf-8").splitlines():
        words = line.partition("#")[0].split(maxsplit=2)
        if words and (len(words) != 3 or not words[1].isdigit()):
            raise LabError(f"tests/apps/{app.name}/list: {line!r}", "a line is: name seconds command")
        if words:
            found.append(Program(words[0], int(words[1]), args=words[2]))
    return found


def plan(app: App, wanted: Sequence[str], backends: Sequence[str]) -> list[Program]:
    """Each program on each backend, under the names BACKEND/PROGRAM."""
    programs = listed(app)
    for name in wanted:
        if name not in {program.name for program in programs}:
            raise LabError(f"{app.name} has no program {name!r}", f"there are: {' '.join(p.name for p in programs)}")
    return [replace(program, name=f"{backend}/{program.name}", stage=STAGES[backend]) for backend in backends
            for program in programs if not wanted or program.name in wanted or program.name == "backend"]
