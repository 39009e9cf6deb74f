# SPDX-License-Identifier: GPL-2.0-only
"""Owns the checks of Python and shell. Called by lint."""

from __future__ import annotations

from files import Tree, output_of

SHELL_LINES = 120
# What other programs' shells read.
SOURCED = ("dkms.conf", "PKGBUILD")


def python(tree: Tree) -> list[str]:
    programs = sorted({*tree.named(".py"), *tree.scripts("python3")})
    found = []
    for path in programs:
        try:
            compile(tree.read(path), str(path), "exec")
        except SyntaxError as error:
            found.append(f"{path}:{error.lineno}: {error.msg}")
    return found + output_of(["pyflakes3", *programs], tree.root)


def shell(tree: Tree) -> list[str]:
    scripts = sorted({*tree.named(".sh"), *tree.scripts("sh", "bash"), *(path for path in tree.files if path.name in SOURCED)})
    long = [f"{path}: a shell script of {lines} lines; what needs so many is better written in Python"
            for path in scripts if (lines := len(tree.read(path).splitlines())) > SHELL_LINES]
    return long + output_of(["shellcheck", "--external-sources", "--format=gcc", *scripts], tree.root)
