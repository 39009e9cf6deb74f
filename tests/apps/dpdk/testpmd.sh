# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Driving DPDK's testpmd on the guest's two network cards, which are ports of one hub. Sourced by the programs here,
# which run in the root that has DPDK.

# shellcheck source=tests/apps/common/tap.sh
. ./tap.sh

A=0000:00:08.0
B=0000:00:09.0
BURSTS=50
PACKETS=1600 # of 32 each
PATIENCE=40  # seconds, and more on a busy machine, for what usually takes two

# It may be gone when something is typed; the cases that follow say so.
trap '' PIPE
work=$(mktemp -d)
log=$work/log
pid=

# launch EAL-OPTION... -- TESTPMD-OPTION...: with a pipe for what is typed, which descriptor 7 keeps open.
launch()
{
	mkfifo "$work/typed"
	stdbuf -oL dpdk-testpmd -l 0-1 -a $A -a $B "$@" -i --forward-mode=rxonly --total-num-mbufs=4096 <"$work/typed" >"$log" 2>&1 &
	pid=$!
	exec 7>"$work/typed"
	within $PATIENCE up_or_gone
	grep -q '^testpmd>' "$log"
}

up_or_gone()
{
	grep -q '^testpmd>' "$log" || ! kill -0 "$pid" 2>/dev/null
}

# The first case of every program; without it there are no others.
start()
{
	check "testpmd starts" launch "$@" && [ "$failures" -eq 0 ] && return
	finish "$log"
	exit 1
}

# Known commands answer in the log; a mark of lines keeps old answers out.
type_in()
{
	mark=$(wc -l <"$log")
	echo "$1" >&7
}

answered()
{
	tail -n "+$((mark + 1))" "$log" | grep -qE "$1"
}

# command TEXT PATTERN: type it and wait for the answer.
command_is()
{
	type_in "$1"
	within $PATIENCE answered "$2"
}

# What a port counts: counted PORT RX|TX
counted()
{
	tail -n "+$((mark + 1))" "$log" | awk -v port="$1" -v what="$2-packets:" '
		/NIC statistics for port/ { here = $6 == port }
		here { for (i = 1; i < NF; i++) if ($i == what) found = $(i + 1) }
		END { print found }'
}

everything_arrived()
{
	type_in "show port stats all"
	sleep 1
	[ "$(counted 0 RX)" = $PACKETS ] && [ "$(counted 1 RX)" = $PACKETS ]
}

# Both ports send to each other; four cases, since every counter has to be exact.
exchange()
{
	type_in "clear port stats all"
	sleep 1
	type_in "start tx_first $BURSTS"
	within $PATIENCE everything_arrived || :
	for port in 0 1; do
		for way in TX RX; do
			got=$(counted $port $way)
			[ "$got" = $PACKETS ] || echo "# port $port counts ${got:-no} packets"
			[ "$got" = $PACKETS ]
			case_is $? "port $port: $PACKETS packets, $way"
		done
	done
	type_in stop
	within $PATIENCE answered 'Done\.'
}

links_up()
{
	type_in "show port summary all"
	sleep 1
	[ "$(tail -n "+$((mark + 1))" "$log" | grep -c ' up ')" -eq 2 ]
}

leave()
{
	echo quit >&7
	exec 7>&-
	wait "$pid"
}
