# SPDX-License-Identifier: GPL-2.0-only
"""Owns the checks of C: the kernel's own (checkpatch, kernel-doc, sparse) and the compiler's. Called by lint."""

from __future__ import annotations

import fnmatch
import os
import re
import subprocess
from pathlib import Path

from files import Tree, each, output_of

PUBLIC = ("uapi/", "lib/include/")
DOCUMENTED = ("uapi/", "include/", "lib/include/", "src/")
WARNINGS = ("-Wall", "-Wextra", "-Werror", "-Wshadow", "-Wstrict-prototypes", "-Wvla", "-Wpointer-arith", "-Wundef")

USER_OUT = "/tmp/user-space"
SPARSE_OUT = "/tmp/sparse"


def _linux(*parts: str) -> Path:
    return Path(os.environ["LINUX"], *parts)


def checkpatch(tree: Tree) -> list[str]:
    ignored = _ignored(tree)
    command = ["perl", _linux("scripts", "checkpatch.pl"), "--no-tree", "--strict", "--terse", "--show-types", "--no-summary"]

    def check(path: Path) -> list[str]:
        types = ",".join(kind for kind, pattern in ignored if fnmatch.fnmatch(str(path), pattern))
        return output_of([*command, *([f"--ignore={types}"] if types else []), "-f", path], tree.root)

    return each(tree.named(".c", ".h"), check)


def _ignored(tree: Tree) -> list[tuple[str, str]]:
    lines = tree.read(Path("tests/lint/checkpatch.ignore")).splitlines()
    return [(fields[0], fields[1]) for line in lines if (fields := line.split()) and not line.startswith("#")]


def kernel_doc(tree: Tree) -> list[str]:
    def check(path: Path) -> list[str]:
        return output_of(["perl", _linux("scripts", "kernel-doc"), "-none", "-Wall", "-Werror", path], tree.root)

    return each(tree.named(".c", ".h", under=DOCUMENTED), check)


def user_space(tree: Tree) -> list[str]:
    """Built by its own makefiles, with more warnings."""
    harness = _linux("tools", "testing", "selftests")
    status, printed = _make(tree, "-k", "tests", "demo-bin", "tools", "portable-examples", f"OUT={USER_OUT}", f"HARNESS={harness}",
                            f"CFLAGS=-O2 {' '.join(WARNINGS)}")
    return printed[-100:] if status or any("warning:" in line for line in printed) else []


def public_headers(tree: Tree) -> list[str]:
    def check(path: Path) -> list[str]:
        common = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Iuapi", "-Ilib/include", "-fsyntax-only", "-include", path]
        return [*output_of(["gcc", "-std=c99", *common, "-x", "c", "/dev/null"], tree.root),
                *output_of(["g++", "-std=c++11", *common, "-x", "c++", "/dev/null"], tree.root)]

    return each(tree.named(".h", under=PUBLIC), check)


def _make(tree: Tree, *arguments: str) -> tuple[int, list[str]]:
    done = subprocess.run(["make", "--no-print-directory", *arguments], cwd=tree.root, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    return done.returncode, done.stdout.splitlines()


def sparse(tree: Tree) -> list[str]:
    """A whole build with sparse looking at each file first; findings inside the kernel's own headers are not ours."""
    status, printed = _make(tree, "modules", f"OUT={SPARSE_OUT}", "C=2", f"KDIR={os.environ['KDIR']}")
    found = [match[1] for line in printed if (match := re.match(rf"{SPARSE_OUT}/module/(\S+:\d+:\d+: .*)", line))]
    checked = sum("  CHECK " in line for line in printed)
    objects = sum(len(re.findall(r"\.o\b", line)) for line in re.findall(r"^ioasidfd-y \+=(.*)", tree.read(Path("Kbuild")), flags=re.M))
    if status or checked < objects:
        found += [f"the build ended with status {status}, sparse saw {checked} of {objects} files:", *printed[-15:]]
    return found
