# SPDX-License-Identifier: GPL-2.0-only
"""The verdict over two backends, and the lists of applications. Run by tests/lab/selftest."""

import unittest

from ioaslab import config, kmsg
from ioaslab.apps import compare, suite
from ioaslab.results import Result, Status
from ioaslab.ui import LabError

PASS, FAIL, SKIP = Status.PASS, Status.FAIL, Status.SKIP


def results(*entries):
    return [Result("6.12/vtd", program, name, status, (f"said by {program}",)) for program, name, status in entries]


def judged(*entries, known="", both=True):
    found = compare.judge(results(*entries), lambda case: "because" if case == known else "", both)
    return [(result.program, result.name, result.status) for result in found]


class Verdict(unittest.TestCase):
    def test_both_pass(self):
        both = [("type1/a", "one", PASS), ("ioasid/a", "one", PASS)]
        self.assertEqual(judged(*both), both)

    def test_ours_fails_what_the_peer_passes(self):
        found = compare.judge(results(("type1/a", "one", PASS), ("ioasid/a", "one", FAIL)), lambda case: "", True)
        self.assertEqual([result.status for result in found], [PASS, FAIL])
        self.assertIn("said by ioasid/a", found[1].detail)
        self.assertIn("passes it", found[1].detail[-1])

    def test_ours_skips_what_the_peer_passes(self):
        self.assertEqual(judged(("type1/a", "one", PASS), ("ioasid/a", "one", SKIP))[1][2], FAIL)

    def test_both_skip(self):
        self.assertEqual([entry[2] for entry in judged(("type1/a", "one", SKIP), ("ioasid/a", "one", SKIP))], [SKIP, SKIP])

    def test_a_failure_of_the_peer_needs_a_reason(self):
        self.assertEqual(judged(("type1/a", "one", FAIL), ("ioasid/a", "one", PASS))[0][2], FAIL)

    def test_a_known_failure_of_the_peer(self):
        self.assertEqual(judged(("type1/a", "one", FAIL), ("ioasid/a", "one", PASS), known="a one"),
                         [("type1/a", "one", SKIP), ("ioasid/a", "one", PASS)])
        self.assertEqual([entry[2] for entry in judged(("type1/a", "one", FAIL), ("ioasid/a", "one", FAIL), known="a one")],
                         [SKIP, SKIP])

    def test_a_reason_does_not_excuse_ours_where_the_peer_passes(self):
        self.assertEqual(judged(("type1/a", "one", PASS), ("ioasid/a", "one", FAIL), known="a one")[1][2], FAIL)

    def test_a_failure_only_ours_could_have(self):
        self.assertEqual(judged(("type1/a", "one", PASS), ("ioasid/a", "one", PASS), ("ioasid/a", "two", FAIL))[2][2], FAIL)

    def test_no_result_on_ours(self):
        self.assertEqual(judged(("type1/a", "one", PASS)), [("type1/a", "one", PASS), ("ioasid/a", "one", FAIL)])
        self.assertEqual(judged(("type1/a", "one", PASS), both=False), [("type1/a", "one", PASS)])

    def test_the_kernel_log_excuses_nobody(self):
        complaints = [("type1/a", "kernel log: BUG", FAIL), ("ioasid/a", "kernel log: BUG", FAIL)]
        self.assertEqual(judged(*complaints, known="a kernel log: BUG"), complaints)

    def test_what_is_no_backend_stays(self):
        self.assertEqual(judged(("set-up", "one", FAIL)), [("set-up", "one", FAIL)])


class Data(unittest.TestCase):
    def test_every_application_is_whole(self):
        for app in suite.apps().values():
            programs = suite.listed(app)
            self.assertEqual(programs[0].name, "backend", app.name)
            self.assertEqual(len({program.name for program in programs}), len(programs), app.name)
            for name in app.kernels:
                config.kernel(name)
            for name in app.machines:
                config.machine(name)
            for known in app.known:
                self.assertTrue(known.why, app.name)

    def test_each_program_runs_on_both_backends_and_after_the_proof_of_which(self):
        app = suite.apps()["selftests-vfio"]
        self.assertEqual([(program.name, program.stage) for program in suite.plan(app, ["dma_mapping"], ["type1", "ioasid"])],
                         [("type1/backend", "no-module"), ("type1/dma_mapping", "no-module"),
                          ("ioasid/backend", "module"), ("ioasid/dma_mapping", "module")])

    def test_unknown_names(self):
        with self.assertRaises(LabError):
            suite.select(["nothing"])
        with self.assertRaises(LabError):
            suite.plan(suite.apps()["selftests-vfio"], ["nothing"], ["type1"])

    def test_a_machine_that_cannot_boot_a_kernel_is_left_out(self):
        places = suite.apps()["selftests-vfio"].places(list(config.kernels().values()), ["virtio-iommu"])
        self.assertEqual([kernel.name for kernel, _ in places], ["6.12", "7.2"])

    def test_only_default_machines_are_used_unasked(self):
        self.assertNotIn("amd-vi", [machine.name for machine in config.default_machines()])


class RefusedDma(unittest.TestCase):
    def test_is_a_complaint_only_where_nobody_asks_for_it(self):
        line = "[    5.1] DMAR: [DMA Read NO_PASID] Request device [00:04.0] fault addr 0x1000 [fault reason 0x06] not set"
        self.assertEqual(kmsg.scan(line), [])
        self.assertEqual([finding.kind for finding in kmsg.scan(line, faults=True)], ["refused DMA"])
