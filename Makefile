# SPDX-License-Identifier: GPL-2.0-only
#
# What a person types. "make help" lists it; Kbuild is what the kernel reads.

VERSION := $(shell sed -n 's/^Version: *//p' META)

# The kernel to build for: the running one, another by release, or by directory.
KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build

# OUT=DIR leaves this tree untouched and builds everything in DIR.
OUT     ?= $(CURDIR)
MODULE  := $(if $(filter $(CURDIR),$(OUT)),$(CURDIR),$(abspath $(OUT))/module)

DESTDIR ?=
DKMS     = /usr/src/ioasidfd-$(VERSION)

# The release that KDIR is of; KVER when the headers are gone already.
release  = $(or $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' \
	   $(KDIR)/include/generated/utsrelease.h 2>/dev/null),$(KVER))
# Where "make -jN" was not asked for, use every processor.
parallel = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

.PHONY: all help modules test-modules lib tools portable-tools portable-examples man tests demo-bin install uninstall \
	dkms-install dkms-remove check check-apps check-builds check-debug check-watched check-races check-iommus check-packages \
	check-static deb rpm arch bench demo lint clean clean-modules

all: modules lib ## build the module for the running kernel, and the library

help: ## this list
	@echo 'ioasidfd $(VERSION): I/O address spaces for user space. Targets:'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1 \2/p' $(MAKEFILE_LIST) | \
		awk '{ name = $$1; $$1 = ""; printf "  %-15s%s\n", name, $$0 }'
	@echo 'Variables: KVER=release or KDIR=directory (which kernel), OUT=directory (build'
	@echo '  there), DESTDIR= and PREFIX= (install), W=1 C=1 V=1 (as in the kernel),'
	@echo '  IOASIDFD_FORCE_KERNEL=1 (build for a kernel outside META'\''s range)'

modules: ## build ioasidfd.ko
	@sh src/compat/check-kernel.sh '$(KDIR)' \
		'$(if $(filter file default,$(origin KDIR)),$(KVER))'
ifneq ($(MODULE),$(CURDIR))
	@mkdir -p $(MODULE)
	@cp -rsf $(addprefix $(CURDIR)/,META Kbuild src uapi $(wildcard include)) $(MODULE)
	@find $(MODULE) -xtype l -delete
endif
	$(MAKE) $(parallel) -C $(KDIR) M=$(MODULE) modules

test-modules: modules ## build the test modules too; make install leaves them out
ifneq ($(MODULE),$(CURDIR))
	@mkdir -p $(MODULE)/tests
	@cp -rsf $(CURDIR)/tests/kmod $(MODULE)/tests
	@find $(MODULE)/tests -xtype l -delete
endif
	$(MAKE) $(parallel) -C $(KDIR) M=$(MODULE)/tests/kmod \
		KBUILD_EXTRA_SYMBOLS=$(MODULE)/Module.symvers modules

lib: ## build libioasid
	$(MAKE) -C lib

tools: lib ## build ioasidctl; needs libkmod and json-c
	$(MAKE) -C tools/ioasidctl

# For the guests of the lab, which have no libraries.
portable-tools: lib
	$(MAKE) -C tools/ioasidctl portable

# The same of the guide's programs, which see no more than what is installed.
portable-examples: lib
	$(MAKE) -C lib install LIB_STATIC= PREFIX=$(OUT)/installed DESTDIR=
	PKG_CONFIG_PATH=$(OUT)/installed/lib/pkgconfig \
		$(MAKE) -C docs/examples OUT=$(OUT)/tests/docs/examples STATIC=1
	for program in lib/examples/first tests/docs/user; do \
		$(CC) $(CFLAGS) -static -o $(OUT)/tests/$${program##*/} $$program.c $$(PKG_CONFIG_PATH=$(OUT)/installed/lib/pkgconfig \
			pkg-config --static --cflags --libs libioasid) || exit; \
	done

man: ## build its manual pages; needs scdoc
	$(MAKE) -C tools/ioasidctl man

tests: lib ## build the test programs
	$(MAKE) -C tests/kselftest

demo-bin: lib ## build the demonstration program
	$(MAKE) -C tools/demo

# Where ioasidctl is when it is built.
ioasidctl = $(if $(filter $(CURDIR),$(OUT)),tools/ioasidctl,$(OUT))/ioasidctl

install: ## install the module for KVER, the library, its headers; ioasidctl if it is built
	@test -e $(MODULE)/ioasidfd.ko || \
		{ echo 'ioasidfd: error: nothing is built yet; run "make" first' >&2; exit 1; }
	install -D -m 644 $(MODULE)/ioasidfd.ko \
		$(DESTDIR)/lib/modules/$(release)/updates/ioasidfd.ko
	$(if $(DESTDIR),,depmod $(release))
	$(MAKE) -C lib install
	$(if $(DESTDIR),,ldconfig)
	$(if $(wildcard $(ioasidctl)),$(MAKE) -C tools/ioasidctl install)

uninstall: ## remove what install installed
	rm -f $(DESTDIR)/lib/modules/$(release)/updates/ioasidfd.ko
	$(if $(DESTDIR),,depmod $(release))
	$(MAKE) -C lib uninstall
	$(MAKE) -C tools/ioasidctl uninstall

dkms-install: dkms-remove ## let DKMS build and install the module, now and for new kernels
	@mkdir -p $(DKMS)
	@cp -a Makefile META Kbuild dkms.conf src uapi $(wildcard include) $(DKMS)
	@$(MAKE) --no-print-directory -C $(DKMS) clean-modules
	dkms install ioasidfd/$(VERSION) -k $(KVER)

dkms-remove: ## take it out of DKMS again
	@if dkms status ioasidfd/$(VERSION) | grep -q .; then dkms remove ioasidfd/$(VERSION) --all; fi
	@rm -rf $(DKMS)

check: ## run every test on every supported kernel, in virtual machines
	tests/lab/lab check

check-apps: ## run programs of others on VFIO type1, the kernel's own and ours (APPS= chooses)
	tests/lab/lab apps $(APPS)

check-builds: ## build for every kernel and processor that Debian has packages of (KERNELS= chooses)
	tests/lab/lab build $(or $(KERNELS:%=-k %),--every)

check-debug: ## run the tests on kernels that look for errors (KERNELS=, TESTS= choose)
	tests/lab/lab debug $(KERNELS:%=-k %) $(TESTS)

check-watched: ## run the tests on Debian's kernels with their own checks on (the same)
	tests/lab/lab watched $(KERNELS:%=-k %) $(TESTS)

# What lives by chance, for TIMES as long as `make check` has it: at 40 a thousand processes are killed.
TIMES ?= 40
races = canary stress_kill stress_memory stress_unplug

check-races: ## kill, unplug and starve users of devices, again and again (KERNELS=, TIMES=, SEED=, TESTS=)
	tests/lab/lab run $(KERNELS:%=-k %) -m vtd --times $(TIMES) $(SEED:%=--seed %) $(or $(TESTS),$(races))

# Every IOMMU that can be emulated.
MACHINES ?= vtd vtd-second vtd-first amd-vi virtio-iommu smmuv3-first smmuv3-second virtio-iommu-arm

check-iommus: ## run the tests on every emulated IOMMU (KERNELS=, MACHINES=, TESTS= choose)
	tests/lab/lab run $(KERNELS:%=-k %) $(MACHINES:%=-m %) $(TESTS)

check-packages: ## install, upgrade and remove the Debian packages in whole systems (SYSTEMS= chooses)
	tests/lab/lab lifecycle $(SYSTEMS:%=-s %)

# Built in the lab's roots, so that nothing has to be installed for them here.
package = tests/lab/lab package $@ -o '$(abspath $(OUT))/packages' $(RELEASE:%=-r %)

deb: ## build Debian packages, into OUT/packages (RELEASE= chooses, or all)
	$(package)

rpm: ## build packages for systems with rpm
	$(package)

arch: ## build packages for Arch Linux
	$(package)

bench: ## measure it beside VFIO type1 and iommufd (KERNELS=, ROWS= choose)
	tests/lab/lab bench $(KERNELS:%=-k %) $(ROWS:%=-r %)

demo: ## boot a virtual machine in which a device does DMA through an IOASID
	tests/lab/lab demo

lint: ## check style, licences, shell and documentation
	tests/lab/lab chroot-run tests/lint/lint

check-static: ## analyze the sources for some minutes: cppcheck, gcc, clang, coccinelle
	tests/lab/lab chroot-run -r analysis tests/static/check

clean: clean-modules ## remove what was built here (the lab's cache stays)
	@for d in lib tests/kselftest tools/demo tools/ioasidctl; do $(MAKE) --no-print-directory -C $$d clean || exit; done

# Without kbuild's help, so that it works when the kernel is gone.
clean-modules:
	@rm -rf .tmp_versions tests/kmod/.tmp_versions
	@for d in . $(wildcard tests/kmod); do (cd $$d && rm -f *.ko *.o .*.o *.mod *.mod.c \
		.*.cmd modules.order Module.symvers); done
	@find src $(wildcard tests/kmod) \( -name '*.o' -o -name '.*.cmd' -o -name '.*.d' \
		-o -name '*.answer' -o -name ioas_compat_config.h \) -delete
