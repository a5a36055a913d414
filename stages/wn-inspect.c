/* wn-inspect: looks at one thing: tokens of a text, a model's forward pass, statistics of an
 * array, how alike two files of statistics are, what a file holds. */
#include <mpi.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "stages/inspect.h"
#include "stages/stage.h"
#include "stages/terminal.h"

typedef struct {
    const char *tokenizer, *model, *input, *output, *path, *other, *by, *percent;
    bool no_special;
} arguments_t;

static status_t run_tokens(const arguments_t *a)
{
    return inspect_tokens(a->tokenizer, !a->no_special, stdin, stdout);
}

static status_t run_forward(const arguments_t *a)
{
    return inspect_forward(a->model, a->input, a->output);
}

static status_t run_statistics(const arguments_t *a)
{
    return inspect_statistics(a->input, a->output);
}

static status_t run_compare(const arguments_t *a)
{
    return inspect_compare(a->path, a->other, a->by, a->percent, stdout);
}

static status_t run_file(const arguments_t *a)
{
    return inspect_file(a->path, stdout);
}

/* needs: the options with a value that must be given, as letters of option_table. */
static const struct {
    const char *name, *needs, *may, *usage, *help;
    status_t (*run)(const arguments_t *arguments);
} subcommands[] = {
    {"tokens", "t", "s", "--tokenizer FILE [--no-special]",
     "Standard input has one JSON string a line; standard output gets a line\n"
     "      {\"ids\":[...],\"offsets\":[[start,end],...]} for each, offsets in code points.\n"
     "      FILE is a tokenizer.json or its directory; --no-special leaves special tokens out.",
     run_tokens},
    {"forward", "mio", "", "--model DIR --input IN.h5 --output OUT.h5",
     "IN has /ids, /lengths (int32) and, for ablations, /neurons (int32 [layers][k]). OUT gets\n"
     "      /logits /nll /preact /mlp_input and /ablated/<op>/logits, /ablated/<op>/nll.",
     run_forward},
    {"statistics", "io", "", "--input IN.h5 --output OUT.h5",
     "IN has /activations and, if wanted, /reference, /inputs with /pairs, and the attribute\n"
     "      levels. OUT gets the statistics of each neuron.",
     run_statistics},
    {"compare", "pq", "bc", "A.h5 B.h5 [--by NAME] [--percent P]",
     "Prints as CSV, by statistic and layer, how alike two files of statistics are: Spearman's\n"
     "      rank correlation, and the overlap (Jaccard) of the P per cent highest of each layer "
     "(1\n"
     "      unless given). NAME is one statistic, as wd; else all that both have.",
     run_compare},
    {"file", "p", "", "PATH",
     "Prints what an HDF5 file of ours, a model directory or a tokenizer.json holds.", run_file},
};
enum { SUBCOMMANDS = sizeof subcommands / sizeof *subcommands };

static const struct {
    char letter;
    const char *name;
} option_table[] = {{'t', "--tokenizer"}, {'m', "--model"},   {'i', "--input"},
                    {'o', "--output"},    {'p', "PATH"},      {'q', "a second PATH"},
                    {'b', "--by"},        {'c', "--percent"}, {'s', "--no-special"}};
enum { OPTIONS = sizeof option_table / sizeof *option_table };

static void print_help(void)
{
    printf("usage: wn-inspect SUBCOMMAND ...\n\n");
    for (int i = 0; i < SUBCOMMANDS; i++)
        printf("  wn-inspect %s %s\n      %s\n\n", subcommands[i].name, subcommands[i].usage,
               subcommands[i].help);
    printf("  --help, --version\n\nRuns on one rank, without mpirun.\n"
           "Exit codes: 0 done, 1 bug, 2 usage, 3 input, 4 output, 5 resources, 6 a value that is "
           "not\nfinite.\n");
}

static const char **place(arguments_t *arguments, char letter)
{
    switch (letter) {
    case 't': return &arguments->tokenizer;
    case 'm': return &arguments->model;
    case 'i': return &arguments->input;
    case 'o': return &arguments->output;
    case 'q': return &arguments->other;
    case 'b': return &arguments->by;
    case 'c': return &arguments->percent;
    default: return &arguments->path;
    }
}

static status_t unknown(const char *what, const char *word, const char *const *names, size_t count)
{
    const char *near = nearest_name(word, names, count);
    return status_new(EXIT_USAGE, "%s: unknown %s%s%s%s", word, what, near ? "; did you mean " : "",
                      near ? near : "", near ? "?" : "");
}

/* The option that a word names, among those of a subcommand; '\0' where it is none of them. Paths
 * are words without a name: the first is p's, the next q's. */
static char letter_of(const char *word, int subcommand, const arguments_t *arguments)
{
    for (int i = 0; i < OPTIONS; i++) {
        char letter = option_table[i].letter;
        if (strcmp(word, option_table[i].name) == 0 && letter != 'p' && letter != 'q' &&
            (strchr(subcommands[subcommand].needs, letter) ||
             strchr(subcommands[subcommand].may, letter)))
            return letter;
    }
    const char *needs = subcommands[subcommand].needs;
    if (word[0] == '-' || !strchr(needs, 'p')) return '\0';
    return arguments->path && strchr(needs, 'q') ? 'q' : 'p';
}

static status_t parse(int argc, char **argv, int subcommand, arguments_t *arguments)
{
    const char *names[OPTIONS];
    for (int i = 0; i < OPTIONS; i++) names[i] = option_table[i].name;
    for (int i = 2; i < argc; i++) {
        char letter = letter_of(argv[i], subcommand, arguments);
        if (letter == '\0') return unknown("option", argv[i], names, OPTIONS);
        if (letter == 's') {
            arguments->no_special = true;
            continue;
        }
        if (letter != 'p' && letter != 'q' && ++i == argc)
            return status_new(EXIT_USAGE, "%s: a value is expected after it", argv[i - 1]);
        if (*place(arguments, letter)) return status_new(EXIT_USAGE, "%s: given twice", argv[i]);
        *place(arguments, letter) = argv[i];
    }
    for (int i = 0; i < OPTIONS; i++)
        if (strchr(subcommands[subcommand].needs, option_table[i].letter) &&
            !*place(arguments, option_table[i].letter))
            return status_new(EXIT_USAGE, "%s: %s is expected; usage: wn-inspect %s %s",
                              subcommands[subcommand].name, option_table[i].name,
                              subcommands[subcommand].name, subcommands[subcommand].usage);
    return NULL;
}

static bool asks_for(int argc, char **argv, const char *option)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], option) == 0) return true;
    return false;
}

static status_t run(int argc, char **argv)
{
    arguments_t arguments = {0};
    const char *names[SUBCOMMANDS];
    if (asks_for(argc, argv, "--help")) {
        print_help();
        return NULL;
    }
    if (asks_for(argc, argv, "--version")) {
        print_version("wn-inspect");
        return NULL;
    }
    if (argc < 2)
        return status_new(EXIT_USAGE, "a subcommand is expected: tokens, forward, statistics, "
                                      "compare or file; see wn-inspect --help");
    int found = -1;
    for (int i = 0; i < SUBCOMMANDS; i++) {
        names[i] = subcommands[i].name;
        if (strcmp(argv[1], names[i]) == 0) found = i;
    }
    if (found < 0) return unknown("subcommand", argv[1], names, SUBCOMMANDS);
    status_t status = parse(argc, argv, found, &arguments);
    return status ? status : subcommands[found].run(&arguments);
}

int main(int argc, char **argv)
{
    int provided, rank, code = EXIT_OK;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank == 0) {
        terminal_open("inspect");
        status_t status = run(argc, argv);
        code = (int)status_code(status);
        terminal_close("inspect", status_message(status));
        status_free(&status);
    }
    MPI_Finalize();
    return code;
}
