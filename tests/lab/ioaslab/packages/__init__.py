# SPDX-License-Identifier: GPL-2.0-only
"""Building packages, and installing, upgrading and removing them in whole systems."""
