# SPDX-License-Identifier: GPL-2.0-only
"""The modules of the VM lab; tests/lab/lab.py is the program."""
