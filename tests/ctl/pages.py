# SPDX-License-Identifier: GPL-2.0-only
"""Owns the tests of what is written about ioasidctl: manual pages, completions. Called by check."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
from pathlib import Path

import shown
from tap import ROOT, Tap
from tool import Tool, run

MAN = ROOT / "docs" / "man"
COMPLETIONS = ROOT / "tools" / "ioasidctl" / "completions"

# What a folder that is shown as a machine does not have.
NOT_HERE = {"ioasidctl module unload": 77, "ioasidctl demo": 77, "ioasidctl demo 0000:00:04.0": 77,
            "ioasidctl demo software": 77}
# What a folder lacks: a device that can be opened, drivers that take devices.
FAILS_HERE = re.compile(r"ioasidctl check|ioasidctl device bind 0000:00:06\.0 --group")


def check(tap: Tap, tool: Tool, out: Path) -> None:
    table = tool.table()
    for name in sorted({row[0] for row in table}):
        tap.check(f"ioasidctl-{name}(8) has the commands and options of the tool, and no others", _page(table, name))
    tap.check("ioasidctl(8) has the objects and options of all commands", _main_page(tool, table))
    tap.check("manual pages are correct roff", _roff(out / "man"))
    tap.check("manual pages are named for the objects",
              sorted(path.name for path in MAN.glob("*")) != sorted(["ioasidctl.8.scd", *{f"ioasidctl-{row[0]}.8.scd" for row in table}])
              and "other files in docs/man" or "")
    tap.check("every command that is shown in a manual page runs", _examples(tool))
    tap.check("bash completes all objects, commands and options, and no others", _bash(tool, table))
    tap.check("bash completes devices and words that are begun", _bash_words(tool))
    tap.check("zsh completes all objects, commands, options and spaces", _zsh(tool, table))
    tap.check("installing and uninstalling", _install(tool.folder))


def _sections(path: Path) -> dict[str, str]:
    parts = re.split(r"(?m)^# (.*)\n", path.read_text(encoding="utf-8"))
    return dict(zip(parts[1::2], parts[2::2]))


def _page(table: list[tuple[str, str, list[str]]], name: str) -> list[str]:
    path = MAN / f"ioasidctl-{name}.8.scd"
    if not path.exists():
        return ["there is none"]
    sections = _sections(path)
    found: dict[str, list[str]] = {}
    command = None
    for line in sections.get("COMMANDS", "").splitlines():
        if match := re.match(rf"\*ioasidctl {name}(?: ([a-z]+))?\*$", line):
            command = match[1] or ""
            found[command] = []
        elif (match := re.match(r"\s*\*(--[a-z]+)\*", line)) and command is not None:
            found[command].append(match[1])
    wanted = {row[1]: row[2] for row in table if row[0] == name}
    problems = [f"'{key}' is only {'in the page' if key in found else 'in the tool'}" for key in sorted(found.keys() ^ wanted.keys())]
    problems += [f"{key}: page {found[key]}, tool {wanted[key]}" for key in sorted(found.keys() & wanted.keys())
                 if sorted(found[key]) != sorted(wanted[key])]
    synopsis = sections.get("SYNOPSIS", "")
    problems += [f"{word} is not in the synopsis" for options in wanted.values() for word in options if word not in synopsis]
    problems += [f"no section {title}" for title in ("NAME", "DESCRIPTION", "EXAMPLES", "SEE ALSO") if title not in sections]
    return problems


def _main_page(tool: Tool, table: list[tuple[str, str, list[str]]]) -> list[str]:
    sections = _sections(MAN / "ioasidctl.8.scd")
    wanted = sorted({row[0] for row in table})
    objects = sorted(re.findall(r"^\*([a-z]+)\*$", sections["OBJECTS"], flags=re.M))
    options = sorted(re.findall(r"^(?:\*-[a-zA-Z]\*, )?\*(--[a-z]+)\*", sections["OPTIONS"], flags=re.M))
    said = sorted(option["name"] for option in tool.document("help")["options"])
    letters = sorted(re.findall(r"^\*(-[a-zA-Z])\*", sections["OPTIONS"], flags=re.M))
    taken = sorted(option["letter"] for option in tool.document("help")["options"] if "letter" in option)
    return [f"page: {one}, tool: {two}" for one, two in ((objects, wanted), (options, said), (letters, taken)) if one != two]


def _roff(folder: Path) -> list[str]:
    problems = []
    for page in sorted(folder.iterdir()):
        status, output = run(["groff", "-man", "-ww", "-Tutf8", "-z", page], folder)
        problems += [f"{page.name}: {output}"] if status or output else []
    return problems or ([] if any(folder.iterdir()) else ["there are no pages"])


def _shown() -> list[str]:
    return [command.command for command in shown.commands() if command.page.endswith(".scd")]


def _examples(tool: Tool) -> list[str]:
    lines = _shown()
    problems = [] if len(lines) > 20 else [f"only {len(lines)} commands are shown"]
    for line in dict.fromkeys(lines):
        answer = tool(line.split()[1:])
        wanted = {NOT_HERE.get(line, 0), 77 if "feature" in line else 0} | ({1} if FAILS_HERE.match(line) else set())
        if answer.status not in wanted:
            problems.append(f"{line}: {answer}")
    return problems


# Sources the completion, and asks it what it would offer for a line that ends where it ends.
ASK_BASH = """
source "$1"; shift
ioasidctl() { "$TOOL" "$@"; }
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
_ioasidctl
printf '%s\\n' "${COMPREPLY[@]}"
"""


def _offered(tool: Tool, *words: str) -> set[str]:
    done = subprocess.run(["bash", "-c", ASK_BASH, "ask", COMPLETIONS / "ioasidctl.bash", "ioasidctl", *words], capture_output=True,
                          text=True, check=False, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TOOL": str(tool.program),
                                                       "IOASIDCTL_ROOT": str(tool.complete.root)})
    return {line for line in (done.stdout + done.stderr).splitlines() if line}


def _bash(tool: Tool, table: list[tuple[str, str, list[str]]]) -> list[str]:
    common = {option["name"] for option in tool.document("help")["options"]}
    objects = {row[0] for row in table}
    problems = []

    def compare(what: str, offered: set[str], wanted: set[str]) -> None:
        if offered != wanted:
            problems.append(f"{what}: offered {sorted(offered)}, wanted {sorted(wanted)}")

    compare("objects", _offered(tool, ""), objects | {"help"})
    for name in objects:
        words = {word for word in _offered(tool, name, "") if ":" not in word}
        compare(name, words, {row[1] for row in table if row[0] == name and row[1]} | {"help"})
    for name, command, options in table:
        line = [name, command] if command else [name]
        compare(" ".join(line), _offered(tool, *line, "--"), common | set(options))
    return problems


def _bash_words(tool: Tool) -> list[str]:
    problems = []
    for words, wanted in ((("de",), {"device", "demo"}), (("device", "b"), {"bind"}), (("--color", "a"), {"auto", "always"}),
                          (("-j", "space", "map", "--s"), {"--svg"}), (("space", "show", "4242"), {"4242:3", "4242:4"})):
        offered = _offered(tool, *words)
        if not wanted <= offered:
            problems.append(f"{words}: offered {sorted(offered)}, wanted {sorted(wanted)}")
    return problems


class _Zsh:
    """A shell on a terminal, because zsh completes nowhere else."""

    def __init__(self, tool: Tool) -> None:
        self.shell, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
        told = {"PATH": f"{tool.program.parent}:/usr/bin:/bin", "IOASIDCTL_ROOT": str(tool.complete.root), "TERM": "xterm",
                "HOME": str(tool.folder), "LC_ALL": "C.UTF-8"}
        self.child = subprocess.Popen(["zsh", "-f", "-i"], stdin=theirs, stdout=theirs, stderr=theirs, env=told, cwd=tool.folder,
                                      start_new_session=True)
        os.close(theirs)
        self.count = 0
        self._send(f"fpath=({COMPLETIONS} $fpath); autoload -U compinit; compinit -D -u; unsetopt list_ambiguous; LISTMAX=0\r")
        self._until_now()

    def offers(self, line: str) -> set[str]:
        """The words that are shown for a line."""
        self._send(f"{line}\t")
        # Keys that are typed ahead keep zsh from showing a list.
        listed = self._until(b"\n\x1b[J")
        self._send("\x15")
        shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", " ", listed + self._until_now())
        return {word for word in re.findall(r"(?m)(?:^|\s)([-a-z0-9/:]+)(?=\s|$)", re.sub(r" -- [^\r\n]*", "", shown))}

    def close(self) -> None:
        self.child.kill()
        self.child.wait()
        os.close(self.shell)

    def _send(self, text: str) -> None:
        os.write(self.shell, text.encode())

    def _until_now(self) -> str:
        """What was shown until a command that is typed now has run; its own line does not have the word as a whole."""
        self.count += 1
        self._send(f"print en''d{self.count}.\r")
        return self._until(f"end{self.count}.".encode())

    def _until(self, sign: bytes) -> str:
        """What was shown until a sign, which is part of it; until nothing comes any more if it does not come."""
        shown = b""
        while sign not in shown:
            ready, _, _ = select.select([self.shell], [], [], 60)
            if not ready:
                break
            shown += os.read(self.shell, 65536)
        return shown.decode(errors="replace")


def _zsh(tool: Tool, table: list[tuple[str, str, list[str]]]) -> list[str]:
    common = {option["name"] for option in tool.document("help")["options"]}
    shell = _Zsh(tool)
    problems = []

    def compare(line: str, wanted: set[str], kind: str) -> None:
        offered = {word for word in shell.offers(line) if re.fullmatch(kind, word)}
        if not wanted <= offered or (kind.startswith("--") and offered != wanted):
            problems.append(f"'{line}': offered {sorted(offered)}, wanted {sorted(wanted)}")

    compare("ioasidctl ", {row[0] for row in table} | {"help"}, "[a-z]+")
    for name in sorted({row[0] for row in table if row[1]}):
        compare(f"ioasidctl {name} ", {row[1] for row in table if row[0] == name} | {"help"}, "[a-z]+")
    for name, command, options in table:
        line = " ".join(filter(None, ["ioasidctl", name, command, "--"]))
        compare(line, common | set(options), "--[a-z]+")
    compare("ioasidctl space show 4242:", {"4242:3", "4242:4"}, "[0-9:]+")
    shell.close()
    return problems


def _install(folder: Path) -> list[str]:
    prefix = folder / "prefix"
    make = ["make", "--no-print-directory", "-C", "tools/ioasidctl", f"OUT={folder / 'out'}", f"PREFIX={prefix}", "DESTDIR="]
    status, output = run([*make, "install"], ROOT)
    there = {str(path.relative_to(prefix)) for path in prefix.rglob("*") if path.is_file()}
    wanted = {"sbin/ioasidctl", "share/bash-completion/completions/ioasidctl", "share/zsh/site-functions/_ioasidctl",
              *(f"share/man/man8/{path.stem}" for path in MAN.glob("*.scd"))}
    problems = [output] if status else [f"{name} is {'new' if name in there else 'missing'}" for name in sorted(there ^ wanted)]
    run([*make, "uninstall"], ROOT)
    return problems + [f"{path} is left" for path in prefix.rglob("*") if path.is_file()]
