# SPDX-License-Identifier: GPL-2.0-only
"""Finding what is installed in a root. Run by tests/lab/selftest."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ioaslab import config, roots
from ioaslab.ui import LabError


class Kernels(unittest.TestCase):
    def setUp(self):
        root = tempfile.TemporaryDirectory()
        self.addCleanup(root.cleanup)
        self.root = Path(root.name)
        patch = mock.patch.object(roots, "path_of", return_value=self.root)
        patch.start()
        self.addCleanup(patch.stop)

    def has(self, *images):
        for image in images:
            (self.root / image).parent.mkdir(parents=True, exist_ok=True)
            (self.root / image).touch()

    def found(self, name):
        return roots.release_of(config.kernel(name)), roots.image_of(config.kernel(name)).relative_to(self.root)

    def test_the_newest_in_boot(self):
        self.has("boot/vmlinuz-6.12.9+deb13-amd64", "boot/vmlinuz-6.12.10+deb13-amd64", "boot/vmlinuz-6.1.0-9-amd64")
        self.assertEqual(self.found("6.12"), ("6.12.10+deb13-amd64", Path("boot/vmlinuz-6.12.10+deb13-amd64")))

    def test_one_that_is_not_compressed(self):
        self.has("boot/vmlinux-6.12.10+deb13-powerpc64le")
        self.assertEqual(self.found("ppc64el-6.12")[0], "6.12.10+deb13-powerpc64le")

    def test_one_beside_its_modules(self):
        self.has("lib/modules/7.3-s390x/vmlinuz")
        self.assertEqual(self.found("s390x-7.3"), ("7.3-s390x", Path("lib/modules/7.3-s390x/vmlinuz")))

    def test_none(self):
        with self.assertRaises(LabError):
            self.found("6.12")


if __name__ == "__main__":
    unittest.main()
