# SPDX-License-Identifier: GPL-2.0-only
"""Owns what a person sees: progress lines, colour, and errors with a way out. Called by every module."""

from __future__ import annotations

import os
import sys
import threading
import time

_lock = threading.Lock()
_colours = {"red": "31", "green": "32", "yellow": "33", "bold": "1", "dim": "2"}
_started = time.monotonic()


class LabError(Exception):
    """An error for the user: what happened and, in `hint`, what to do about it."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint


def colour(text: str, name: str) -> str:
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return text
    return f"\033[{_colours[name]}m{text}\033[0m"


def say(text: str = "") -> None:
    """Print whole lines: the lab's threads share one terminal."""
    with _lock:
        print(text, flush=True)


def seconds() -> float:
    """Since the lab was started."""
    return time.monotonic() - _started


def progress(who: str, text: str) -> None:
    clock = int(seconds())
    say(colour(f"[{clock // 60:2d}:{clock % 60:02d}]", "dim") + f" {who}: {text}")


def report(error: LabError) -> None:
    with _lock:
        print(f"lab: {error}", file=sys.stderr)
        if error.hint:
            print(f"     {error.hint}", file=sys.stderr)
