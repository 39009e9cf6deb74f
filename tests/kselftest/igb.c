// SPDX-License-Identifier: GPL-2.0
/*
 * Network controllers: see igb.h. Linked into every test program, used by those with
 * virtual functions.
 */
#include "igb.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "common.h"

/* Of the physical function. */
#define REG_CTRL	0x0000
#define REG_STATUS	0x0008
#define REG_MDIC	0x0020
#define REG_RCTL	0x0100
#define REG_TCTL	0x0400
#define REG_VFRE	0x0c8c
#define REG_VFTE	0x0c90
#define REG_DTXSWC	0x3500
#define REG_RAL(n)	(0x5400 + 8 * (n))
#define REG_RAH(n)	(0x5404 + 8 * (n))
#define REG_MRQC	0x5818
#define REG_VMOLR(n)	(0x5ad0 + 4 * (n))

#define CTRL_LINK_RESET	0x00000008U
#define CTRL_LINK_UP	0x00000040U
#define STATUS_LINK_UP	0x00000002U
#define RCTL_ENABLE	0x00000002U
#define RCTL_LONG	0x00000020U
#define RCTL_STRIP_CRC	0x04000000U
#define TCTL_ENABLE	0x00000002U
#define DTXSWC_LOOPBACK	0x80000000U
#define RAH_POOL(n)	(0x00040000U << (n))
#define RAH_VALID	0x80000000U
#define MRQC_BY_ADDRESS	3U
#define VMOLR_LENGTH	0x2600U
#define VMOLR_LONG	0x00010000U
#define VMOLR_UNTAGGED	0x01000000U
#define VMOLR_STRIP_CRC	0x80000000U

/* Its PHY is asked for by this register, and finds a link if it is told to look. */
#define MDIC_PHY	0x00200000U
#define MDIC_WRITE	0x04000000U
#define MDIC_READY	0x10000000U
#define PHY_CONTROL	0x00000000U
#define PHY_NEGOTIATE	0x1200U

/* Of a virtual function. */
#define REG_SENT	0x0f14
#define REG_RDBA	0x2800
#define REG_RDLEN	0x2808
#define REG_SRRCTL	0x280c
#define REG_RDH		0x2810
#define REG_RDT		0x2818
#define REG_RXDCTL	0x2828
#define REG_TDBA	0x3800
#define REG_TDLEN	0x3808
#define REG_TDH		0x3810
#define REG_TDT		0x3818
#define REG_TXDCTL	0x3828

#define SRRCTL_BLOCKS	(IGB_BLOCK / 1024)
#define SRRCTL_ONE	0x02000000U
#define QUEUE_ENABLE	0x02000000U

#define SEND_DATA	0x20300000U
#define SEND_END	0x01000000U
#define SEND_CRC	0x02000000U
#define SEND_REPORT	0x08000000U
#define SEND_TOTAL(n)	((n) << 14)
#define DONE		0x1U

#define RING_LENGTH	16
/* For those who try something out. */
#define ETHERTYPE	0x88b5

struct igb_send {
	__u64 address;
	__u32 command;
	__u32 status;
};

union igb_receive {
	struct {
		__u64 address;
		__u64 unused;
	} told;
	struct {
		__u64 unused;
		__u32 status;
		__u16 length;
		__u16 vlan;
	} done;
};

/*
 * A frame begins with a block of its own, in which its header is, so that the data are in
 * whole blocks where they are sent and where they are received.
 */
struct igb_ring {
	struct igb_send send[RING_LENGTH];
	union igb_receive receive[RING_LENGTH];
	__u8 unused[512];
	__u8 sent[IGB_BLOCK];
	__u8 received[IGB_BLOCK];
};

static __u64 iova_of(struct igb *igb, size_t offset)
{
	return igb->iova + offset;
}

static void set_bits(struct igb *igb, unsigned int reg, __u32 bits)
{
	pci_write32(&igb->pci, reg, pci_read32(&igb->pci, reg) | bits);
}

static int wait_bits(struct igb *igb, unsigned int reg, __u32 mask, __u32 bits)
{
	__u64 end = now_ms() + PCI_TIMEOUT_MS;

	while ((pci_read32(&igb->pci, reg) & mask) != bits) {
		if (now_ms() > end)
			return -ETIMEDOUT;
		pci_rest();
	}
	return 0;
}

static int link_up(struct igb *igb)
{
	__u32 ctrl = pci_read32(&igb->pci, REG_CTRL);
	int err;

	pci_write32(&igb->pci, REG_CTRL,
		    (ctrl & ~CTRL_LINK_RESET) | CTRL_LINK_UP);
	pci_write32(&igb->pci, REG_MDIC,
		    MDIC_WRITE | MDIC_PHY | PHY_CONTROL | PHY_NEGOTIATE);
	err = wait_bits(igb, REG_MDIC, MDIC_READY, MDIC_READY);
	return err ? err : wait_bits(igb, REG_STATUS, STATUS_LINK_UP,
				     STATUS_LINK_UP);
}

int igb_open_physical(struct igb *igb, int device)
{
	int err;

	memset(igb, 0, sizeof(*igb));
	err = pci_open(&igb->pci, device);
	err = err ? err : link_up(igb);
	if (err)
		return err;
	pci_write32(&igb->pci, REG_VFRE, 0);
	pci_write32(&igb->pci, REG_VFTE, 0);
	pci_write32(&igb->pci, REG_MRQC, MRQC_BY_ADDRESS);
	pci_write32(&igb->pci, REG_DTXSWC, DTXSWC_LOOPBACK);
	set_bits(igb, REG_TCTL, TCTL_ENABLE);
	pci_write32(&igb->pci, REG_RCTL,
		    RCTL_ENABLE | RCTL_LONG | RCTL_STRIP_CRC);
	return 0;
}

/* An address that nobody sold. */
static void address_of(unsigned int number, __u8 address[6])
{
	memset(address, 0, 6);
	address[0] = 0x02;
	address[5] = number + 1;
}

int igb_put_online(struct igb *igb, unsigned int number)
{
	__u8 address[8] = { 0 };
	__u32 half[2];

	address_of(number, address);
	memcpy(half, address, sizeof(half));
	pci_write32(&igb->pci, REG_RAL(1 + number), half[0]);
	pci_write32(&igb->pci, REG_RAH(1 + number),
		    half[1] | RAH_POOL(number) | RAH_VALID);
	pci_write32(&igb->pci, REG_VMOLR(number),
		    VMOLR_LENGTH | VMOLR_LONG | VMOLR_UNTAGGED |
		    VMOLR_STRIP_CRC);
	set_bits(igb, REG_VFRE, 1U << number);
	set_bits(igb, REG_VFTE, 1U << number);
	return 0;
}

static void start_queues(struct igb *igb)
{
	struct pci *pci = &igb->pci;

	pci_write64(pci, REG_TDBA,
		    iova_of(igb, offsetof(struct igb_ring, send)));
	pci_write32(pci, REG_TDLEN, sizeof(igb->ring->send));
	pci_write32(pci, REG_TDH, 0);
	pci_write32(pci, REG_TDT, 0);
	pci_write32(pci, REG_TXDCTL, QUEUE_ENABLE);
	pci_write64(pci, REG_RDBA,
		    iova_of(igb, offsetof(struct igb_ring, receive)));
	pci_write32(pci, REG_RDLEN, sizeof(igb->ring->receive));
	pci_write32(pci, REG_SRRCTL, SRRCTL_ONE | SRRCTL_BLOCKS);
	pci_write32(pci, REG_RDH, 0);
	pci_write32(pci, REG_RDT, 0);
	pci_write32(pci, REG_RXDCTL, QUEUE_ENABLE);
}

int igb_open(struct igb *igb, int device, unsigned int number, void *memory,
	     __u64 iova)
{
	int err;

	static_assert(sizeof(struct igb_ring) <= IGB_MEMORY, "does not fit");
	memset(igb, 0, sizeof(*igb));
	memset(memory, 0, IGB_MEMORY);
	igb->number = number;
	igb->iova = iova;
	igb->ring = memory;
	err = pci_open(&igb->pci, device);
	if (!err)
		start_queues(igb);
	return err;
}

void igb_close(struct igb *igb)
{
	if (igb->pci.regs && igb->ring) {
		pci_write32(&igb->pci, REG_TXDCTL, 0);
		pci_write32(&igb->pci, REG_RXDCTL, 0);
	}
	pci_close(&igb->pci);
}

/*
 * Where to write the next frame. What it was told before and has not used is told anew:
 * this controller reads that when a frame comes in.
 */
static void expect(struct igb *igb, __u64 sink, size_t length,
		   unsigned int *first)
{
	union igb_receive *entry;
	unsigned int at;
	size_t blocks = length / IGB_BLOCK;

	*first = pci_read32(&igb->pci, REG_RDH) % RING_LENGTH;
	for (size_t i = 0; i <= blocks; i++) {
		at = (*first + i) % RING_LENGTH;
		entry = &igb->ring->receive[at];
		memset(entry, 0, sizeof(*entry));
		entry->told.address = i ? sink + (i - 1) * IGB_BLOCK :
			iova_of(igb, offsetof(struct igb_ring, received));
	}
	pci_write32(&igb->pci, REG_RDT, (at + 1) % RING_LENGTH);
}

static void make_header(struct igb *from, struct igb *to)
{
	__u8 *header = from->ring->sent;

	address_of(to->number, header);
	address_of(from->number, header + 6);
	header[12] = ETHERTYPE >> 8;
	header[13] = ETHERTYPE & 0xff;
}

static struct igb_send *tell(struct igb *igb, unsigned int at, __u64 address,
			     size_t length, __u32 command)
{
	struct igb_send *entry = &igb->ring->send[at % RING_LENGTH];

	entry->address = address;
	entry->command = SEND_DATA | SEND_CRC | command | length;
	entry->status = 0;
	return entry;
}

/* The controller writes into an entry when it is done with it. */
static bool is_done(const __u32 *status)
{
	return __atomic_load_n(status, __ATOMIC_ACQUIRE) & DONE;
}

/* Done when the controller has passed both entries, whether it could send them or not. */
static int send(struct igb *igb, __u64 source, size_t length)
{
	unsigned int tail = pci_read32(&igb->pci, REG_TDT);
	unsigned int end = (tail + 2) % RING_LENGTH;
	__u32 sent = pci_read32(&igb->pci, REG_SENT);
	struct igb_send *first, *last;
	int err;

	first = tell(igb, tail, iova_of(igb, offsetof(struct igb_ring, sent)),
		     IGB_BLOCK, 0);
	first->status = SEND_TOTAL(IGB_BLOCK + length);
	last = tell(igb, tail + 1, source, length, SEND_END | SEND_REPORT);
	pci_write32(&igb->pci, REG_TDT, end);
	err = wait_bits(igb, REG_TDH, ~0U, end);
	if (err)
		return err;
	if (pci_read32(&igb->pci, REG_SENT) == sent || !is_done(&last->status))
		return -EIO;
	return 0;
}

static int wait_frame(struct igb *igb, unsigned int first, size_t length)
{
	unsigned int last = (first + length / IGB_BLOCK) % RING_LENGTH;
	__u64 end = now_ms() + PCI_TIMEOUT_MS;

	while (!is_done(&igb->ring->receive[last].done.status)) {
		if (now_ms() > end)
			return -ETIMEDOUT;
		pci_rest();
	}
	return 0;
}

int igb_move(struct igb *from, __u64 source, struct igb *to, __u64 sink,
	     size_t length)
{
	unsigned int first;
	int err;

	expect(to, sink, length, &first);
	make_header(from, to);
	err = send(from, source, length);
	return err ? err : wait_frame(to, first, length);
}
