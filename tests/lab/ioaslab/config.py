# SPDX-License-Identifier: GPL-2.0-only
"""Owns the data files under data/: reads them into typed, checked records. Called by every module."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from .ui import LabError

LAB = Path(__file__).resolve().parent.parent
DATA = LAB / "data"
TREE = LAB.parent.parent
HOST_ARCH = "amd64"

T = TypeVar("T")


@dataclass(frozen=True)
class Root:
    name: str
    suites: tuple[str, ...]
    packages: tuple[str, ...]
    size_mb: int
    security: str = ""
    foreign: str = ""


@dataclass(frozen=True)
class Kernel:
    name: str
    root: Root
    release: str
    packages: tuple[str, ...] = ()
    builder: Root | None = None
    append: tuple[str, ...] = ()
    slower: int = 1
    looks: tuple[str, ...] = ()
    arch: str = HOST_ARCH

    @property
    def debug(self) -> bool:
        """Does it look for errors?"""
        return bool(self.looks)

    @property
    def compiler(self) -> Root:
        """Where modules for it are built."""
        return self.builder or self.root


def repeated(kernel: Kernel, times: int, seed: str) -> Kernel:
    """The same kernel, whose tests that live by chance go on for so many times as long, from that seed on."""
    told = (f"TEST_TIMES={times}",) * (times > 1) + (f"TEST_SEED={seed}",) * bool(seed)
    return replace(kernel, slower=kernel.slower * times, append=kernel.append + told)


@dataclass(frozen=True)
class OwnKernel:
    name: str
    root: Root
    package: str
    release: str
    fragments: tuple[str, ...]
    append: tuple[str, ...] = ()
    slower: int = 1
    looks: tuple[str, ...] = ()

    @property
    def kernel(self) -> Kernel:
        """As what boots: it is kept laid out like a build root with only that kernel in it."""
        return Kernel(self.name, Root(self.name, self.root.suites, (), 0), self.release, builder=self.root,
                      append=self.append, slower=self.slower, looks=self.looks)


@dataclass(frozen=True)
class Arch:
    name: str
    qemu: str
    package: str
    args: tuple[str, ...]
    append: tuple[str, ...]
    console: str
    results: str
    cross: str = ""
    cross32: str = ""
    kbuild: str = ""
    results_first: bool = False
    root: Root | None = None


@dataclass(frozen=True)
class Machine:
    name: str
    arch: Arch
    args: tuple[str, ...]
    append: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    vfio: tuple[str, ...] = ()
    emulator: Root | None = None
    enough: str = ""
    kernels: tuple[str, ...] = ()
    default: bool = True
    programs: tuple[str, ...] = ("*",)
    without: tuple[str, ...] = ()
    demo: str = ""

    def boots(self, kernel: Kernel) -> bool:
        return kernel.arch == self.arch.name and (not self.kernels or kernel.name in self.kernels)


@dataclass(frozen=True)
class Need:
    package: str
    any: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Source:
    name: str
    root: Root
    package: str
    members: tuple[str, ...]
    size_mb: int
    harness: str = ""


@dataclass(frozen=True)
class Provoked:
    program: str
    first: str
    last: str
    why: str


@dataclass(frozen=True)
class Check:
    name: str
    command: tuple[str, ...]
    timeout: int
    place: str


def _load(name: str) -> dict[str, Any]:
    with (DATA / name).open("rb") as file:
        return tomllib.load(file)


def _record(kind: type[T], where: str, table: dict[str, Any]) -> T:
    """One table as a record; a key we do not know is a typing error worth stopping for."""
    known = {field.name for field in fields(kind)}
    unknown = sorted(set(table) - known)
    if unknown:
        raise LabError(f"{where}: unknown key {unknown[0]!r}", f"known keys: {', '.join(sorted(known))}")
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise LabError(f"{where}: {error}") from None


def _find(table: dict[str, T], name: str, what: str) -> T:
    if name not in table:
        raise LabError(f"no {what} named {name!r}", f"known: {', '.join(table)}")
    return table[name]


@cache
def roots() -> dict[str, Root]:
    return {name: _record(Root, f"roots.toml: [{name}]", {"name": name, **table})
            for name, table in _load("roots.toml").items()}


@cache
def kernels() -> dict[str, Kernel]:
    return _kernels("kernels.toml")


@cache
def other_kernels() -> dict[str, Kernel]:
    """More kernels of the host's architecture, for those who ask for them."""
    return _kernels("other-kernels.toml")


@cache
def foreign_kernels() -> dict[str, Kernel]:
    """The kernels of other architectures."""
    return _kernels("foreign-kernels.toml")


def packaged_kernels() -> dict[str, Kernel]:
    """All that Debian has packages of."""
    return kernels() | other_kernels() | foreign_kernels()


@cache
def systems() -> dict[str, Kernel]:
    """The kernels of the systems that packages are installed in, by the names of those systems."""
    return _kernels("systems.toml")


def _kernels(file: str) -> dict[str, Kernel]:
    return {name: _record(Kernel, f"{file}: [{name}]",
                          {"name": name, **table, "root": root(table["root"])})
            for name, table in _load(file).items()}


@cache
def own_kernels() -> dict[str, OwnKernel]:
    return {name: _record(OwnKernel, f"own-kernels.toml: [{name}]",
                          {"name": name, **table, "root": root(table["root"])})
            for name, table in _load("own-kernels.toml").items()}


@cache
def arches() -> dict[str, Arch]:
    return {name: _record(Arch, f"machines.toml: [arch.{name}]",
                          {"name": name, **table, "root": root(table["root"]) if "root" in table else None})
            for name, table in _load("machines.toml")["arch"].items()}


@cache
def machines() -> dict[str, Machine]:
    data = _load("machines.toml")["machine"]
    tables = {name: _like(data, name) for name in data}
    return {name: _record(Machine, f"machines.toml: [machine.{name}]",
                          {"name": name, **table, "arch": arch(table["arch"]),
                           "emulator": root(table["emulator"]) if "emulator" in table else None})
            for name, table in tables.items()}


def _like(tables: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """A machine's table with all that the one has which it is like: lists are added to, the rest is replaced."""
    table = dict(_find(tables, name, "machine"))
    if "like" not in table:
        return table
    base = _like(tables, table.pop("like"))
    return base | {key: base.get(key, []) + value if isinstance(value, list) else value for key, value in table.items()}


def default_machines() -> list[Machine]:
    """The ones that are used where none is named."""
    return [one for one in machines().values() if one.default]


@cache
def needs() -> tuple[Need, ...]:
    return tuple(_record(Need, "host.toml: [[need]]", table) for table in _load("host.toml")["need"])


@cache
def source(name: str = "kernel") -> Source:
    table = _find(_load("sources.toml"), name, "source")
    return _record(Source, f"sources.toml: [{name}]",
                   {"name": name, **table, "root": root(table["root"])})


@cache
def checks() -> tuple[Check, ...]:
    found = tuple(_record(Check, "checks.toml: [[check]]", table) for table in _load("checks.toml")["check"])
    for check in found:
        if check.place not in ("host", "user", "kernel"):
            raise LabError(f"checks.toml: {check.name}: no place {check.place!r}", "places: host, user, kernel")
    return found


@cache
def kmsg_rules() -> tuple[dict[str, list[str]], list[str], list[str]]:
    """Patterns of bad kernel log lines by kind, of lines that are not, and of refused DMA."""
    data = _load("kmsg.toml")
    return data["bad"], [rule["pattern"] for rule in data.get("ignore", [])], data["faults"]["patterns"]


@cache
def provoked() -> tuple[Provoked, ...]:
    return tuple(_record(Provoked, "kmsg.toml: [[provoked]]", table) for table in _load("kmsg.toml").get("provoked", []))


@cache
def debug_kernels() -> dict[str, Kernel]:
    """Those of our own that look for errors."""
    return {name: own.kernel for name, own in own_kernels().items() if own.looks}


@cache
def watched_kernels() -> dict[str, Kernel]:
    """Those of kernels() with all that they can check themselves switched on."""
    data = {key: tuple(value) if isinstance(value, list) else value for key, value in _load("watched.toml").items()}
    return {name: replace(kernel, name=name, **data)
            for name, kernel in ((f"watched-{kernel.name}", kernel) for kernel in kernels().values())}


def arch(name: str) -> Arch:
    return _find(arches(), name, "architecture")


def root(name: str) -> Root:
    return _find(roots(), name, "root")


def kernel(name: str) -> Kernel:
    own = {name: one.kernel for name, one in own_kernels().items()}
    return _find(packaged_kernels() | own | watched_kernels(), name, "kernel")


def system(name: str) -> Kernel:
    return _find(systems(), name, "system")


def own_kernel(name: str) -> OwnKernel:
    return _find(own_kernels(), name, "kernel of our own")


def machine(name: str) -> Machine:
    return _find(machines(), name, "machine")
