# SPDX-License-Identifier: GPL-2.0-only
"""Owns the verdict over both backends: ours has to pass what the kernel's own type1 passes. Called by command.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..results import Result, Status
from .suite import OURS, PEER

# Of the kernel's log there is nothing to compare: a complaint is a failure on either backend.
KERNEL_LOG = "kernel log: "


def judge(results: Sequence[Result], reason: Callable[[str], str], both: bool) -> list[Result]:
    """The results of one boot, as they count.

    `reason` says why the kernel's own type1 is known to fail a "program case"; empty where it is not.
    A case it fails for such a reason is skipped, on both backends; if ours passes it, that stays a pass.
    """
    peers = {_case(result): result for result in results if _is(result, PEER)}
    judged = [_peer(result, reason(_case(result))) if _is(result, PEER)
              else _ours(result, peers.get(_case(result))) if _is(result, OURS) else result for result in results]
    return judged + (_absent(peers, results) if both else [])


def _is(result: Result, backend: str) -> bool:
    return result.program.startswith(f"{backend}/") and not result.name.startswith(KERNEL_LOG)


def _case(result: Result) -> str:
    return f"{result.program.partition('/')[2]} {result.name}"


def _peer(result: Result, why: str) -> Result:
    if result.status is Status.FAIL and why:
        return replace(result, status=Status.SKIP, detail=(f"the kernel's own type1 fails it: {why}",))
    return result


def _ours(result: Result, peer: Result | None) -> Result:
    if result.status is Status.PASS or peer is None:
        return result
    if peer.status is Status.PASS:
        return replace(result, status=Status.FAIL,
                       detail=(*result.detail, "the kernel's own type1 passes it, in the same boot"))
    if result.status is Status.FAIL and peer.status is Status.FAIL:
        return replace(result, status=Status.SKIP, detail=("the kernel's own type1 fails it, too",))
    return result


def _absent(peers: dict[str, Result], results: Sequence[Result]) -> list[Result]:
    """Cases that the kernel's own type1 passes and of which there is no result on ours."""
    there = {_case(result) for result in results if _is(result, OURS)}
    return [replace(peer, program=f"{OURS}/{peer.program.partition('/')[2]}", status=Status.FAIL,
                    detail=("the kernel's own type1 passes it; on ours there is no result",))
            for case, peer in peers.items() if peer.status is Status.PASS and case not in there]
