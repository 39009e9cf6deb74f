# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Completion of ioasidctl for bash. Its words are compared with the tool's own table by
# tests/ctl/check.

# What can follow an object: its commands, and the options of all of them.
_ioasidctl_words() {
	case $1 in
	'') echo "feature device space check monitor module demo help" ;;
	feature) echo "probe help" ;;
	device) echo "list show bind unbind help" ;;
	space) echo "list show map help" ;;
	module) echo "status load unload help" ;;
	check | monitor | demo) echo "help" ;;
	esac
}

_ioasidctl_options() {
	echo "--json --pretty --color --ascii --help --version"
	case $1 in
	'device list') echo "--ready" ;;
	'device bind') echo "--driver --group" ;;
	'device unbind') echo "--group" ;;
	'space map') echo "--svg" ;;
	'check ') echo "--memory" ;;
	'monitor ') echo "--rates --interval --count --failures" ;;
	esac
}

# Devices behind an IOMMU; spaces as "space list" names them.
_ioasidctl_arguments() {
	case $1 in
	'device show' | 'device bind' | 'device unbind' | 'check ' | 'demo ')
		local path
		for path in /sys/bus/pci/devices/*/iommu_group; do
			path=${path%/iommu_group}
			[ "${path##*/}" = '*' ] || echo "${path##*/}"
		done
		;;
	'space show' | 'space map')
		ioasidctl --json space list 2> /dev/null |
			grep -o '"name":"[0-9/]*:[0-9]*"' | cut -d '"' -f 4
		;;
	esac
}

_ioasidctl() {
	local cur prev word object='' command='' index
	COMPREPLY=()
	# Colons are part of words here: they are in addresses.
	if declare -F _get_comp_words_by_ref > /dev/null; then
		local words cword
		_get_comp_words_by_ref -n : cur prev words cword
	else
		local words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
		cur=${words[cword]} prev=${words[cword - 1]}
	fi

	for ((index = 1; index < cword; index++)); do
		word=${words[index]}
		case $word in
		--color | --driver | --memory | --interval | --count | --svg) index=$((index + 1)) ;;
		-*) ;;
		*)
			if [ -z "$object" ]; then
				object=$word
			elif [ -z "$command" ] && [[ " $(_ioasidctl_words "$object") " == *" $word "* ]]; then
				command=$word
			fi
			;;
		esac
	done

	local choices
	case $prev in
	--color) choices="auto always never" ;;
	--driver) choices="vfio-pci" ;;
	--memory) choices="512M 1G 4G 16G" ;;
	--interval | --count) return ;;
	--svg)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	*)
		# An object without a command does its first one.
		case $object in
		device | space) choices=$(_ioasidctl_options "$object ${command:-list}") ;;
		*) choices=$(_ioasidctl_options "$object $command") ;;
		esac
		if [[ $cur != -* ]]; then
			choices=
			[ -n "$command" ] || choices=$(_ioasidctl_words "$object")
			[ -z "$object" ] || choices+=" $(_ioasidctl_arguments "$object $command")"
		fi
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
	if declare -F __ltrim_colon_completions > /dev/null; then
		__ltrim_colon_completions "$cur"
	fi
}

complete -F _ioasidctl ioasidctl
