// SPDX-License-Identifier: GPL-2.0
/*
 * Attaches that are refused because a test wants it so: what is written to a device's
 * file in debugfs says what becomes of its next ones, see mock.h.
 *
 * The file is written and read by counters.c, the outcomes are used up by domain.c.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "mock/internal.h"

static DEFINE_MUTEX(mock_refuse_lock);

static int read_outcome(struct mock_refusals *refusals, const char *text)
{
	u32 outcome;
	int ret = kstrtou32(text, 0, &outcome);

	if (ret)
		return ret;
	if (outcome > MAX_ERRNO || refusals->num == MOCK_MAX_OUTCOMES)
		return -EINVAL;
	refusals->outcomes[refusals->num++] = outcome;
	return 0;
}

/**
 * mock_refuse_set() - Say what becomes of the next attaches of a device
 * @md: the device
 * @text: an errno each, 0 to let it pass, separated by spaces; is written to
 *
 * Context: may sleep.
 * Return: 0 or a negative errno; then nothing has changed.
 */
int mock_refuse_set(struct mock_device *md, char *text)
{
	struct mock_refusals refusals = {};
	char *outcome;
	int ret = 0;

	text = strim(text);
	while (!ret && (outcome = strsep(&text, " ")))
		if (*outcome)
			ret = read_outcome(&refusals, outcome);
	if (ret)
		return ret;
	mutex_lock(&mock_refuse_lock);
	md->refusals = refusals;
	mutex_unlock(&mock_refuse_lock);
	return 0;
}

/**
 * mock_refuse_show() - Show which outcomes are left
 * @m: where to
 * @md: the device
 *
 * Context: may sleep.
 */
void mock_refuse_show(struct seq_file *m, struct mock_device *md)
{
	u32 i;

	mutex_lock(&mock_refuse_lock);
	seq_printf(m, "left %u\n", md->refusals.num - md->refusals.used);
	for (i = md->refusals.used; i < md->refusals.num; i++)
		seq_printf(m, "outcome %u\n", md->refusals.outcomes[i]);
	mutex_unlock(&mock_refuse_lock);
}

/**
 * mock_refuse_attach() - What becomes of an attach
 * @md: the device that is attached, or whose PASID is
 *
 * Context: may sleep.
 * Return: 0 or the negative errno that the test wants.
 */
int mock_refuse_attach(struct mock_device *md)
{
	struct mock_refusals *refusals = &md->refusals;
	int ret = 0;

	mutex_lock(&mock_refuse_lock);
	if (refusals->used < refusals->num)
		ret = -(int)refusals->outcomes[refusals->used++];
	mutex_unlock(&mock_refuse_lock);
	return ret;
}
