# SPDX-License-Identifier: GPL-2.0-only
"""The kernel log scanner. The complaints are as the kernels we test print them. Run by tests/lab/selftest."""

import unittest

from ioaslab import kmsg

BAD = """
WARNING: CPU: 0 PID: 181 at drivers/iommu/intel/iommu.c:2390 __domain_mapping.cold+0x94/0xcb
BUG: kernel NULL pointer dereference, address: 0000000000000008
BUG: unable to handle page fault for address: ffffb3c1c0a3d000
Oops: 0000 [#1] SMP NOPTI
Oops: general protection fault, probably for non-canonical address 0x1: 0000 [#1] PREEMPT SMP
general protection fault: 0000 [#1] SMP
kernel BUG at mm/slub.c:321!
Kernel panic - not syncing: Fatal exception
BUG: KASAN: slab-use-after-free in ioas_free+0x1c/0x40 [ioasidfd]
BUG: KFENCE: use-after-free read in foo
UBSAN: array-index-out-of-bounds in foo.c:12:3
UBSAN: shift-out-of-bounds in foo.c:12:3
refcount_t: underflow; use-after-free.
refcount_t: addition on 0; use-after-free.
list_add corruption. prev->next should be next
list_del corruption, ffff888 is LIST_POISON1
WARNING: possible circular locking dependency detected
WARNING: possible recursive locking detected
WARNING: inconsistent lock state
WARNING: suspicious RCU usage
WARNING: bad unlock balance detected!
WARNING: lock held when returning to user space!
INFO: trying to register non-static key.
BUG: sleeping function called from invalid context at mm/slab.h:501
BUG: scheduling while atomic: test/123/0x00000002
INFO: task ioas:123 blocked for more than 120 seconds.
rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
rcu: INFO: rcu_sched self-detected stall on CPU
rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 1-...D }
watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [test:123]
BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 30s!
BUG: Bad page state in process test  pfn:12345
BUG: Bad page map in process test  pte:80000 pmd:1
BUG: Bad rss-counter state mm:00000000 type:MM_ANONPAGES val:3
kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
Out of memory: Killed process 123 (test) total-vm:1kB
Memory cgroup out of memory: Killed process 12 (test)
test invoked oom-killer: gfp_mask=0x140cca, order=0
oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null)
test: page allocation failure: order:4, mode:0x40dc0
usercopy: Kernel memory exposure attempt detected from SLUB object
BUG kmalloc-64 (Tainted: G    B): Poison overwritten
ODEBUG: free active (active state 0) object type: timer_list
DMAR: ERROR: DMA PTE for vPFN 0x10000 already set (to 1234003 not 5678003)
ioasidfd: Unknown symbol vfio_register_iommu_driver (err -2)
ioasidfd: disagrees about version of symbol module_layout
irq 16: nobody cared (try booting with the "irqpoll" option)
slab ioas_area: Objects remaining in ioas_area on __kmem_cache_shutdown()
kmem_cache_destroy ioas_area: Slab cache still has objects
stack segment: 0000 [#1] SMP
------------[ cut here ]------------
""".strip().splitlines()

HARMLESS = """
Linux version 6.12.117+deb13-amd64 (debian-kernel@lists.debian.org)
ioasidfd: loading out-of-tree module taints kernel.
ioasidfd: module verification failed: signature and/or required key missing - tainting kernel
DMAR: [DMA Read NO_PASID] Request device [00:04.0] fault addr 0x100000 [fault reason 0x06] PTE Read access is not set
DMAR: DRHD: handling fault status reg 2
DMAR: IOMMU enabled
Spectre V2 : Mitigation: Retpolines
x86/mm: Checked W+X mappings: passed, no W+X pages found.
rcu: Hierarchical RCU implementation.
test[123]: segfault at 8 ip 0000000000401234 sp 00007ffe error 6 in test
rcu: \tRCU callback double-/use-after-free debug is enabled.
kmemleak: Kernel memory leak detector initialized (mem pool available: 27650)
lab: begin map 12.34
""".strip().splitlines()


def log(*lines):
    return "\n".join(f"[{number:5d}.{number:06d}] {line}\r" for number, line in enumerate(lines))


class Scan(unittest.TestCase):
    def test_every_complaint_is_found(self):
        for line in BAD:
            with self.subTest(line):
                self.assertEqual(len(kmsg.scan(log("fine", line, "fine"))), 1)

    def test_with_every_prefix_a_kernel_may_print(self):
        for prefix in ("", "[    1.234567] ", "[    1.234567][    T1] ", "[    1.234567] [  T123] ", "<4>[    1.234567] "):
            with self.subTest(prefix):
                self.assertEqual(len(kmsg.scan(prefix + BAD[0])), 1)

    def test_harmless_lines(self):
        for line in HARMLESS:
            with self.subTest(line):
                self.assertEqual(kmsg.scan(log(line)), [])

    def test_cut_short(self):
        self.assertEqual(len(kmsg.scan("[    1.0] BUG: kernel NULL poi")), 1)

    def test_told_which_program(self):
        found = kmsg.scan(log("lab: begin map 1.0", BAD[0], "lab: end map 0 2.0", "quiet", "lab: begin dma 3.0", BAD[1]))
        self.assertEqual([finding.program for finding in found], ["map", "dma"])

    def test_outside_of_any_program(self):
        found = kmsg.scan(log("lab: begin map 1.0", "lab: end map 0 2.0", BAD[0]))
        self.assertEqual([finding.program for finding in found], [""])

    def test_one_report_is_one_finding(self):
        found = kmsg.scan(log("------------[ cut here ]------------", BAD[0], "Call Trace:", "RIP: 0010:foo+0x1/0x2"))
        self.assertEqual([finding.line for finding in found], [BAD[0]])
        self.assertEqual(len(found[0].excerpt), 4)

    def test_same_complaint_in_the_next_program_is_another(self):
        found = kmsg.scan(log("lab: begin a 1.0", BAD[0], "lab: end a 0 2.0", "lab: begin b 3.0", BAD[0]))
        self.assertEqual([finding.program for finding in found], ["a", "b"])

    PROVOKED = ("lab: begin stress_memory 1.0", "stress_memory invoked oom-killer: gfp_mask=0xcc0", "Call Trace:",
                "oom-kill:constraint=CONSTRAINT_MEMCG", "Memory cgroup out of memory: Killed process 7 (stress_memory)")

    def test_what_a_program_provokes(self):
        self.assertEqual(kmsg.scan(log(*self.PROVOKED, *self.PROVOKED[1:], self.PROVOKED[-1], self.PROVOKED[-1])), [])

    def test_a_provoked_report_without_an_end(self):
        other = [f"other line {number}" for number in range(kmsg.REPORT)]
        self.assertEqual(kmsg.scan(log(*self.PROVOKED[:-1], *other, *self.PROVOKED[3:])), [])

    def test_what_another_program_provokes(self):
        self.assertEqual(len(kmsg.scan(log("lab: begin other 1.0", *self.PROVOKED[1:]))), 1)

    def test_behind_what_a_program_provokes(self):
        self.assertEqual([finding.line for finding in kmsg.scan(log(*self.PROVOKED, BAD[0]))], [BAD[0]])

    def test_within_what_a_program_provokes(self):
        found = kmsg.scan(log(*self.PROVOKED[:3], "BUG: KASAN: slab-use-after-free in ioas_free+0x1c/0x40 [ioasidfd]"))
        self.assertEqual(len(found), 1)


if __name__ == "__main__":
    unittest.main()
