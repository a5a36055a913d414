/* What the machine offers to this process: CPUs, cores, NUMA domains, memory, and the limits of
 * its control groups. From Linux's /proc and /sys; root goes in front of their paths: "" but in
 * tests. What a machine does not tell is taken for no limit. Not collective. */
#ifndef WN_CORE_MACHINE_H
#define WN_CORE_MACHINE_H

#include <stddef.h>
#include <stdint.h>

enum { MACHINE_CPUS = 4096 };

/* A set of CPUs as the kernel numbers them (hardware threads). */
typedef struct {
    uint64_t word[MACHINE_CPUS / 64];
} cpus_t;

/* The CPUs that this process may run on (sched_getaffinity). */
void cpus_allowed(cpus_t *cpus);

/* The NUMA domain that holds all of cpus; 0 where the machine tells of none; -1: several. */
int cpus_domain(const char *root, const cpus_t *cpus);

/* How many cores have one of cpus: the hardware threads of a core count once. */
int cpus_cores(const char *root, const cpus_t *cpus);

/* CPUs' worth of time that the control groups of this process allow (cpu.max, or cfs_quota of
 * version 1); infinity: any. */
double machine_quota(const char *root);

/* Bytes of memory of the machine, or of the least of this process's control groups. */
double machine_memory(const char *root);

/* Of it, what is free, or in use as cache of files alone. */
double machine_memory_free(const char *root);

#endif
