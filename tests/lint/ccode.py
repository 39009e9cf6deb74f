# SPDX-License-Identifier: GPL-2.0-only
"""Owns the checks of C: the kernel's own (checkpatch, kernel-doc, sparse) and the compiler's. Called by lint."""

from __future__ import annotations

import fnmatch
import os
import re
import subprocess
import tempfile
from pathlib import Path

from files import Tree, each, output_of

USER_SPACE = ("lib/", "tools/", "tests/kselftest/")
PUBLIC = ("uapi/", "lib/include/")
DOCUMENTED = ("uapi/", "include/", "lib/include/", "src/")
INCLUDES = ("-Iuapi", "-Ilib/include", "-Ilib", "-Itools/edu", "-Itests/kselftest")
WARNINGS = ("-Wall", "-Wextra", "-Werror", "-Wshadow", "-Wstrict-prototypes", "-Wvla")
LIBRARY_WARNINGS = ("-Wmissing-prototypes", "-Wcast-qual")  # the test harness's macros would not pass

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
    harness = _linux("tools", "testing", "selftests")

    def check(path: Path) -> list[str]:
        more = () if str(path).startswith("tests/") else LIBRARY_WARNINGS
        return output_of(["gcc", "-std=gnu11", "-O2", *WARNINGS, *more, *INCLUDES, "-isystem", harness,
                          "-S", "-o", "/dev/null", path], tree.root)

    return each(tree.named(".c", under=USER_SPACE), check)


def public_headers(tree: Tree) -> list[str]:
    def check(path: Path) -> list[str]:
        common = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", *INCLUDES[:2], "-fsyntax-only", "-include", path]
        return [*output_of(["gcc", "-std=c99", *common, "-x", "c", "/dev/null"], tree.root),
                *output_of(["g++", "-std=c++11", *common, "-x", "c++", "/dev/null"], tree.root)]

    return each(tree.named(".h", under=PUBLIC), check)


def readme_program(tree: Tree) -> list[str]:
    """The C in the README compiles as it stands there."""
    programs = re.findall(r"^```c\n(.*?)^```", tree.read(Path("README.md")), flags=re.M | re.S)
    if not programs:
        return ["README.md: has no program"]
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"README-{number}.c") for number in range(1, len(programs) + 1)]
        for path, program in zip(paths, programs):
            path.write_text(program, encoding="utf-8")
        return each(paths, lambda path: output_of(["gcc", *WARNINGS, *INCLUDES[:2], "-S", "-o", "/dev/null", path], tree.root))


def sparse(tree: Tree) -> list[str]:
    """A whole build with sparse looking at each file first; findings inside the kernel's own headers are not ours."""
    done = subprocess.run(["make", "modules", f"OUT={SPARSE_OUT}", "C=2", f"KDIR={os.environ['KDIR']}"], cwd=tree.root,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    printed = done.stdout.splitlines()
    found = [match[1] for line in printed if (match := re.match(rf"{SPARSE_OUT}/module/(\S+:\d+:\d+: .*)", line))]
    checked = sum("  CHECK " in line for line in printed)
    objects = sum(len(re.findall(r"\.o\b", line)) for line in re.findall(r"^ioasidfd-y \+=(.*)", tree.read(Path("Kbuild")), flags=re.M))
    if done.returncode or checked < objects:
        found += [f"the build ended with status {done.returncode}, sparse saw {checked} of {objects} files:", *printed[-15:]]
    return found
