# SPDX-License-Identifier: GPL-2.0-only
"""Owns `lab package`: what is built where. Called by cli.py."""

from __future__ import annotations

import argparse
import platform
from functools import partial
from pathlib import Path

from .. import setup
from ..config import TREE
from ..ui import LabError, say
from ..work import in_parallel
from . import build


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("format", choices=build.FORMATS)
    parser.add_argument("-r", "--release", metavar="RELEASE", default="",
                        help="of the system they are for, or all; default: this machine's if it is known, else the newest")
    parser.add_argument("-o", "--output", type=Path, default=TREE / build.OUT, metavar="DIR",
                        help="where a folder is made for each release; default: packages, in the tree")


def package(options: argparse.Namespace) -> int:
    releases = _releases(options.format, options.release)
    wanted = {release: build.place(options.format, release) for release in releases}
    setup.ready([], [], with_source=False, others=list(wanted.values()))
    jobs = [partial(build.build_in, options.format, root, options.output.resolve() / release)
            for release, root in wanted.items()]
    failed = [isinstance(outcome, LabError) for outcome in in_parallel(jobs)]
    for release, missing in zip(wanted, failed):
        if not missing:
            say(f"packages for {release}: {options.output / release}")
    return int(any(failed))


def _releases(form: str, asked: str) -> list[str]:
    known = list(build.places(form))
    if asked == "all":
        return known
    mine = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    return [asked or (mine if mine in known else known[-1])]
