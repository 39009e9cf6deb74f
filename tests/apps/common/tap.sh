# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# TAP for programs that talk to another one through its terminal. Sourced by them.

number=0
failures=0

plan()
{
	echo "TAP version 13"
	echo "1..$1"
}

# case_is STATUS DESCRIPTION
case_is()
{
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number $2"
	else
		failures=$((failures + 1))
		echo "not ok $number $2"
	fi
}

# check DESCRIPTION COMMAND...
check()
{
	description=$1
	shift
	"$@"
	case_is $? "$description"
}

# The last of a program, whose exit status this makes. A log follows a failure.
finish()
{
	if [ "$failures" -ne 0 ] && [ -n "$1" ] && [ -e "$1" ]; then
		sed 's/^/# /' "$1" | tail -n 60
	fi
	[ "$failures" -eq 0 ]
}

# within SECONDS COMMAND...: try again until it succeeds.
within()
{
	left=$1
	shift
	until "$@"; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		sleep 1
	done
}
