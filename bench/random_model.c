/* bench/random_model: writes a model of a published shape with random weights.
 *
 * usage: random_model SHAPE DIRECTORY */
#include <stdio.h>

#include "bench/common/random_model.h"

int main(int argc, char **argv)
{
    const random_shape_t *shape = argc == 3 ? random_shape_find(argv[1]) : NULL;
    if (!shape) {
        fprintf(stderr, "usage: random_model SHAPE DIRECTORY\nshapes: %s\n", random_shape_names);
        return EXIT_USAGE;
    }
    status_t status = random_model_write(argv[2], shape);
    if (status) fprintf(stderr, "bench/random_model: %s\n", status_message(status));
    int code = (int)status_code(status);
    status_free(&status);
    return code;
}
