# SPDX-License-Identifier: GPL-2.0-only
"""The benchmarks: ioasid measured beside its peers in one boot. Method: tests/bench/README.md."""
