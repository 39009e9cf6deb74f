// SPDX-License-Identifier: GPL-2.0
/*
 * The tool against the real module: what it finds of this machine and of this process,
 * what it refuses, and what it changes. What it prints for people, and its errors, are
 * tested by tests/ctl/check.
 */
#include "kselftest_harness.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>

#include "common.h"
#include "expect.h"
#include "libioasid.h"
#include "stage.h"

#define TOOL		"tools/ioasidctl"
#define TRACING		"/sys/kernel/tracing/"
#define IOVA		0x40000000ULL
#define OUTPUT		(256 * 1024)

/* What the tool printed, and how it ended. */
struct answer {
	char *text;
	int status;
};

FIXTURE(tool) {
	struct stage stage;
	struct ioasid_device_info info;
	char *memory;		/* 8 pages */
	struct answer answer;
};

FIXTURE_SETUP(tool)
{
	ASSERT_EQ(0, stage_open(&self->stage, EDU_A, 0));
	ASSERT_OK(do_device_info(self->stage.fd, self->stage.dev.id, &self->info));
	self->memory = anon(8 * PAGE);
	ASSERT_NE(NULL, self->memory);
	self->answer.text = calloc(1, OUTPUT);
	ASSERT_NE(NULL, self->answer.text);
}

FIXTURE_TEARDOWN(tool)
{
	stage_close(&self->stage);
	free(self->answer.text);
}

static FILE *tool_start(const char *arguments)
{
	char command[512];

	snprintf(command, sizeof(command), "exec " TOOL " %s 2>&1", arguments);
	return popen(command, "re");
}

static void tool_end(struct answer *answer, FILE *pipe)
{
	int status;

	answer->text[fread(answer->text, 1, OUTPUT - 1, pipe)] = '\0';
	status = pclose(pipe);
	answer->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void tool_run(struct answer *answer, const char *arguments)
{
	FILE *pipe = tool_start(arguments);

	answer->status = -1;
	answer->text[0] = '\0';
	if (pipe)
		tool_end(answer, pipe);
}

/* As one line, because the output of tests is read by programs. */
static void tool_tell(struct answer *answer, const char *what)
{
	char *end;

	for (end = answer->text; (end = strchr(end, '\n')); end++)
		*end = '|';
	printf("# %s: status %d: %.1500s\n", what, answer->status, answer->text);
}

/* Runs the tool; true if it ends with @status. */
static bool ran(struct answer *answer, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool ran(struct answer *answer, int status, const char *format, ...)
{
	char arguments[256];
	va_list args;

	va_start(args, format);
	vsnprintf(arguments, sizeof(arguments), format, args);
	va_end(args);
	tool_run(answer, arguments);
	if (answer->status != status)
		tool_tell(answer, arguments);
	return answer->status == status;
}

static bool says(struct answer *answer, const char *words)
{
	if (strstr(answer->text, words))
		return true;
	tool_tell(answer, words);
	return false;
}

/* Some machines have no way to isolate interrupts, and the module is told to do without. */
static bool is_unsafe(void)
{
	int fd = open("/sys/module/ioasidfd/parameters/allow_unsafe_interrupts",
		      O_RDONLY | O_CLOEXEC);
	char value = 'N';

	if (fd >= 0 && read(fd, &value, 1) != 1)
		value = 'N';
	if (fd >= 0)
		close(fd);
	return value == 'Y';
}

TEST_F(tool, feature_probe)
{
	char words[128];

	EXPECT_TRUE(ran(&self->answer, 0, "-j feature probe"));
	EXPECT_TRUE(says(&self->answer, "\"usable\":true"));
	snprintf(words, sizeof(words), "\"text\":\"on: %s, 1 unit, ",
		 ioasid_iommu_kind_name(self->info.iommu_kind));
	EXPECT_TRUE(says(&self->answer, words));
	snprintf(words, sizeof(words), "\"name\":\"interrupts\",\"status\":\"%s\"",
		 is_unsafe() ? "warning" : "ok");
	EXPECT_TRUE(says(&self->answer, words));
	EXPECT_TRUE(says(&self->answer, "\"name\":\"module\",\"status\":\"ok\""));
	EXPECT_TRUE(says(&self->answer, "\"name\":\"API\",\"status\":\"ok\""));
	EXPECT_TRUE(says(&self->answer, "\"uapi\":1"));
	EXPECT_TRUE(says(&self->answer, "\"name\":\"PASID\",\"status\":\"ok\""));
	EXPECT_FALSE(strstr(self->answer.text, "\"status\":\"missing\""));
}

/* Everybody may ask; what only root can see is unknown or missing, and said to be. */
TEST_F(tool, feature_probe_of_nobody)
{
	pid_t child = fork();
	int status;

	ASSERT_GE(child, 0);
	if (!child) {
		if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
			_exit(100);
		tool_run(&self->answer, "-j feature probe");
		_exit(self->answer.status != 77 ||
		      !strstr(self->answer.text, "you may not open /dev/ioasid") ||
		      !strstr(self->answer.text, "\"text\":\"on: "));
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(tool, device_list)
{
	char words[128];

	EXPECT_TRUE(ran(&self->answer, 0, "device list"));
	snprintf(words, sizeof(words), "in use     ioasidctl (%d)", getpid());
	EXPECT_TRUE(says(&self->answer, words));
	EXPECT_TRUE(ran(&self->answer, 0, "-j device list --ready"));
	EXPECT_TRUE(says(&self->answer, edu_name(EDU_B)));
	EXPECT_FALSE(strstr(self->answer.text, edu_name(EDU_A)));
}

TEST_F(tool, device_show)
{
	char words[128];

	/* Free: the kernel is asked. */
	EXPECT_TRUE(ran(&self->answer, 0, "-j device show %s", edu_name(EDU_B)));
	EXPECT_TRUE(says(&self->answer, "\"state\":\"ready\""));
	snprintf(words, sizeof(words), "\"last\":\"0x%llx\",\"bits\":", self->info.aperture_last);
	EXPECT_TRUE(says(&self->answer, words));
	EXPECT_TRUE(says(&self->answer, "\"source\":\"kernel\""));
	EXPECT_TRUE(says(&self->answer, "\"page_sizes\":[\"4 KiB\""));
	EXPECT_TRUE(says(&self->answer, "\"last\":\"0xfeefffff\",\"kind\":\"msi\""));
	/* Not free: the registers say the same, where they can be read. */
	EXPECT_TRUE(ran(&self->answer, 0, "-j device show %s", edu_name(EDU_A)));
	EXPECT_TRUE(says(&self->answer, "\"state\":\"in use\""));
	if (self->info.iommu_kind == IOASID_IOMMU_INTEL_VTD) {
		EXPECT_TRUE(says(&self->answer, words));
		EXPECT_TRUE(says(&self->answer, "\"source\":\"registers\""));
	}
	snprintf(words, sizeof(words),
		 "\"bound\":[{\"pid\":%d,\"command\":\"ioasidctl\",\"space\":%u,\"state\":\"attached\"",
		 getpid(), self->stage.space);
	EXPECT_TRUE(says(&self->answer, words));
}

TEST_F(tool, device_bind_and_unbind)
{
	const char *first = edu_name(EDU_C0), *second = edu_name(EDU_C1);

	EXPECT_TRUE(ran(&self->answer, 0, "device unbind %s --group", first));
	EXPECT_TRUE(ran(&self->answer, 0, "-j device show %s", second));
	EXPECT_TRUE(says(&self->answer, "\"state\":\"no driver\""));
	EXPECT_TRUE(ran(&self->answer, 1, "check %s", first));
	EXPECT_TRUE(says(&self->answer, "ioasidctl device bind"));
	EXPECT_TRUE(ran(&self->answer, 0, "device bind %s", first));
	EXPECT_TRUE(says(&self->answer, "vfio-pci (before: none)"));
	EXPECT_TRUE(says(&self->answer, "driverctl set-override"));
	EXPECT_TRUE(ran(&self->answer, 0, "-j device show %s", first));
	EXPECT_TRUE(says(&self->answer, "\"state\":\"ready\""));
	EXPECT_TRUE(says(&self->answer, "\"override\":\"vfio-pci\""));
	EXPECT_TRUE(ran(&self->answer, 0, "device bind %s --group", first));
	EXPECT_TRUE(ran(&self->answer, 0, "-j device show %s", second));
	EXPECT_TRUE(says(&self->answer, "\"state\":\"ready\""));

	EXPECT_TRUE(ran(&self->answer, 1, "device unbind %s", edu_name(EDU_A)));
	EXPECT_TRUE(says(&self->answer, "in use by ioasidctl"));
	EXPECT_TRUE(ran(&self->answer, 1, "device bind %s --driver vfio-nothing", first));
	EXPECT_TRUE(says(&self->answer, "no PCI driver vfio-nothing is loaded"));
	EXPECT_TRUE(ran(&self->answer, 0, "-j device show %s", first));
	EXPECT_TRUE(says(&self->answer, "\"state\":\"ready\""));
}

TEST_F(tool, space)
{
	const int fd = self->stage.fd;
	const __u32 space = self->stage.space;
	char words[128];

	ASSERT_OK(do_map(fd, space, self->memory, 2 * PAGE, IOVA, RW));
	ASSERT_OK(do_map(fd, space, self->memory, PAGE, 2 * IOVA, RW));
	EXPECT_TRUE(ran(&self->answer, 0, "-j space list"));
	snprintf(words, sizeof(words), "\"name\":\"%d:%u\"", getpid(), space);
	EXPECT_TRUE(says(&self->answer, words));
	EXPECT_TRUE(says(&self->answer, "\"mapped\":12288"));
	EXPECT_TRUE(says(&self->answer, edu_name(EDU_A)));
	EXPECT_TRUE(ran(&self->answer, 0, "space show %d:%u", getpid(), space));
	EXPECT_TRUE(says(&self->answer, "12 KiB in 2 mappings"));
	EXPECT_TRUE(says(&self->answer, "0x40000000-0x40001fff"));
	EXPECT_TRUE(ran(&self->answer, 0, "space map %d", getpid()));
	EXPECT_TRUE(says(&self->answer, "0x80000000"));
	EXPECT_TRUE(says(&self->answer, "reserved: interrupts (MSI)"));
	EXPECT_TRUE(ran(&self->answer, 0, "space map %d --svg -", getpid()));
	EXPECT_TRUE(says(&self->answer, "<rect class=\"box mapped\""));
	EXPECT_TRUE(ran(&self->answer, 1, "space show %d:99", getpid()));
	EXPECT_TRUE(says(&self->answer, "there is no space"));
}

TEST_F(tool, check)
{
	char words[128];

	EXPECT_TRUE(ran(&self->answer, 0, "-j check %s --memory 64M", edu_name(EDU_B)));
	EXPECT_TRUE(says(&self->answer, "\"works\":true"));
	EXPECT_TRUE(says(&self->answer, "\"name\":\"access\",\"status\":\"ok\""));
	EXPECT_TRUE(ran(&self->answer, 1, "check %s", edu_name(EDU_A)));
	EXPECT_TRUE(says(&self->answer, "in use by ioasidctl"));
	/* A virtio-iommu reaches everywhere; there it is the memory that is missing. */
	EXPECT_TRUE(ran(&self->answer, 1, "-j check %s --memory 1024T", edu_name(EDU_B)));
	snprintf(words, sizeof(words), "the IOMMU reaches up to 0x%llx", self->info.aperture_last);
	if (self->info.aperture_last < 1ULL << 50)
		EXPECT_TRUE(says(&self->answer, words));
	EXPECT_TRUE(says(&self->answer, "pinned memory cannot be swapped"));
}

/* Whether an instance of tracefs that is the tool's has the events on. */
static bool is_tracing(void)
{
	DIR *folder = opendir(TRACING "instances");
	struct dirent *entry;
	char path[512], value = '0';
	int fd;

	while (folder && value != '1' && (entry = readdir(folder))) {
		if (strncmp(entry->d_name, "ioasidctl-", 10))
			continue;
		snprintf(path, sizeof(path), TRACING "instances/%s/events/ioasid/enable",
			 entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && read(fd, &value, 1) != 1)
			value = '0';
		if (fd >= 0)
			close(fd);
	}
	if (folder)
		closedir(folder);
	return value == '1';
}

TEST_F(tool, monitor)
{
	const int fd = self->stage.fd;
	const __u32 space = self->stage.space;
	__u64 late = now_ms() + 60000;
	FILE *pipe = tool_start("-j monitor --count 4");

	ASSERT_NE(NULL, pipe);
	while (!is_tracing() && now_ms() < late)
		usleep(10000);
	/* It turns them on before it opens what it reads. */
	ASSERT_OK(do_map(fd, space, self->memory, 2 * PAGE, IOVA, RW));
	EXPECT_EQ(EEXIST, do_map(fd, space, self->memory, PAGE, IOVA, RW));
	ASSERT_OK(do_unmap(fd, space, IOVA, 2 * PAGE));
	ASSERT_OK(do_detach(fd, self->stage.dev.id));
	tool_end(&self->answer, pipe);
	EXPECT_EQ(0, self->answer.status);
	EXPECT_TRUE(says(&self->answer, "\"event\":\"map\""));
	EXPECT_TRUE(says(&self->answer, "\"iova\":\"0x40000000\""));
	EXPECT_TRUE(says(&self->answer, "\"length\":\"0x2000\",\"result\":0"));
	EXPECT_TRUE(says(&self->answer, "\"result\":-17"));
	EXPECT_TRUE(says(&self->answer, "\"event\":\"unmap\""));
	EXPECT_TRUE(says(&self->answer, "\"event\":\"detach\""));
	EXPECT_TRUE(says(&self->answer, "\"command\":\"ioasidctl\""));
	/* And leaves nothing behind. */
	EXPECT_FALSE(is_tracing());
}

TEST_F(tool, monitor_rates)
{
	EXPECT_TRUE(ran(&self->answer, 0, "-j monitor --rates --interval 0.2 --count 2"));
	EXPECT_TRUE(says(&self->answer, "\"map\":{\"count\":0,\"bytes\":0,\"nsec\":0}"));
	EXPECT_FALSE(is_tracing());
}

TEST_F(tool, module)
{
	char words[128];

	EXPECT_TRUE(ran(&self->answer, 0, "-j module status"));
	EXPECT_TRUE(says(&self->answer, "\"loaded\":{\"version\":\""));
	snprintf(words, sizeof(words), "\"users\":[{\"pid\":%d,\"command\":\"ioasidctl\"}]",
		 getpid());
	EXPECT_TRUE(says(&self->answer, words));
	EXPECT_TRUE(ran(&self->answer, 0, "module load"));
	EXPECT_TRUE(says(&self->answer, "is loaded already"));
	EXPECT_TRUE(ran(&self->answer, 1, "module unload"));
	EXPECT_TRUE(says(&self->answer, "ioasidfd is in use by ioasidctl"));
}

TEST_F(tool, demo)
{
	EXPECT_TRUE(ran(&self->answer, 0, "demo %s", edu_name(EDU_B)));
	EXPECT_TRUE(says(&self->answer, "checks held."));
	EXPECT_TRUE(ran(&self->answer, 1, "demo %s", edu_name(EDU_A)));
}

TEST_HARNESS_MAIN
