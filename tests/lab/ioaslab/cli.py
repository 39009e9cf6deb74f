# SPDX-License-Identifier: GPL-2.0-only
"""Owns the command line. Called by the program `lab`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from . import attended, build, cache, check, checks, config, picture, plan, roots, run, setup
from .apps import command as apps
from .bench import command as bench
from .packages import command as packages, lifecycle
from .results import Result, show, succeeded
from .ui import LabError, report, say
from .work import in_parallel

DEFAULT_KERNEL = "6.12"
DEFAULT_MACHINE = "vtd"


def main(arguments: Sequence[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except LabError as error:
        report(error)
        return 1
    except KeyboardInterrupt:
        say("\nlab: interrupted")
        return 130
    except BrokenPipeError:  # whoever reads it has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lab", description="Build and test ioasidfd on several kernels, in VMs.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run_it: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run_it)
        return added

    several(command("setup", _setup, "install host packages, create build roots, fetch kernels"))
    building = command("build", _build, "build the module for each kernel, and user space")
    several(building)
    building.add_argument("--every", action="store_true",
                          help="for all kernels there are packages of, also those that are otherwise asked for by name")
    running = command("run", _run, "build, then run tests in VMs")
    several(running)
    repeated(running)
    running.add_argument("-m", "--machine", action="append", metavar="MACHINE", help="default: all")
    running.add_argument("tests", nargs="*", metavar="PROGRAM[:TEST]", help="default: all")
    command("check", _check, "everything: host checks, all builds, all tests on all kernels and machines")
    for name, kernels, text in (
            ("debug", config.debug_kernels, "run tests on kernels that look for errors, built when they are first needed"),
            ("watched", config.watched_kernels, "run tests on Debian's kernels with their own checks switched on")):
        looking = command(name, partial(_looking, kernels), text)
        several(looking)
        repeated(looking)
        looking.add_argument("-m", "--machine", action="append", metavar="MACHINE", help="default: all")
        looking.add_argument("tests", nargs="*", metavar="PROGRAM[:TEST]", help="default: all")
    for name, function, text in (("shell", _shell, "a shell in a VM"),
                                 ("demo", _demo, "build, boot and watch a device do DMA through an IOASID")):
        one = command(name, function, text)
        one.add_argument("-k", "--kernel", default=DEFAULT_KERNEL, metavar="KERNEL", help=f"default: {DEFAULT_KERNEL}")
        one.add_argument("-m", "--machine", default=DEFAULT_MACHINE, metavar="MACHINE",
                         help=f"default: {DEFAULT_MACHINE}")
    bench.add_options(command("bench", bench.run, "measure the module beside VFIO type1 and iommufd, in VMs"))
    apps.add_options(command("apps", apps.command, "run programs of others on the kernel's own VFIO type1 and on ours"))
    packages.add_options(command("package", packages.package, "build packages: deb, rpm or arch"))
    lifecycle.add_options(command("lifecycle", lifecycle.command,
                                  "install, upgrade and remove the Debian packages in whole systems, in VMs"))
    inside = command("chroot-run", _chroot_run, "run a command in a copy of the tree in a kernel's build root")
    inside.add_argument("-k", "--kernel", default=DEFAULT_KERNEL, metavar="KERNEL", help=f"default: {DEFAULT_KERNEL}")
    inside.add_argument("-r", "--root", metavar="ROOT", help="another root than the kernel's, with the same kernel in it")
    inside.add_argument("argv", nargs=argparse.REMAINDER, metavar="COMMAND",
                        help="told KVER, KDIR and LINUX, the kernel source's scripts")
    drawing = command("picture", _picture, "draw results by IOMMU and kernel")
    drawing.add_argument("-o", "--output", required=True, metavar="FILE.svg")
    drawing.add_argument("results", nargs="*", metavar="RESULTS.json", help="the later ones count; default: the latest")
    command("list", _list, "list kernels, machines and test programs")
    command("lint-env", _lint_env, "print the folder with the kernel's scripts that lint needs; fetch it first")
    return parser


def several(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-k", "--kernel", action="append", metavar="KERNEL", help="default: all")


def repeated(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--times", type=int, default=1, metavar="N",
                        help="what lives by chance goes on for N times as long as usual, and all limits with it")
    parser.add_argument("--seed", metavar="SEED", help="the chance of an earlier run, as it was printed there")


def _kernels(options: argparse.Namespace) -> list[config.Kernel]:
    return [config.kernel(name) for name in options.kernel] if options.kernel else list(config.kernels().values())


def _machines(options: argparse.Namespace) -> list[config.Machine]:
    return [config.machine(name) for name in options.machine] if options.machine else config.default_machines()


def _setup(options: argparse.Namespace) -> int:
    setup.ready(_kernels(options), config.default_machines())
    for kernel in _kernels(options):
        say(f"{kernel.name}: Linux {roots.release_of(kernel)}, {roots.path_of(kernel.root)}")
    return 0


def _build(options: argparse.Namespace) -> int:
    kernels = list(config.packaged_kernels().values()) if options.every else _kernels(options)
    setup.ready(kernels, [])

    def module(kernel: config.Kernel) -> Result:
        with build.held(kernel.name):
            return run.build_result(kernel.name, "module", build.module(kernel))

    def user_space() -> Result:
        return run.build_result("host", "user space", build.user_space())

    outcomes = in_parallel([user_space, *(partial(module, kernel) for kernel in kernels)])
    results = [outcome for outcome in outcomes if not isinstance(outcome, LabError)]
    show(results)
    return 0 if succeeded(results) and len(results) == len(outcomes) else 1


def _run(options: argparse.Namespace) -> int:
    if options.kernel:
        return _tests(options, _kernels(options))
    # A machine of another architecture is asked for by name, and has kernels of its own.
    everywhere = (config.kernels() | config.foreign_kernels()).values()
    return _tests(options, [kernel for kernel in everywhere if any(machine.boots(kernel) for machine in _machines(options))])


def _tests(options: argparse.Namespace, kernels: list[config.Kernel]) -> int:
    machines, wanted = _machines(options), plan.known(options.tests)
    setup.ready(kernels, machines)
    chance = partial(config.repeated, times=max(options.times, 1), seed=options.seed or "")
    return check.everything([chance(kernel) for kernel in kernels], machines, wanted)


def _looking(default: Callable[[], dict[str, config.Kernel]], options: argparse.Namespace) -> int:
    kernels = _kernels(options) if options.kernel else list(default().values())
    return _tests(options, kernels)


def _check(_: argparse.Namespace) -> int:
    kernels, machines = list(config.kernels().values()), config.default_machines()
    programs_of_others = apps.for_check(kernels)
    setup.ready(kernels, machines)
    apps.ready(programs_of_others)
    return check.everything(kernels, machines, others=config.checks(),
                            also=partial(apps.results_of, programs_of_others))


def _shell(options: argparse.Namespace) -> int:
    kernel, machine = config.kernel(options.kernel), config.machine(options.machine)
    setup.ready([kernel], [machine])
    return attended.shell(kernel, machine)


def _demo(options: argparse.Namespace) -> int:
    kernel, machine = config.kernel(options.kernel), config.machine(options.machine)
    setup.ready([kernel], [machine], with_source=False)
    return attended.demo(kernel, machine)


def _chroot_run(options: argparse.Namespace) -> int:
    if not options.argv:
        raise LabError("no command to run", "lab chroot-run [-k KERNEL] COMMAND [ARGUMENT...]")
    kernel = config.kernel(options.kernel)
    if options.root:
        kernel = replace(kernel, name=options.root, root=config.root(options.root))
    setup.ready([kernel], [])
    return checks.run_command(kernel, options.argv)


def _picture(options: argparse.Namespace) -> int:
    files = [Path(name) for name in options.results] or [cache.folder("results") / "latest" / "results.json"]
    Path(options.output).write_text(picture.draw(files), encoding="utf-8")
    return 0


def _list(_: argparse.Namespace) -> int:
    for kernel in config.packaged_kernels().values():
        state = roots.release_of(kernel) if roots.ready(kernel.root) else "not set up"
        say(f"kernel   {kernel.name:16} {kernel.root.name:22} {state}")
    for machine in config.machines().values():
        say(f"machine  {machine.name:16} {machine.arch.name}")
    programs = build.out() / "tests" / "list"
    if not programs.is_file():
        say(f"The test programs are listed once they are built (cache: {cache.top()}).")
        return 0
    for line in programs.read_text(encoding="utf-8").splitlines():
        say(f"test     {line}")
    return 0


def _lint_env(_: argparse.Namespace) -> int:
    say(setup.lint_folder())
    return 0
