/* wn-inspect: looks at one thing: tokens of a text, a model's forward pass, statistics of an
 * array, how alike two files of statistics are, what a file holds. */
#include <mpi.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "stages/inspect.h"
#include "stages/programs.h"
#include "stages/stage.h"
#include "stages/start.h"
#include "stages/terminal.h"

static status_t run_tokens(const arguments_t *a)
{
    return inspect_tokens(arguments_value(a, "--tokenizer"), !arguments_have(a, "--no-special"),
                          stdin, stdout);
}

static status_t run_forward(const arguments_t *a)
{
    return inspect_forward(arguments_value(a, "--model"), arguments_value(a, "--input"),
                           arguments_value(a, "--output"));
}

static status_t run_statistics(const arguments_t *a)
{
    return inspect_statistics(arguments_value(a, "--input"), arguments_value(a, "--output"));
}

static status_t run_compare(const arguments_t *a)
{
    return inspect_compare(arguments_value(a, "A.h5"), arguments_value(a, "B.h5"),
                           arguments_value(a, "--by"), arguments_value(a, "--percent"),
                           arguments_have(a, "--json"), stdout);
}

/* What a program ends with that has no error. */
static int outcome = EXIT_OK;

static status_t run_diff(const arguments_t *a)
{
    bool differ;
    status_t status = inspect_diff(arguments_value(a, "RUN1"), arguments_value(a, "RUN2"),
                                   arguments_have(a, "--json"), stdout, &differ);
    if (!status && differ && arguments_have(a, "--exit-code")) outcome = EXIT_DIFFERENT;
    return status;
}

static status_t run_neuron(const arguments_t *a)
{
    return inspect_neuron(arguments_value(a, "RUN"), arguments_value(a, "--layer"),
                          arguments_value(a, "--neuron"), arguments_value(a, "--checkpoint"),
                          arguments_have(a, "--json"), stdout);
}

static status_t run_file(const arguments_t *a)
{
    return inspect_file(arguments_value(a, "PATH"), arguments_have(a, "--json"), stdout);
}

/* Of each command of the table. */
static const struct {
    const char *command;
    status_t (*run)(const arguments_t *arguments);
} runs[] = {
    {"tokens", run_tokens},   {"forward", run_forward}, {"statistics", run_statistics},
    {"compare", run_compare}, {"neuron", run_neuron},   {"diff", run_diff},
    {"file", run_file},
};

static status_t print_help(const program_t *program, const command_t *command)
{
    str_t text = {0};
    status_t status = options_help(program, command, &text);
    if (!status) fputs(text.data, stdout);
    str_free(&text);
    return status;
}

static status_t run(int argc, char **argv)
{
    const program_t *program = program_find("wn-inspect");
    arguments_t arguments;
    status_t status = options_parse(program, argc, argv, &arguments);
    if (status) return status;
    if (arguments.help) {
        status = print_help(program, arguments.command);
    } else if (arguments.version) {
        print_version(program->name);
    } else {
        for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
            if (strcmp(runs[i].command, arguments.command->name) == 0)
                status = runs[i].run(&arguments);
    }
    arguments_free(&arguments);
    return status;
}

int main(int argc, char **argv)
{
    int rank, code = EXIT_OK;
    start_mpi("wn-inspect", &argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank == 0) {
        terminal_open("inspect");
        status_t status = run(argc, argv);
        code = status ? (int)status_code(status) : outcome;
        terminal_close(status_message(status));
        status_free(&status);
    }
    MPI_Finalize();
    return code;
}
