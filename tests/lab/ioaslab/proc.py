# SPDX-License-Identifier: GPL-2.0-only
"""Owns running long host commands: log to a file, a sign of life, errors with the log's end. Called by set-up and builds."""

from __future__ import annotations

import os
import re
import selectors
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .ui import LabError, progress
from .work import stopping

SIGN_OF_LIFE = 15.0
NOTHING = "(?!)"  # a pattern that matches no line


def tied(command: Sequence[str]) -> list[str]:
    """The command, made to die with the lab even when the lab is killed."""
    return ["setpriv", "--pdeathsig", "KILL", *command]


def output(command: Sequence[str], env: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
    """The standard output of a short command."""
    try:
        done = subprocess.run(command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except FileNotFoundError:
        raise LabError(f"{command[0]} is not installed", "lab setup installs what is missing") from None
    if done.returncode:
        raise LabError(f"{' '.join(command)} failed ({done.returncode}):\n{done.stderr.strip()[-2000:]}")
    return done.stdout


def tail(log: Path, lines: int = 15) -> str:
    return "\n".join("    " + line for line in log.read_text(errors="replace").splitlines()[-lines:])


def logged(command: Sequence[str], log: Path, who: str, notable: str = NOTHING,
           env: Mapping[str, str] | None = None, hint: str = "") -> None:
    """Run it, keep all it prints in `log`, show the lines `notable` matches; raise with the log's end if it fails."""
    status = status_of(command, log, who, notable, env)
    if status:
        raise LabError(f"{who} failed ({status}). The end of {log}:\n{tail(log)}", hint)


def status_of(command: Sequence[str], log: Path, who: str, notable: str = NOTHING,
              env: Mapping[str, str] | None = None, timeout: float | None = None) -> int:
    """As `logged`, for a caller that wants the exit status; -1 for one that ran into `timeout`."""
    pattern = re.compile(notable)

    def show(line: str) -> bool:
        match = pattern.search(line)
        if match:
            progress(who, match[0].strip())
        return bool(match)

    with log.open("ab") as sink:
        child = subprocess.Popen(tied(command), env=dict(env) if env is not None else None, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            if not _follow(child, sink.write, show, who, timeout):
                return -1
            return child.wait()
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()


def _follow(child: subprocess.Popen[bytes], keep: Callable[[bytes], object], show: Callable[[str], bool],
            who: str, timeout: float | None) -> bool:
    """Pass on what the child prints until it closes its output; false when the time is over first."""
    assert child.stdout
    started = spoke = time.monotonic()
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while True:
            now = time.monotonic()
            if stopping.is_set() or timeout is not None and now - started > timeout:
                return False
            if now - spoke > SIGN_OF_LIFE:
                progress(who, f"still at work ({now - started:.0f} s)")
                spoke = now
            if not selector.select(timeout=1.0):
                continue
            data = os.read(child.stdout.fileno(), 65536)
            keep(data)
            *lines, rest = (rest + data).split(b"\n")
            if any([show(line.decode(errors="replace")) for line in lines]):
                spoke = time.monotonic()
            if not data:
                show(rest.decode(errors="replace"))
                return True
