#include <mpi.h>
#include <stdio.h>

#include <jansson.h>
#include <openssl/crypto.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <utf8proc.h>
#include <xxhash.h>
#include <yaml.h>
#include <zlib.h>
#include <zstd.h>

#include "core/version.h"
#include "model/gemm.h"
#include "revision.h"
#include "stages/stage.h"

void print_version(const char *program)
{
    char mpi[MPI_MAX_LIBRARY_VERSION_STRING], pcre[64] = "";
    int length;
    const char *bfloat16 = gemm_kernel(ARITHMETIC_BFLOAT16);
    unsigned xxhash = XXH_versionNumber();
    MPI_Get_library_version(mpi, &length);
    for (int i = 0; i < length; i++)
        if (mpi[i] == '\n' || mpi[i] == ',') mpi[i] = '\0';
    pcre2_config(PCRE2_CONFIG_VERSION, pcre);
    printf("%s %s (revision %s)\n", program, WN_VERSION, WN_REVISION);
    printf("numerics %d, matrix products for %s%s%s\n", NUMERICS_VERSION,
           gemm_kernel(ARITHMETIC_FLOAT32), *bfloat16 ? ", in bfloat16 by " : "", bfloat16);
    printf("MPI: %s\nHDF5: %s\n", mpi, store_library_version());
    printf("jansson %s, libyaml %s, PCRE2 %s, utf8proc %s\n", jansson_version_str(),
           yaml_get_version_string(), pcre, utf8proc_version());
    printf("zstd %s, zlib %s, xxHash %u.%u.%u, %s\n", ZSTD_versionString(), zlibVersion(),
           xxhash / 10000, xxhash / 100 % 100, xxhash % 100, OpenSSL_version(OPENSSL_VERSION));
}
