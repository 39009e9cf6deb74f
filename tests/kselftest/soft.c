// SPDX-License-Identifier: GPL-2.0
/*
 * Mediated test devices. Linked into every test program, used by those about them.
 */
#define _GNU_SOURCE
#include "soft.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Where kernels before 6.1 make them, by name. */
#define CREATE		"/sys/class/mdev_bus/ioas-mediated/mdev_supported_types/*-dma/create"
#define UUID		"6f617369-6d65-6469-6174-0000000000%02x"

static bool made_by_name(void)
{
	return kernel_before(6, 1);
}

const char *soft_name(unsigned int n)
{
	static char names[NUM_SOFT][64];

	snprintf(names[n], sizeof(names[n]),
		 made_by_name() ? UUID : "ioas-mediated.%u", n);
	return names[n];
}

static int create(unsigned int n)
{
	const char *name = soft_name(n);
	glob_t found;
	int fd, ret;

	if (glob(CREATE, 0, NULL, &found)) {
		fprintf(stderr, "there is no " CREATE "\n");
		return -1;
	}
	fd = open(found.gl_pathv[0], O_WRONLY | O_CLOEXEC);
	ret = fd < 0 || write(fd, name, strlen(name)) < 0 ? -1 : 0;
	if (ret)
		perror(found.gl_pathv[0]);
	if (fd >= 0)
		close(fd);
	globfree(&found);
	return ret;
}

int soft_make(void)
{
	int ret = 0;

	for (unsigned int n = 0; !ret && made_by_name() && n < NUM_SOFT; n++)
		ret = create(n);
	return ret;
}

void soft_init(struct dev *dev, unsigned int n)
{
	dev_init(dev, NUM_EDU);
	dev->name = soft_name(n);
	dev->cookie = 0x50f7000000000000ULL + n;
}

int soft_claim(struct dev *dev, unsigned int n, const struct dev *first)
{
	soft_init(dev, n);
	return first ? dev_join_inited(dev, first) :
		       dev_claim_inited(dev, VFIO_IOASID_IOMMU);
}

int soft_open(struct dev *dev, unsigned int n, const struct dev *first, int fd)
{
	int err = soft_claim(dev, n, first);

	err = err ? err : dev_bind(dev, fd);
	return err ? err : device_open(dev->group, dev->name, &dev->device);
}

static int ask(struct dev *dev, unsigned long request, void *arg)
{
	return ioctl(dev->device, request, arg) ? errno : 0;
}

int soft_driver_open(struct dev *dev)
{
	dev_init(dev, NUM_EDU);
	dev->name = "ioas-test-driver";
	dev->cookie = 0x50f7d00000000000ULL;
	dev->device = open("/dev/ioas-test-driver", O_RDWR | O_CLOEXEC);
	return dev->device < 0 ? errno : 0;
}

int soft_driver_bind(struct dev *dev, int fd, __u32 intent)
{
	return soft_driver_bind_part(dev, fd, intent, IOASID_PASIDS_NONE,
				     NO_PARENT);
}

int soft_driver_bind_part(struct dev *dev, int fd, __u32 intent, __u32 pasids,
			  __u32 parent)
{
	struct mediated_bind bind = {
		.ioasid_fd = fd,
		.intent = intent,
		.pasids = pasids,
		.parent = parent + 1,
		.cookie = dev->cookie,
		.extack = (uintptr_t)&ea,
	};
	int err = ask(dev, MEDIATED_BIND, &bind);

	if (!err)
		dev->id = bind.dev_id;
	return err;
}

int soft_driver_unbind(struct dev *dev)
{
	return ask(dev, MEDIATED_UNBIND, NULL);
}

int soft_driver_attach_pasid(struct dev *dev, __u32 pasid, __u32 ioasid)
{
	struct mediated_attach attach = {
		.ioasid = ioasid,
		.pasid = pasid,
		.extack = (uintptr_t)&ea,
	};

	return ask(dev, MEDIATED_ATTACH_PASID, &attach);
}

int soft_driver_attach(struct dev *dev, __u32 ioasid)
{
	return ask(dev, MEDIATED_ATTACH, (void *)(uintptr_t)ioasid);
}

int soft_driver_detach_pasid(struct dev *dev, __u32 pasid)
{
	struct mediated_attach detach = { .pasid = pasid };

	return ask(dev, MEDIATED_DETACH_PASID, &detach);
}

int soft_driver_detach(struct dev *dev)
{
	return ask(dev, MEDIATED_DETACH, NULL);
}

int soft_driver_hw_pasid(struct dev *dev, __u32 pasid, __u32 *hw_pasid)
{
	struct mediated_attach which = { .pasid = pasid };
	int err = ask(dev, MEDIATED_HW_PASID, &which);

	*hw_pasid = which.hw_pasid;
	return err;
}

static bool all_are(const unsigned char *va, unsigned int length,
		    unsigned char byte)
{
	while (length && *va++ == byte)
		length--;
	return !length;
}

int soft_parent_sees(struct dev *dev, __u32 how, __u32 pasid, __u64 iova,
		     void *va, unsigned int length, unsigned int seed)
{
	unsigned char byte = 1 + seed % 250;
	struct mediated_dma dma = {
		.op = MEDIATED_SUM,
		.how = how,
		.pasid = pasid,
		.src = iova,
		.dst = iova,
		.length = length,
	};
	__u64 sum;
	int err;

	memset(va, byte, length);
	err = soft_dma(dev, dma, &sum);
	if (!err && sum != (__u64)byte * length)
		err = EILSEQ;
	dma.op = MEDIATED_FILL;
	dma.value = byte + 1;
	if (!err)
		err = soft_dma(dev, dma, NULL);
	return err ? err : all_are(va, length, byte + 1) ? 0 : EILSEQ;
}

int soft_driver_gone(struct dev *dev)
{
	return ioctl(dev->device, MEDIATED_GONE, 0);
}

int soft_dma(struct dev *dev, struct mediated_dma dma, __u64 *value)
{
	int err = ask(dev, MEDIATED_DMA, &dma);

	if (value)
		*value = dma.value;
	return err;
}

int soft_copy(struct dev *dev, __u32 how, __u64 src, __u64 dst, __u64 length)
{
	struct mediated_dma dma = {
		.op = MEDIATED_COPY,
		.how = how,
		.src = src,
		.dst = dst,
		.length = length,
	};

	return soft_dma(dev, dma, NULL);
}

int soft_fill(struct dev *dev, __u32 how, __u64 dst, __u64 length, int byte)
{
	struct mediated_dma dma = {
		.op = MEDIATED_FILL,
		.how = how,
		.dst = dst,
		.length = length,
		.value = byte,
	};

	return soft_dma(dev, dma, NULL);
}

int soft_sum(struct dev *dev, __u32 how, __u64 src, __u64 length, __u64 *sum)
{
	struct mediated_dma dma = {
		.op = MEDIATED_SUM,
		.how = how,
		.src = src,
		.length = length,
	};

	return soft_dma(dev, dma, sum);
}

int soft_hold(struct dev *dev, __u64 iova, __u32 count, bool write)
{
	struct mediated_hold hold = { iova, count, write };

	return ask(dev, MEDIATED_HOLD, &hold);
}

int soft_unhold(struct dev *dev, __u64 iova, __u32 count)
{
	struct mediated_hold hold = { iova, count, false };

	return ask(dev, MEDIATED_UNHOLD, &hold);
}

int soft_peek(struct dev *dev, __u64 iova)
{
	struct mediated_touch touch = { .iova = iova };
	int err = ask(dev, MEDIATED_TOUCH, &touch);

	return err ? -err : (int)touch.value;
}

int soft_poke(struct dev *dev, __u64 iova, int byte)
{
	struct mediated_touch touch = {
		.iova = iova,
		.write = true,
		.value = byte,
	};

	return ask(dev, MEDIATED_TOUCH, &touch);
}

int soft_behave(struct dev *dev, unsigned long how)
{
	return ask(dev, MEDIATED_BEHAVE, (void *)how);
}

struct mediated_state soft_state(struct dev *dev)
{
	struct mediated_state state;

	memset(&state, 0xff, sizeof(state));
	ask(dev, MEDIATED_STATE, &state);
	return state;
}
