# SPDX-License-Identifier: GPL-2.0-only
"""Owns the rules for text of any language: licences, cleanliness, what the project forbids. Called by lint."""

from __future__ import annotations

import re
from pathlib import Path

from files import Tree

# Have no place for a licence line: the licences, fields that programs read, and what a program wrote.
UNLICENSED = re.compile(r"LICENSES/|COPYING$|META$|packaging/debian/(changelog|copyright|source/format)$")
LICENCE = re.compile(r"SPDX-License-Identifier: ([\w.-]+)(?: WITH ([\w.-]+))?")
SOURCE_LINES = 700

# Pattern, where it is forbidden, where it is allowed all the same, why.
HOUSE = (
    (r"\bLINUX_VERSION_CODE\b|\bKERNEL_VERSION\(", r"^(src|include|lib|tools)/", r"^src/compat/",
     "only src/compat knows kernel versions"),
    (r"\b(TODO|FIXME|XXX|HACK)\b", r"", r"^tests/lint/|^LICENSES/|/ktap\.py$", "unfinished work is an issue, not a comment"),
    (r"\bnot implemented\b", r"", r"^tests/lint/|^LICENSES/", "what does not exist is not offered"),
    (r"(?<![\w.])/(home|root)/", r"", r"^tests/lint/", "a path of one machine"),
    (r"https?://[^/\s]+/(debian|ubuntu)\b", r"", r"^tests/lint/", "mirrors come from the machine's own settings"),
)

# Where packages say their version: packaging/set-version changes them all.
PACKAGED = (
    ("tests/kmod/dkms.conf", r'^PACKAGE_VERSION="([^"]*)"$'),
    ("packaging/debian/changelog", r"\Aioasidfd \((.*)-\d+\)"),
    ("packaging/rpm/ioasidfd.spec", r"^Version: *(\S+)$"),
    ("packaging/arch/PKGBUILD", r"^pkgver=(\S+)$"),
)


def licences(tree: Tree) -> list[str]:
    found = []
    for path in tree.files:
        if UNLICENSED.match(str(path)):
            continue
        match = LICENCE.search("\n".join(tree.read(path).splitlines()[:3]))
        if not match:
            found.append(f"{path}:1: no SPDX-License-Identifier in the first three lines")
            continue
        for name in filter(None, (re.sub(r"-(only|or-later)$", "", match[1]), match[2])):
            if not (tree.root / "LICENSES" / name).is_file():
                found.append(f"{path}:1: there is no LICENSES/{name}")
    return found


def text(tree: Tree) -> list[str]:
    found = []
    for path in tree.files:
        raw = (tree.root / path).read_bytes()
        try:
            lines = raw.decode("utf-8").split("\n")
        except UnicodeDecodeError as error:
            found.append(f"{path}: not UTF-8 text: {error.reason} at byte {error.start}")
            continue
        if b"\0" in raw:
            found.append(f"{path}: binary")
        if str(path).startswith("LICENSES/"):
            continue
        found += [f"{path}:{number}: trailing white space" for number, line in enumerate(lines, 1) if line != line.rstrip()]
        if raw and (not raw.endswith(b"\n") or raw.endswith(b"\n\n")):
            found.append(f"{path}: does not end with exactly one newline")
    return found


def house(tree: Tree) -> list[str]:
    found = [f"{path}: {lines} lines; does it do one job?" for path in tree.named(".c", ".py")
             if (lines := len(tree.read(path).splitlines())) > SOURCE_LINES]
    for pattern, forbidden, allowed, why in HOUSE:
        for path in tree.files:
            if re.search(forbidden, str(path)) and not (allowed and re.search(allowed, str(path))):
                found += [f"{path}:{number}: '{match[0]}': {why}" for number, line in enumerate(tree.read(path).splitlines(), 1)
                          if (match := re.search(pattern, line))]
    return found


def versions(tree: Tree) -> list[str]:
    """Every place that cannot read META says what META says."""
    meta = _fields(tree, "META", r"^(\S+): *(\S+)$")
    dkms = _fields(tree, "dkms.conf", r'^(\w+)="([^"]*)"$')
    found = []
    if dkms.get("PACKAGE_VERSION") != meta.get("Version"):
        found.append(f"dkms.conf: PACKAGE_VERSION is {dkms.get('PACKAGE_VERSION')}, META has {meta.get('Version')}")
    if dkms.get("PACKAGE_NAME") != meta.get("Name"):
        found.append(f"dkms.conf: PACKAGE_NAME is {dkms.get('PACKAGE_NAME')}, META has {meta.get('Name')}")
    for name, pattern in PACKAGED:
        stated = re.search(pattern, tree.read(Path(name)), flags=re.M)
        if not stated or stated[1] != meta.get("Version"):
            found.append(f"{name}: the version is {stated[1] if stated else 'missing'}, META has {meta.get('Version')}")
    readme = tree.read(Path("README.md"))
    found += [f"README.md: does not say {meta[field]}, META's {field}" for field in ("Linux-Minimum", "Linux-Maximum")
              if meta[field] not in readme]
    return found


def _fields(tree: Tree, name: str, pattern: str) -> dict[str, str]:
    return dict(re.findall(pattern, tree.read(Path(name)), flags=re.M))


def readme(tree: Tree) -> list[str]:
    """Make targets that exist, files that are there."""
    words = tree.read(Path("README.md"))
    targets = set(re.findall(r"^([a-z-]+):", tree.read(Path("Makefile")), flags=re.M))
    found = [f"README.md: there is no 'make {name}'" for name in re.findall(r"(?:^ {4}(?:sudo )?|`(?:sudo )?)make ([a-z][a-z-]*)", words, flags=re.M)
             if name not in targets]
    places = {place for path in tree.files for place in (str(path), *(f"{parent}/" for parent in path.parents))}
    found += [f"README.md: there is no {name}" for name in re.findall(r"\]\(([\w./-]+)\)", words) if name not in places]
    found += [f"README.md: there is no {name}" for name in re.findall(r"^([\w.-]+(?:/[\w.-]+)*/?)  +\S", words, flags=re.M)
              if name not in places]
    return found


def first_program(tree: Tree) -> list[str]:
    """The library's example, which is compiled, from its first #include on."""
    example = Path("lib/examples/first.c")
    _, _, program = tree.read(example).partition("\n#include")
    shown = f"```c\n#include{program}```"
    return [] if shown in tree.read(Path("README.md")) else [f"README.md: the program is not what {example} has"]
