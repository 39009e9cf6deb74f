# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the checks of the build are written with: runs commands and compares what
# they did with what they should do, in TAP. Sourced by the programs beside it.

tests=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# verdict 'what is claimed' 0|1 [details]
verdict() {
	tests=$((tests + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $tests - $1"
		return
	fi
	failed=$((failed + 1))
	echo "not ok $tests - $1"
	printf '%s\n' "${3-}" | tail -n 30 | sed 's/^/# /'
}

# accepts 'claim' command...: it must succeed.
accepts() {
	claim=$1
	shift
	output=$("$@" 2>&1)
	verdict "$claim" $? "$output"
}

# refuses 'claim' 'words that its message has' command...: it must fail and say so.
refuses() {
	claim=$1
	words=$2
	shift 2
	if output=$("$@" 2>&1); then
		verdict "$claim" 1 "it succeeded: $output"
	elif printf '%s' "$output" | tr '\n' ' ' | grep -qF -- "$words"; then
		verdict "$claim" 0
	else
		verdict "$claim" 1 "no '$words' in: $output"
	fi
}

# Prints the plan; the status is that of the whole program.
finish() {
	echo "1..$tests"
	[ "$failed" -eq 0 ] && [ "$tests" -gt 0 ]
}
