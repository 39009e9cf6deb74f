# SPDX-License-Identifier: GPL-2.0-only
"""Owns doing a few things at once without overloading two processors. Called by set-up, build and run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from .ui import LabError, report

AT_ONCE = 2

T = TypeVar("T")

# Set when the lab has been told to end: whatever waits for a child then ends it.
stopping = threading.Event()


def in_parallel(jobs: Sequence[Callable[[], T]]) -> list[T | LabError]:
    """Run the jobs, two at a time, in order; an error of one does not stop the others and is its result."""

    def guarded(job: Callable[[], T]) -> T | LabError:
        try:
            return job()
        except LabError as error:
            report(error)
            return error

    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = [pool.submit(guarded, job) for job in jobs]
        try:
            return [future.result() for future in futures]
        except BaseException:
            stopping.set()
            for future in futures:
                future.cancel()
            raise
