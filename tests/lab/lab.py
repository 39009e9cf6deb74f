# SPDX-License-Identifier: GPL-2.0-only
"""The VM lab: builds the module for every kernel and tests it there. Run by the script `lab` beside it."""

import sys

if sys.version_info < (3, 11):
    sys.exit("lab: Python 3.11 or newer is needed (this is %d.%d)" % sys.version_info[:2])

sys.dont_write_bytecode = True  # often runs as root in a user's tree

from ioaslab.cli import main  # noqa: E402  (the version is checked first)

sys.exit(main(sys.argv[1:]))
