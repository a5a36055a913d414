#include <mpi.h>
#include <stdio.h>
#include <string.h>

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

/* MPIs go on about who built them. */
static void name_mpi(char mpi[MPI_MAX_LIBRARY_VERSION_STRING])
{
    int length;
    MPI_Get_library_version(mpi, &length);
    mpi[length] = '\0';
    mpi[strcspn(mpi, "\n,")] = '\0';
}

status_t library_versions(str_t *text)
{
    char mpi[MPI_MAX_LIBRARY_VERSION_STRING + 1], pcre[64] = "";
    unsigned xxhash = XXH_versionNumber();
    name_mpi(mpi);
    pcre2_config(PCRE2_CONFIG_VERSION, pcre);
    pcre[strcspn(pcre, " ")] = '\0';
    return str_printf(text,
                      "MPI: %s\nHDF5 %s\njansson %s\nlibyaml %s\nPCRE2 %s\nutf8proc %s\nzstd %s\n"
                      "zlib %s\nxxHash %u.%u.%u\n%s\n",
                      mpi, store_library_version(), jansson_version_str(),
                      yaml_get_version_string(), pcre, utf8proc_version(), ZSTD_versionString(),
                      zlibVersion(), xxhash / 10000, xxhash / 100 % 100, xxhash % 100,
                      OpenSSL_version(OPENSSL_VERSION));
}

void print_version(const char *program)
{
    str_t libraries = {0};
    const char *bfloat16 = gemm_kernel(ARITHMETIC_BFLOAT16);
    status_t status = library_versions(&libraries);
    printf("%s %s (revision %s)\n", program, WN_VERSION, WN_REVISION);
    printf("numerics %d, matrix products for %s%s%s\n%s", NUMERICS_VERSION,
           gemm_kernel(ARITHMETIC_FLOAT32), *bfloat16 ? ", in bfloat16 by " : "", bfloat16,
           status ? "" : libraries.data);
    status_free(&status);
    str_free(&libraries);
}
