# Builds the pipeline, its programs and its tests. See README.md.
MPICC  ?= mpicc
BUILD  ?= build
CFLAGS ?= -O2 -g
MODE_FLAGS ?=
PKG    ?= pkg-config

HDF5_CFLAGS  ?= $(shell $(PKG) --cflags hdf5-openmpi)
HDF5_LIBS    ?= $(shell $(PKG) --libs hdf5-openmpi)
CBLAS_CFLAGS ?= $(shell $(PKG) --cflags openblas)
CBLAS_LIBS   ?= $(shell $(PKG) --libs openblas)
DEPS          = jansson yaml-0.1 libpcre2-8 libutf8proc libzstd zlib libxxhash libcrypto
DEPS_CFLAGS  ?= $(shell $(PKG) --cflags $(DEPS))
DEPS_LIBS    ?= $(shell $(PKG) --libs $(DEPS))

WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
ALL_CFLAGS = -std=gnu11 -fopenmp-simd -ffp-contract=off -fno-math-errno -fno-trapping-math $(WARNINGS) $(CFLAGS) $(MODE_FLAGS) \
	-Ipipeline -Istages -I. $(HDF5_CFLAGS) $(CBLAS_CFLAGS) $(DEPS_CFLAGS) -MMD -MP
LIBS = $(HDF5_LIBS) $(CBLAS_LIBS) $(DEPS_LIBS) -lm -ldl

LIBRARY_SOURCES = $(wildcard pipeline/*/*.c)
LIBRARY  = $(BUILD)/libwn.a
OBJECTS  = $(LIBRARY_SOURCES:%.c=$(BUILD)/obj/%.o)
PROGRAMS = $(patsubst stages/%.c,$(BUILD)/bin/%,$(wildcard stages/wn-*.c))
STAGE_OBJECTS = $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out $(wildcard stages/wn-*.c),$(wildcard stages/*.c)))
UNIT_TESTS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
MPI_TESTS  = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/mpi/test_*.c))
ORACLE_TESTS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/oracle/test_*.c))
BENCHES  = $(patsubst %.c,$(BUILD)/%,$(wildcard bench/*.c))

.PHONY: all programs tests bench-programs clean
.SECONDARY:
all: programs
programs: $(PROGRAMS)
tests: $(UNIT_TESTS) $(MPI_TESTS) $(ORACLE_TESTS)
bench-programs: $(BENCHES)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(MPICC) $(ALL_CFLAGS) -c $< -o $@

$(LIBRARY): $(OBJECTS)
	@rm -f $@
	ar rcs $@ $(OBJECTS)

$(BUILD)/bin/%: $(BUILD)/obj/stages/%.o $(STAGE_OBJECTS) $(LIBRARY)
	@mkdir -p $(@D)
	$(MPICC) $(CFLAGS) $(MODE_FLAGS) $^ -o $@ $(LIBS)

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(LIBRARY)
	@mkdir -p $(@D)
	$(MPICC) $(CFLAGS) $(MODE_FLAGS) $< $(LIBRARY) -o $@ $(LIBS) -lcmocka

$(BUILD)/bench/%: $(BUILD)/obj/bench/%.o $(LIBRARY)
	@mkdir -p $(@D)
	$(MPICC) $(CFLAGS) $(MODE_FLAGS) $< $(LIBRARY) -o $@ $(LIBS)

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
