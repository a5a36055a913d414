#include "stages/inspect.h"
#include "stats/arrays.h"

status_t inspect_statistics(const char *input, const char *output)
{
    return statistics_of_arrays(input, output);
}
