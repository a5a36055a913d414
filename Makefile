# Builds the pipeline, its programs and its tests. `make help` lists the goals; README.md tells
# how to build with other libraries and in other places.
BUILD  ?= build
PREFIX ?= /usr/local
CFLAGS ?= -O3 -g

# make -f elsewhere/Makefile: the build goes below the directory it was called in.
ifneq ($(lastword $(MAKEFILE_LIST)),Makefile)
.PHONY: elsewhere $(MAKECMDGOALS)
elsewhere:
	@$(MAKE) --no-print-directory -C $(dir $(lastword $(MAKEFILE_LIST))) BUILD=$(abspath $(BUILD)) $(MAKECMDGOALS)
$(MAKECMDGOALS): elsewhere ;
else

# Goals that first install missing packages, and the groups of tools/packages.txt they need.
PACKAGES_demo         = build
PACKAGES_check        = build test
PACKAGES_check-oracle = build test
PACKAGES_torture      = build test
PACKAGES_check-mpich  = build test mpich
PACKAGES_asan         = build test
PACKAGES_bench        = build
PACKAGES_slurm-campaign = build test slurm
PACKAGES_coverage     = build test
PACKAGES_dependencies = build test
PACKAGES_lint         = build test develop
PACKAGES_fuzz         = build test fuzz
PACKAGES_format       = develop
PACKAGES_format-check = develop
INSTALLING = demo check torture check-oracle check-mpich asan bench slurm-campaign fuzz coverage dependencies lint format format-check

ifneq ($(if $(READY),,$(filter $(INSTALLING),$(MAKECMDGOALS))),)
# One goal after the other, each in a make of its own that looks for libraries after the
# installation. That one may use every job.
.NOTPARALLEL:
.PHONY: $(MAKECMDGOALS)
$(MAKECMDGOALS):
	@$(if $(PACKAGES_$@),BUILD='$(BUILD)' tools/install-dependencies $(PACKAGES_$@))
	@$(MAKE) --no-print-directory READY=yes $@
else

.DEFAULT_GOAL := all

# --- What this machine has: found once by tools/configure, again when asked for differently ----

CHOICES := $(strip MPICC=$(MPICC) MPIRUN=$(MPIRUN) PKG_CONFIG=$(PKG_CONFIG) HDF5=$(HDF5_CFLAGS),$(HDF5_LIBS),$(HDF5_ROOT),$(HDF5_DIR) CBLAS=$(CBLAS_CFLAGS),$(CBLAS_LIBS) DEPS=$(DEPS_CFLAGS),$(DEPS_LIBS) DNNL=$(DNNL),$(DNNL_CFLAGS),$(DNNL_LIBS))
ASKED := MPICC='$(MPICC)' MPIRUN='$(MPIRUN)' PKG_CONFIG='$(PKG_CONFIG)' HDF5_CFLAGS='$(HDF5_CFLAGS)' \
	HDF5_LIBS='$(HDF5_LIBS)' CBLAS_CFLAGS='$(CBLAS_CFLAGS)' CBLAS_LIBS='$(CBLAS_LIBS)' \
	DEPS_CFLAGS='$(DEPS_CFLAGS)' DEPS_LIBS='$(DEPS_LIBS)' DNNL='$(DNNL)' \
	DNNL_CFLAGS='$(DNNL_CFLAGS)' DNNL_LIBS='$(DNNL_LIBS)' CHOICES='$(CHOICES)'

UNCONFIGURED_GOALS = clean help format format-check check-structure dependencies asan fuzz coverage check-mpich
ifneq ($(filter-out $(UNCONFIGURED_GOALS),$(or $(MAKECMDGOALS),all)),)
include $(BUILD)/config.mk
ifneq ($(CONFIGURED_FOR),$(CHOICES))
ifeq ($(MAKE_RESTARTS),)
$(BUILD)/config.mk: FORCE
endif
endif
endif

$(BUILD)/config.mk: tools/configure
	@$(ASKED) sh tools/configure $@ || { \
	  echo "On Debian, make dependencies installs what is missing. See README.md, \"Building elsewhere\"." >&2; \
	  exit 1; }

# --- How everything is compiled -------------------------------------------------------------

WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wno-psabi
NUMERICS = -fopenmp-simd -ffp-contract=off -fno-math-errno -fno-trapping-math
OPTIMISED := $(filter-out -O0,$(filter -O%,$(CFLAGS)))
HARDENING ?= $(if $(OPTIMISED),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2) -fstack-protector-strong -fPIE
HARDENING_LINK ?= -pie -Wl,-z,relro,-z,now

INCLUDES = -I$(BUILD)/generated -Ipipeline -Istages -I.
LANGUAGE = -std=gnu11 $(NUMERICS) $(WARNINGS)
ALL_CFLAGS = $(LANGUAGE) $(HARDENING) $(CFLAGS) $(CPPFLAGS) $(MODE_FLAGS) \
	$(INCLUDES) $(HDF5_CFLAGS) $(CBLAS_CFLAGS) $(DEPS_CFLAGS) $(WITH_DNNL) $(DNNL_CFLAGS)
# Files named *_fma.c want a product that is added to be rounded once; GCC sees to it at -O2, and
# at -O1 when asked.
FUSED = -ffp-contract=fast -fexpensive-optimizations
$(BUILD)/obj/%_fma.o: private NUMERICS += $(FUSED)
LINK = $(MPICC) $(CFLAGS) $(MODE_FLAGS) $(HARDENING_LINK) $(LDFLAGS)
LIBS = $(HDF5_LIBS) $(DEPS_LIBS) $(DNNL_LIBS) $(if $(WITH_DNNL),-ldl) -lm -lpthread
CMOCKA_LIBS ?= -lcmocka

LIBRARY_SOURCES = $(wildcard pipeline/*/*.c)
LIBRARY  = $(BUILD)/libwn.a
OBJECTS  = $(LIBRARY_SOURCES:%.c=$(BUILD)/obj/%.o)
PROGRAMS = $(patsubst stages/%.c,$(BUILD)/bin/%,$(wildcard stages/wn-*.c))
STAGE_OBJECTS = $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out $(wildcard stages/wn-*.c),$(wildcard stages/*.c)))
UNIT_TESTS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
MPI_TESTS  = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/mpi/test_*.c))
ORACLE_TESTS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/oracle/test_*.c))
PRELOADED_SOURCES = tests/support/faults.c tests/support/calls.c
PRELOADED = $(PRELOADED_SOURCES:%.c=$(BUILD)/%.so)
TEST_TOOLS = $(patsubst %.c,$(BUILD)/%,$(filter-out $(PRELOADED_SOURCES),$(wildcard tests/support/*.c))) $(PRELOADED)
BENCHES  = $(patsubst %.c,$(BUILD)/%,$(wildcard bench/*.c))
BENCH_OBJECTS = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard bench/common/*.c))
# Tables that a script wrote keep its layout.
C_FILES  = $(filter-out pipeline/text/unicode%.h,$(wildcard pipeline/*/*.[ch] stages/*.[ch] tests/*/*.[ch] bench/*.c bench/*/*.[ch]))

.PHONY: all programs tests bench-programs clean help FORCE
.SECONDARY:
.DELETE_ON_ERROR:
all: programs
programs: $(PROGRAMS)
tests: $(UNIT_TESTS) $(MPI_TESTS) $(ORACLE_TESTS) $(TEST_TOOLS)
bench-programs: $(BENCHES)

# V=1 shows every command; else each is a word and its target.
SAY = $(if $(V),,@echo '$(1) $(2)';)

# Files that change only when their content does, such as the compiler and its options, on which
# everything depends.
# $(call write_if_changed,TEXT): the recipe's target gets TEXT.
define write_if_changed
@mkdir -p $(@D) && printf '%s\n' $(1) > $@.new && if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
endef

$(BUILD)/flags: FORCE
	$(call write_if_changed,'$(MPICC) $(ALL_CFLAGS) $(FUSED)')

# The revision that --version prints: a header seen only by the file that includes it.
REVISION = $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)$(shell git --no-optional-locks status --porcelain -uno 2>/dev/null | grep -q . && echo -modified)
$(BUILD)/generated/revision.h: FORCE
	$(call write_if_changed,'/* Written by the Makefile. */' \
	  '#define WN_REVISION "$(REVISION)"' '#define WN_CFLAGS "$(strip $(CFLAGS) $(MODE_FLAGS))"')

$(BUILD)/obj/%.o: %.c $(BUILD)/flags | $(BUILD)/generated/revision.h
	@mkdir -p $(@D)
	$(call SAY,compile,$<)$(MPICC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# Archives and programs are made beside their place and moved there: whoever runs or links the
# old one meanwhile sees it whole.
$(LIBRARY): $(OBJECTS)
	@rm -f $@.new
	$(call SAY,archive,$@)ar rcs $@.new $(OBJECTS)
	@mv $@.new $@

$(BUILD)/bin/%: $(BUILD)/obj/stages/%.o $(STAGE_OBJECTS) $(LIBRARY)
	@mkdir -p $(@D)
	$(call SAY,link,$@)$(LINK) $(filter %.o %.a,$^) -o $@.new $(LIBS)
	@mv $@.new $@

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(LIBRARY)
	@mkdir -p $(@D)
	$(call SAY,link,$@)$(LINK) $< $(LIBRARY) -o $@.new $(LIBS) $(CMOCKA_LIBS)
	@mv $@.new $@

# Preloaded into programs, whatever they are made with.
$(PRELOADED): $(BUILD)/%.so: %.c
	@mkdir -p $(@D)
	$(call SAY,compile,$<)$(MPICC) -std=gnu11 $(WARNINGS) -O2 -fPIC -shared $< -o $@ -ldl

# What runs a fuzzer; nothing where the compiler links libFuzzer.
FUZZ_DRIVER = $(BUILD)/obj/tests/fuzz/driver.o
$(BUILD)/tests/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(FUZZ_DRIVER) $(LIBRARY)
	@mkdir -p $(@D)
	$(call SAY,link,$@)$(LINK) $< $(FUZZ_DRIVER) $(LIBRARY) -o $@.new $(LIBS) $(CMOCKA_LIBS)
	@mv $@.new $@

$(BUILD)/bench/%: $(BUILD)/obj/bench/%.o $(BENCH_OBJECTS) $(LIBRARY)
	@mkdir -p $(@D)
	$(call SAY,link,$@)$(LINK) $(filter %.o %.a,$^) -o $@.new $(CBLAS_LIBS) $(LIBS)
	@mv $@.new $@

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# --- Goals for people ------------------------------------------------------------------------

.PHONY: slurm-campaign configuration demo check torture check-oracle check-mpich check-structure asan bench fuzz coverage format format-check lint install install-manual dependencies

dependencies: ;

demo: programs
	@BUILD='$(BUILD)' ./wn run configs/demo.yaml -n 2

# TESTS: kinds or names of test programs; everything by default.
check: programs tests
	@tests/run --build '$(BUILD)' $(TESTS)

# TORTURE_RUNS: kills of each stage, and four times as many as other faults of each kind.
# TORTURE: parts (kills faults damage others) and stages; all by default.
TORTURE_RUNS ?= 200
torture: programs tests
	@tests/torture/torture --build '$(BUILD)' --runs $(TORTURE_RUNS) $(TORTURE)

check-oracle: programs tests
	@WN_ORACLE=full tests/run --build '$(BUILD)' oracle

# The reference of the configuration, from the table of keys.
configuration: $(BUILD)/tests/support/print_configuration
	@'$(BUILD)/tests/support/print_configuration' > docs/configuration.md.new && mv docs/configuration.md.new docs/configuration.md

check-structure:
	@tools/check-structure

# Everything compiles and links with another MPI; nothing is run.
check-mpich:
	@$(MAKE) --no-print-directory READY=yes BUILD='$(BUILD)/mpich' MPICC=mpicc.mpich programs tests

# CAMPAIGN: options of tests/slurm/campaign, such as --seed 7.
slurm-campaign: programs tests
	@WN_BUILD='$(BUILD)' tests/slurm/campaign $(CAMPAIGN)

SANITIZE = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
asan:
	@$(MAKE) --no-print-directory READY=yes BUILD='$(BUILD)/asan' CFLAGS='$(SANITIZE)' HARDENING= HARDENING_LINK='-rdynamic tools/keep_plugins.c' programs tests
	@WN_SANITIZED=yes tests/run --build '$(BUILD)/asan' $(or $(TESTS),unit mpi)

# FUZZERS: names of tests/fuzz/fuzz_*.c; all by default.
FUZZ_SECONDS ?= 60
fuzz:
	@tests/fuzz/run --build '$(BUILD)' --seconds $(FUZZ_SECONDS) $(FUZZERS)

# PARTS: parts of bench/run (kernels executor bfloat16 sketch scaling memory pytorch streaming); by
# default all but streaming. WN_SHARED: where BLiMP and TSE are.
bench: programs bench-programs
	@bench/run --build '$(BUILD)' $(PARTS)

coverage:
	@$(MAKE) --no-print-directory READY=yes BUILD='$(BUILD)/coverage' CFLAGS='-O0 -g --coverage -fprofile-update=atomic' HARDENING= HARDENING_LINK= programs tests
	@find $(BUILD)/coverage -name '*.gcda' -delete
	@tests/run --build '$(BUILD)/coverage' $(or $(TESTS),unit mpi stage oracle); status=$$?; \
	  tools/coverage '$(BUILD)/coverage' && exit $$status

format:
	clang-format -i $(C_FILES)
format-check:
	@clang-format --dry-run --Werror $(C_FILES)

LINTED = $(wildcard pipeline/*/*.c stages/*.c)
lint: $(BUILD)/generated/revision.h
	@tools/lint '-std=gnu11 $(INCLUDES) $(MPI_CFLAGS) $(HDF5_CFLAGS) $(CBLAS_CFLAGS) $(DEPS_CFLAGS) $(WITH_DNNL) $(DNNL_CFLAGS)' $(LINTED)

# Programs beside the driver, the rest in share/wn; manual pages and completion where they are looked for,
# which wn-manual writes from the programs' table of options.
SHARE = $(DESTDIR)$(PREFIX)/share/wn
MAN   = $(DESTDIR)$(PREFIX)/share/man
BASH_COMPLETION = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH_COMPLETION  = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
install: programs install-manual
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(SHARE)/configs/paper' '$(SHARE)/slurm'
	install -m 755 wn $(PROGRAMS) '$(DESTDIR)$(PREFIX)/bin'
	install -m 644 '$(BUILD)/launcher' '$(SHARE)/launcher'
	install -m 644 configs/quick.yaml configs/benchmarks.yaml '$(SHARE)/configs'
	install -m 644 $(wildcard configs/paper/*.yaml) '$(SHARE)/configs/paper'
	install -m 755 $(wildcard slurm/*) '$(SHARE)/slurm'

install-manual: programs
	install -d '$(MAN)/man1' '$(MAN)/man5' '$(BASH_COMPLETION)' '$(ZSH_COMPLETION)'
	@set -e; for page in $$('$(BUILD)/bin/wn-manual' pages); do \
	  echo "manual $$page"; '$(BUILD)/bin/wn-manual' page "$${page%.*}" > '$(MAN)'/man$${page##*.}/$$page; done
	'$(BUILD)/bin/wn-manual' completion bash > '$(BASH_COMPLETION)/wn'
	@for program in $(notdir $(PROGRAMS)); do ln -sf wn '$(BASH_COMPLETION)'/$$program; done
	'$(BUILD)/bin/wn-manual' completion zsh > '$(ZSH_COMPLETION)/_wn'

help:
	@echo 'make                 builds the programs into build/bin'
	@echo 'make demo            installs missing packages, builds, runs the demo experiment'
	@echo 'make check           all tests (TESTS="unit mpi" or TESTS=unit/test_json: some)'
	@echo 'make torture         kills, faults and damage by the hundred (TORTURE_RUNS=200)'
	@echo 'make check-oracle    all comparisons with reference results'
	@echo 'make check-mpich     compiles everything with MPICH'
	@echo 'make asan            unit and MPI tests under the address and undefined sanitizers'
	@echo 'make slurm-campaign  a long run, disturbed, under a SLURM of this machine alone (15 minutes)'
	@echo 'make bench           benchmarks as ratios (PARTS="executor memory": some; bench/run --help)'
	@echo 'make fuzz            every reader of files against damaged input (FUZZ_SECONDS=60 each)'
	@echo 'make coverage        lines covered by the tests, per file'
	@echo 'make lint            clang-tidy     make format, format-check: clang-format'
	@echo 'make configuration   writes docs/configuration.md anew from the table of keys'
	@echo 'make install         PREFIX=/usr/local DESTDIR='
	@echo 'make dependencies    installs missing packages only (SYSTEM_PACKAGES=no: never)'
	@echo 'make clean           removes the build directory (V=1 with any goal shows the commands)'
	@echo 'Variables: BUILD CFLAGS MPICC MPIRUN HDF5_CFLAGS HDF5_LIBS CBLAS_CFLAGS CBLAS_LIBS DEPS_CFLAGS DEPS_LIBS DNNL DNNL_CFLAGS DNNL_LIBS'

endif
endif
