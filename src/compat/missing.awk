# SPDX-License-Identifier: GPL-2.0-only
#
# Prints what a kernel lacks of the requirements, one line each. Called by
# check-kernel.sh with -v release=... and the files .config, Module.symvers and
# requirements, in this order.

function number(version,	part)
{
	split(version, part, /[^0-9]/)
	return part[1] * 1000 + part[2]
}

function any_exported(list,	name, i, n)
{
	n = split(list, name, "|")
	for (i = 1; i <= n; i++)
		if (name[i] in exported)
			return 1
	return 0
}

FNR == 1 { file++ }

file == 1 && /^CONFIG_.*=[ym]$/ { sub(/=.*/, ""); set[$0] }
file == 2 { exported[$2] }
file < 3 || /^#/ || NF == 0 { next }

$1 == "option" {
	why = $0
	sub(/^option +[^ ]+ +[^ ]+ +/, "", why)
	if (!($2 in set) && ($3 == "-" || number(release) >= number($3)))
		print "  " $2 " is not set (" why ")"
	next
}

$1 == "optional" {
	if ($3 in set && !($2 in exported))
		print "  " $2 "() is not exported (" $3 " provides it)"
	next
}

$1 == "symbol" {
	if (!any_exported($2) && ($4 == "" || number(release) >= number($4))) {
		gsub(/\|/, " or ", $2)
		print "  " $2 "() is not exported (" $3 " provides it)"
	}
	next
}

{
	print FILENAME ":" FNR ": not understood: " $0 > "/dev/stderr"
	exit 1
}
