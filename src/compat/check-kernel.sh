#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Says whether ioasidfd can be built for a kernel, and if not everything that is
# in the way, before the compiler says it less clearly. Called by the Makefile:
#
#	check-kernel.sh KDIR [KVER]
#
# KVER is given when KDIR was derived from it, to name the missing package.
# IOASIDFD_FORCE_KERNEL=1 turns a release outside META's range into a warning.
set -u
kdir=$1
kver=${2-}
here=$(dirname "$0")
meta=$here/../../META

die() {
	printf 'ioasidfd: error: %s\n' "$1" >&2
	shift
	printf '  %s\n' "$@" >&2
	exit 1
}

no_headers() {
	[ -n "$kver" ] || die "$kdir holds no kernel headers: $1." \
		"KDIR must name a configured kernel build directory."
	die "the headers of kernel $kver are not installed: $1." \
		"Install them (Debian, Ubuntu: apt install linux-headers-$kver;" \
		"Fedora: dnf install kernel-devel-$kver), or name another kernel with KDIR="
}

# 6.12.3 -> 6012
number() {
	echo "$1" | awk -F'[^0-9]' '{ print $1 * 1000 + $2 }'
}

check_release() {
	min=$(sed -n 's/^Linux-Minimum: *//p' "$meta")
	max=$(sed -n 's/^Linux-Maximum: *//p' "$meta")
	n=$(number "$release")
	[ "$n" -ge "$(number "$min")" ] && [ "$n" -le "$(number "$max")" ] && return
	[ "${IOASIDFD_FORCE_KERNEL-}" = 1 ] || die \
		"kernel $release is outside the range this version supports, $min to $max." \
		"Look for a newer ioasidfd, or try with IOASIDFD_FORCE_KERNEL=1: the build then" \
		"still stops at the first API it does not know, but nobody has tested the result."
	echo "ioasidfd: warning: kernel $release is outside $min to $max; building because IOASIDFD_FORCE_KERNEL=1" >&2
}

[ -d "$kdir" ] || no_headers "$kdir does not exist"
[ -r "$kdir/Makefile" ] || no_headers "$kdir has no Makefile"
uts=$kdir/include/generated/utsrelease.h
[ -r "$uts" ] || no_headers "$kdir has no include/generated/utsrelease.h"
release=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' "$uts")
check_release

config=$kdir/.config
[ -r "$config" ] || config=$kdir/include/config/auto.conf
[ -r "$config" ] || no_headers "$kdir has no .config"
[ -r "$kdir/Module.symvers" ] || no_headers "$kdir has no Module.symvers"

missing=$(awk -v release="$release" -f "$here/missing.awk" \
	"$config" "$kdir/Module.symvers" "$here/requirements") || exit 1
[ -z "$missing" ] || die "kernel $release ($kdir) lacks what ioasidfd needs:
$missing" "These are choices of whoever built the kernel; use one that has them."
