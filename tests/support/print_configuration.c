/* print_configuration: docs/configuration.md to standard output (make configuration). */
#include <stdio.h>

#include "core/config_reference.h"

int main(void)
{
    str_t text = {0};
    status_t status = config_reference(&text);
    if (status) fprintf(stderr, "print_configuration: %s\n", status_message(status));
    else fputs(text.data, stdout);
    int code = status ? status_code(status) : 0;
    status_free(&status);
    str_free(&text);
    return code;
}
