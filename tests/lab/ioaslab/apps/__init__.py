# SPDX-License-Identifier: GPL-2.0-only
"""Owns running programs of others on two backends of VFIO type1, the kernel's own and ours. Called by cli and check."""
