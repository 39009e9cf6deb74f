#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Answers one probe: does this kernel have the new form of an API, or the old
# one? Neither is an error, because a kernel that nobody has looked at must not
# be built for by guesswork. Called by probes.mk for each probe, and before them
# for toolchain.c, which only has to compile:
#
#	ask.sh probe.c probe.answer kernel-release compiler flags...
set -u
probe=$1
answer=$2
kernel=$3
shift 3
compiler=$1
name=$(basename "$probe" .c | tr '[:lower:]' '[:upper:]')

# -Wno-error: a warning is no answer. Function and member types are compared by
# static assertions, which are errors with every compiler and flag.
try() {
	output=$("$@" -Wno-error -fsyntax-only "$probe" 2>&1)
}

found() {
	echo "#define IOAS_HAVE_$name $1" > "$answer"
	exit 0
}

fail() {
	compiler=$("$compiler" --version 2>&1 | head -n 1)
	{
		printf '\nioasidfd: error: %s\n' "$1"
		printf '  probe:    %s\n' "$probe"
		printf '  kernel:   %s\n' "$kernel"
		printf '  compiler: %s\n\n' "$compiler"
		printf '%s\n\n' "$2"
	} >&2
	exit 1
}

if [ "$name" = TOOLCHAIN ]; then
	try "$@" && : > "$answer" && exit 0
	fail "the compiler cannot read this kernel's headers" "$output

Use the compiler that built the kernel: make CC=..."
fi

try "$@" -DPROBE_NEW && found 1
as_new=$output
try "$@" -DPROBE_OLD && found 0
as_old=$output

fail "this kernel has neither the new nor the old form of $name" "\
As the new form:
$as_new

As the old form:
$as_old

This kernel's API is not known to this version of ioasidfd. Look for a newer
version, or teach it: the probe's first comment says what the two forms are."
