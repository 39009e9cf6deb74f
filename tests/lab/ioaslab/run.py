# SPDX-License-Identifier: GPL-2.0-only
"""Owns one test run: build, boot, follow, judge. Every way a VM can end becomes results. Called by check and apps."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from . import build, cache, initramfs, kmsg, ktap, plan, roots, vm
from .config import Kernel, Machine
from .results import Result, Status, brief
from .session import Section, Session
from .ui import progress

BOOT_LIMIT = 180.0   # seconds until the first test begins
GRACE = 45.0         # beyond a program's own limit, which the guest enforces
OWN_LIMIT = 120      # of the guest's own checks
OWN_SECTIONS = ("set-up", "load-module", "after-tests")
DEBUG_SECTIONS = ("debug-start", "debug-loaded", "debug-unloaded")
BOOTS = 4            # of one job, when programs bring the VM down
KEPT_RUNS = 24
KEPT_SECONDS = 4 * 3600.0  # at least: another lab may be waiting to boot what it put there


@dataclass(frozen=True)
class Job:
    kernel: Kernel
    machine: Machine
    wanted: tuple[str, ...] = ()
    faults: bool = False  # DMA that the IOMMU refuses is a failure

    @property
    def where(self) -> str:
        return f"{self.kernel.name}/{self.machine.name}"

    def rerun(self, program: str) -> str:
        return f"tests/lab/lab run -k {self.kernel.name} -m {self.machine.name} {program}".rstrip()


def build_result(where: str, name: str, built: build.Build) -> Result:
    """A build as a test: it passes when nothing was warned about."""
    rerun = {"user": "tests/lab/lab build", "apps": "tests/lab/lab apps"}.get(
        built.name, f"tests/lab/lab build -k {built.name}")
    if built.clean:
        return Result(where, "build", name, Status.PASS)
    detail = built.warnings or tuple(built.log.read_text(errors="replace").splitlines()[-40:])
    return Result(where, "build", f"{name} ({'warnings' if built.status == 0 else 'failed'})", Status.FAIL,
                  (*detail, f"whole log: {built.log}"), rerun)


def run(job: Job) -> list[Result]:
    """Build for the job's kernel, then boot and test it. User space must have been built."""
    with build.held(job.kernel.name):
        module = build.module(job.kernel)
        results = [build_result(job.where, "module", module)]
        if module.status:
            return results
        user = build.user(job.kernel.arch)
        with build.held(user):
            built = build.out(user) / "tests"
            programs = plan.on_machine(plan.select(plan.read(built), list(job.wanted)),
                                       job.machine.programs, job.machine.without)
            programs = plan.on_kernel(programs, job.kernel)
            if not programs:
                return results
            contents = initramfs.Contents(job.kernel, job.machine, module.products, built, programs)
            image = initramfs.make(contents)
    return results + boots(job, contents, image)


def boots(job: Job, contents: initramfs.Contents, image: bytes) -> list[Result]:
    """Boot it, and again for what is left when a program brings the VM down. `image` is made of `contents`."""
    results = []
    left = list(contents.plan)
    for _ in range(BOOTS):
        before = left
        found, left = _boot(job, image, left)
        results += found
        if left in ([], before):
            break
        progress(job.where, f"booting again for the {len(left)} programs after the one it died in")
        image = initramfs.make(replace(contents, plan=left))
    return results + [_failure(job, program.name, "was not run") for program in left]


def _failure(job: Job, program: str, what: str, detail: Sequence[str] = (), selector: str = "") -> Result:
    return Result(job.where, program, what, Status.FAIL, tuple(detail), job.rerun(selector))


def _boot(job: Job, image: bytes, programs: list[plan.Program]) -> tuple[list[Result], list[plan.Program]]:
    """One VM: its results, and the programs it did not get to because another one brought it down."""
    folder = _new_folder(job)
    machine = vm.Vm(job.kernel, job.machine, folder, "tests")
    machine.initramfs.write_bytes(image)
    with vm.slot(job.where):
        progress(job.where, f"booting {roots.release_of(job.kernel)}, {len(programs)} test programs")
        results, session = _follow(job, machine, programs)
    _keep(results, machine)
    begun = {section.name for section in session.sections}
    left = [program for program in programs if program.name not in begun]
    return results, left


def _follow(job: Job, machine: vm.Vm, programs: list[plan.Program]) -> tuple[list[Result], Session]:
    results: list[Result] = []
    limits = {program.name: program.timeout for program in programs}
    slower = job.kernel.slower
    started = time.monotonic()

    def on_end(section: Section) -> None:
        found = _judge(job, section, programs)
        results.extend(found)
        progress(job.where, f"{section.name}: {brief(found)} ({section.seconds:.1f} s)")

    session = Session(on_end)

    def verdict() -> str:
        now = time.monotonic()
        current = session.current
        if current:
            limit = limits.get(current.name, OWN_LIMIT * slower) + GRACE * slower
            return f"hangs in {current.name}" if now - current.host_clock > limit else ""
        last = max([started, *(section.host_end for section in session.sections)])
        return "hangs outside of any test" if now - last > BOOT_LIMIT * slower else ""

    reason = vm.run(machine, session.feed, verdict)
    session.close()
    results += _unfinished(job, machine, session, programs, reason) + _kernel_log(job, machine)
    return results, session


def _judge(job: Job, section: Section, programs: list[plan.Program]) -> list[Result]:
    """The results of one program, or of one of the guest's own checks."""
    program = next((program for program in programs if program.name == section.name), None)
    tests = ktap.parse(section.lines, section.status)
    seconds = round(section.seconds / max(len(tests), 1), 3)
    return [Result(job.where, section.name, test.name, Status(test.status), tuple(test.detail),
                   job.rerun(_selector(program, test.name) if program else ""), seconds) for test in tests]


def _selector(program: plan.Program, test: str) -> str:
    """What runs that test again; a name with blanks is none of the harness's."""
    return program.label if program.args or " " in test else f"{program.name}:{test}"


def _unfinished(job: Job, machine: vm.Vm, session: Session, programs: list[plan.Program], reason: str) -> list[Result]:
    """What went wrong around the tests, when the guest did not get to its end."""
    results = []
    console = machine.console.read_text(errors="replace").splitlines()[-60:] if machine.console.exists() else []
    if session.current:
        name = session.current.name
        selector = name if name in {program.name for program in programs} else ""
        results += _judge(job, session.current, programs)
        results.append(_failure(job, name, f"the VM {reason or 'ended in it'}", console, selector))
    elif not session.done:
        results.append(_failure(job, "boot", f"the VM {reason or 'ended before the tests did'}", console))
    if session.done:
        begun = {section.name for section in session.sections}
        expected = OWN_SECTIONS + (DEBUG_SECTIONS if job.kernel.debug else ())
        results += [_failure(job, name, "was not run") for name in expected if name not in begun]
    if session.stray:
        results.append(_failure(job, "boot", "output outside of any test", session.stray))
    return results


def _kernel_log(job: Job, machine: vm.Vm) -> list[Result]:
    log = machine.console.read_text(errors="replace") if machine.console.exists() else ""
    if "Linux version" not in log:
        return [_failure(job, "kernel", "there is no kernel log", log.splitlines()[-40:])]
    findings = kmsg.scan(log, job.faults)
    for finding in findings:
        progress(job.where, f"kernel log ({finding.kind}), in {finding.program or 'no test'}: {finding.line}")
    return [_failure(job, finding.program or "kernel", f"kernel log: {finding.line}", finding.excerpt, finding.program)
            for finding in findings] or [Result(job.where, "kernel", "the log is clean", Status.PASS)]


def _new_folder(job: Job) -> Path:
    runs = cache.folder("runs")
    _prune(runs)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for number in range(100):
        folder = runs / f"{stamp}-{job.kernel.name}-{job.machine.name}{f'-{number}' if number else ''}"
        try:
            folder.mkdir()
            return folder
        except FileExistsError:
            continue
    raise FileExistsError(folder)


def _prune(runs: Path) -> None:
    for old in sorted(runs.iterdir(), key=lambda path: path.stat().st_mtime)[:-KEPT_RUNS]:
        if time.time() - old.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(old, ignore_errors=True)


def _keep(results: list[Result], machine: vm.Vm) -> None:
    """A failed run keeps all it takes to boot it again; of a good one the logs are enough."""
    if any(result.status is Status.FAIL for result in results):
        progress(f"{machine.kernel.name}/{machine.machine.name}", f"kept for you: {machine.folder} (console.log, "
                 "results.log, initramfs.cpio; qemu.sh boots it)")
    else:
        machine.initramfs.unlink()
