# SPDX-License-Identifier: GPL-2.0-only
"""Owns `lab bench`: what is built and booted for it, and where the results go. Called by the command line."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

from .. import cache, ownkernel, setup
from ..ui import LabError, progress, say
from . import plot, profile, rows, subject, table
from .guest import Setup, machine, measure
from .rows import BOOTS, Row
from .samples import Measured, from_json
from .subject import Subject


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-k", "--kernel", action="append", default=[], metavar="KERNEL",
                        help="6.12, 7.2: built here, with iommufd; stock-6.12 ...: Debian's, with type1 only. Default: all")
    parser.add_argument("-r", "--row", action="append", default=[], metavar="ROW", help="default: all")
    parser.add_argument("-p", "--peer", action="append", default=[], metavar="PEER",
                        help="type1, iommufd, ioasid, ioasid-type1; default: all")
    parser.add_argument("-n", "--repeat", type=int, default=3, metavar="N", help="measure N times (default: 3)")
    parser.add_argument("--module", type=Path, metavar="FILE", help="measure this ioasidfd.ko, built for that kernel")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="a results.json to show the change since")
    parser.add_argument("--against", metavar="COMMIT", help="measure the module of that commit, too, and show the change")
    parser.add_argument("--profile", metavar="ROW[:OP]", help="where the instructions of one call go, by function")
    parser.add_argument("--list", action="store_true", help="list kernels and rows")


def run(options: argparse.Namespace) -> int:
    if options.list:
        return _list()
    if options.repeat < 1:
        raise LabError("--repeat takes a number from 1 on")
    if options.module and len(options.kernel) != 1:
        raise LabError("--module is built for one kernel", "say which: -k KERNEL")
    subjects = subject.select(options.kernel)
    _ready(subjects)
    folder = _folder()
    if options.profile:
        prepared = _setup(options, subjects[0], subject.build_program(folder), folder)
        return profile.run(options.profile, prepared, options.peer, folder)
    return _measure(options, subjects, folder)


def _ready(subjects: Sequence[Subject]) -> None:
    """Roots, emulator, kernels: everything that is made once and kept."""
    setup.ready([one.boots for one in subjects], [machine(BOOTS[0])], with_source=False)


def _measure(options: argparse.Namespace, subjects: Sequence[Subject], folder: Path) -> int:
    began = time.monotonic()
    program = subject.build_program(folder)
    known = _baseline(options.baseline)
    results: list[Measured] = []
    for one in subjects:
        chosen = rows.select(options.row, one.own is None)
        before = known.get(one.name)
        if options.against:
            before = _boots(_against(options, one, program, folder), chosen)
        measured = _boots(_setup(options, one, program, folder), chosen)
        results.append(measured)
        _write(results, folder)
        table.show(measured, chosen, before)
        (folder / f"{one.name}.md").write_text(table.markdown(measured, chosen), encoding="utf-8")
        picture = plot.draw(measured, chosen)
        if picture:
            (folder / f"{one.name}.svg").write_text(picture, encoding="utf-8")
    say(f"\nresults: {folder}/results.json, a plot and a table per kernel; {time.monotonic() - began:.0f} s")
    say(table.summary(results, rows.select(options.row, False)))
    return 1 if any(measured.errors for measured in results) else 0


def _boots(prepared: Setup, chosen: Sequence[Row]) -> Measured:
    measured = Measured(prepared.subject.name, prepared.subject.release)
    for boot in BOOTS:
        wanted = [row for row in chosen if row.boot == boot]
        if wanted:
            measure(prepared, boot, wanted, measured)
    return measured


def _guest_options(options: argparse.Namespace) -> str:
    return f"-n {options.repeat}" + (f" -p {','.join(options.peer)}" if options.peer else "")


def _setup(options: argparse.Namespace, one: Subject, program: Path, folder: Path) -> Setup:
    module = (subject.keep_module(options.module, folder / one.name) if options.module
              else subject.build_module(one, folder))
    return Setup(one, module, program, _guest_options(options))


def _against(options: argparse.Namespace, one: Subject, program: Path, folder: Path) -> Setup:
    # Of the peers nothing new would be learned: it is the same kernel.
    return Setup(one, subject.build_module(one, folder, options.against), program, f"-n {options.repeat} -p {rows.OURS}")


def _baseline(path: Path | None) -> dict[str, Measured]:
    if path is None:
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {entry["kernel"]: from_json(entry) for entry in data["kernels"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LabError(f"{path} is no result of `lab bench`: {error}") from None


def _write(results: Sequence[Measured], folder: Path) -> None:
    data = {"version": 1, "commit": subject.commit(), "kernels": [measured.as_json() for measured in results]}
    (folder / "results.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def _folder() -> Path:
    """A new folder for this run's results, and a link `bench-latest` to it."""
    folder = cache.folder("results", f"bench-{time.strftime('%Y%m%d-%H%M%S')}")
    link = folder.parent / "bench-latest.new"
    link.unlink(missing_ok=True)
    link.symlink_to(folder.name)
    link.rename(folder.parent / "bench-latest")
    progress("bench", f"results go to {folder}")
    return folder


def _list() -> int:
    for name, one in subject.subjects().items():
        state = "" if one.own is None or ownkernel.ready(one.own) else " (is built when it is first measured)"
        say(f"kernel  {name:12} {'built here, beside iommufd and type1' if one.own else 'of Debian, beside type1'}{state}")
    for row in rows.rows().values():
        say(f"row     {row.name:24} {row.title} [{row.unit}]: {' '.join(row.lines)}")
    return 0
