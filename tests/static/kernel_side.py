# SPDX-License-Identifier: GPL-2.0-only
"""Owns the analysis of the modules: clang's analyzer and the kernel's semantic patches. Called by check."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SOURCES = ("src", "tests/kmod")
# The analyzer understands what the preprocessor and the type checker are told; the rest is for gcc's code generator.
KEPT = re.compile(r"-(I|D|U|include|isystem|nostdinc|std=|m64|fshort-wchar|fno-builtin|funsigned-char)")
LATE = 60


def clang(root: Path, work: Path) -> list[str]:
    """Every file as kbuild compiles it, with clang's analyzer in the compiler's place."""
    out = work / "module"
    built = subprocess.run(["make", "--no-print-directory", f"-j{os.cpu_count()}", "test-modules", f"OUT={out}",
                            f"KDIR={os.environ['KDIR']}"], cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    if built.returncode:
        return built.stdout.splitlines()[-15:]
    commands = [command for path in sorted(out.rglob(".*.o.cmd")) for command in _compilation(path)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = {line.replace(f"{out}/module/", "") for lines in pool.map(_analyze, commands) for line in lines}
    sources = sum(1 for folder in SOURCES for _ in (root / folder).rglob("*.c"))
    if len(commands) < sources // 2:
        found.add(f"only {len(commands)} of some {sources} files were compiled")
    return sorted(found)


def _compilation(path: Path) -> list[list[str]]:
    """The command that made an object of a source of ours."""
    match = re.match(r"(?:saved)?cmd_\S+ := (.*)", path.read_text(encoding="utf-8"))
    words = shlex.split(match[1].split(";")[0]) if match else []
    return [words] if words and words[-1].endswith(".c") and not words[-1].endswith(".mod.c") else []


def _analyze(command: list[str]) -> list[str]:
    kept: list[str] = []
    words = iter(command[1:-1])
    for word in words:
        if KEPT.match(word):
            kept.append(word)
            if word in ("-I", "-include", "-isystem"):
                kept.append(next(words))
    done = subprocess.run(["clang", "--analyze", "--analyzer-output", "text", "-w", "-O2", *kept, command[-1]],
                          cwd=os.environ["KDIR"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    return [line for line in done.stdout.splitlines() if re.search(r": (warning|error|fatal error): ", line)]


def coccinelle(root: Path, _: Path) -> list[str]:
    """All that come with the kernel and can report, but the two that want a compiler of OCaml."""
    scripts = [script for script in sorted((Path(os.environ["LINUX"]) / "scripts" / "coccinelle").rglob("*.cocci"))
               for text in [script.read_text(encoding="utf-8")]
               if re.search(r"^virtual .*\breport\b", text, flags=re.M) and "script:ocaml" not in text]
    if not scripts:
        return ["there are no semantic patches"]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [line for lines in pool.map(lambda script: _spatch(root, script), scripts) for line in lines]


def _spatch(root: Path, script: Path) -> list[str]:
    """What one of them reports; nothing it says about itself."""
    options = re.findall(r"^// ?Options: *(.*)", script.read_text(encoding="utf-8"), flags=re.M)
    found = []
    for folder in SOURCES:
        done = subprocess.run(["spatch", "-D", "report", "--no-show-diff", "--very-quiet", "--timeout", str(LATE),
                               *(word for line in options for word in line.split()), "--cocci-file", script, "--dir", folder],
                              cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", check=False)
        found += [f"{line} [{script.stem}]" for line in done.stdout.splitlines() if re.match(r"\S+:\d+", line)]
        if done.returncode:
            found.append(f"{script.name}: exit status {done.returncode}: {done.stdout.strip()[-200:]}")
    return found
