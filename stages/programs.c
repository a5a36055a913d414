/* Every program's commands and options, and what they mean: parsers, --help, manual pages and
 * completion come from here. */
#include "stages/programs.h"

#include <string.h>

#define STAGES "shard|collect|reduce|select|evaluate|report"

/* ---- what several have ---- */

static const char *exit_codes[][2] = {
    {"0", "done"},
    {"1", "a bug of ours"},
    {"2", "command line or configuration"},
    {"3", "an input is missing, damaged or inconsistent"},
    {"4", "an output cannot be written"},
    {"5",
     "memory, shared memory, MPI; a rank that does not answer; an arithmetic that the build or "
     "the processor lacks"},
    {"6", "a value is not finite"},
    {"7", "interrupted by a signal; run again to continue"},
    {"8", "no cohort has the effect that was asked for (select.*.until)"},
    {"9", "two runs differ (diff --exit-code)"},
    {NULL, NULL},
};

static const char *colours[][2] = {
    {"NO_COLOR", "when set and not empty: no colours. There are none anyway where output is no "
                 "terminal."},
    {NULL, NULL},
};

static const topic_t common_topics[] = {
    {"Environment", colours},
    {"Exit codes", exit_codes},
    {NULL, NULL},
};

#define CONFIG_OPERAND                                                                         \
    {                                                                                          \
        "CONFIG", NULL, FILLS_CONFIG, 0, "YAML file that describes the run, its configuration" \
    }
#define SET_OPTION                                              \
    {                                                           \
        "--set", "KEY=VALUE", FILLS_SETTING, OPTION_REPEATS,    \
            "overrides a key of CONFIG, as collect.window=1024" \
    }
#define CHECKPOINT_OPTION(help)                                        \
    {                                                                  \
        "--checkpoint", "NAME", FILLS_CHECKPOINT, OPTION_REPEATS, help \
    }
#define AS_OPTION                                                                         \
    {                                                                                     \
        "--as", "RANKS[xNODES]", NULL, 0,                                                 \
            "with --dry-run: what it takes on so many ranks, with a core for each thread" \
    }
#define JSON_OPTION                                                     \
    {                                                                   \
        "--json", NULL, NULL, 0, "prints one JSON object, for programs" \
    }

/* ---- wn ---- */

static const option_t run_options[] = {
    CONFIG_OPERAND,
    {"-n", "RANKS", NULL, 0,
     "MPI processes; by default SLURM_NTASKS, else one for each resources.threads of this "
     "machine's "
     "cores"},
    SET_OPTION,
    {"--from", "STAGE", STAGES, 0, "starts with this stage"},
    {"--only", "STAGE", STAGES, 0, "runs only this stage"},
    CHECKPOINT_OPTION("collect, reduce and evaluate only this checkpoint"),
    {"--dry-run", "json", "json", OPTION_ATTACHED,
     "prints what each stage would do, and what that takes in computing, reading, memory, disk and "
     "time; writes nothing. json: a line for each stage, for programs"},
    AS_OPTION,
    {0},
};

static const option_t status_options[] = {CONFIG_OPERAND, SET_OPTION, JSON_OPTION, {0}};
static const option_t checkpoints_options[] = {CONFIG_OPERAND, SET_OPTION, {0}};
static const option_t print_options[] = {
    CONFIG_OPERAND,
    {"KEY", NULL, FILLS_KEY, 0, "a key such as resources.threads"},
    SET_OPTION,
    {0},
};

static const option_t diff_options[] = {
    {"RUN1", NULL, FILLS_FILE, 0, "the directory of a run, or its configuration"},
    {"RUN2", NULL, FILLS_FILE, 0, "of another"},
    JSON_OPTION,
    {"--exit-code", NULL, NULL, 0, "ends with 9 where anything differs"},
    {0},
};
static const option_t neuron_options[] = {
    {"RUN", NULL, FILLS_CONFIG, 0, "the configuration of a run, or its directory"},
    {"--layer", "L", NULL, OPTION_NEEDED, "its layer, from 0"},
    {"--neuron", "N", NULL, OPTION_NEEDED, "its number in that layer, from 0"},
    {"--checkpoint", "NAME", FILLS_CHECKPOINT, 0, "by default the last one that has statistics"},
    JSON_OPTION,
    {0},
};

static const option_t help_options[] = {
    {"TOPIC", NULL,
     "run|status|checkpoints|print|neuron|diff|help|completion|inspect|config|" STAGES,
     OPTION_OMITTED | OPTION_OPEN,
     "a command; a stage; inspect; config: all keys of a configuration; or how keys begin, as "
     "collect.w"},
    {0},
};

static const option_t completion_options[] = {
    {"SHELL", NULL, "bash|zsh", 0, "the shell"},
    {0},
};

/* Of wn and wn-inspect. */
#define NEURON_COMMAND                                                                             \
    {                                                                                              \
        "neuron", "shows a single neuron",                                                         \
            "Prints the card of a neuron: its statistics with ranks in its layer, the histogram "  \
            "of its pre-activations with the Gaussian that has their mean and deviation, modes, "  \
            "quantiles, the pairs of tokens that it separates most, the contexts of its extremes " \
            "where a task of extremes has them, and the cohorts it belongs to at each "            \
            "checkpoint. Writes the same with figures to report/neurons/CHECKPOINT-LL-NN.html in " \
            "the run's directory.",                                                                \
            neuron_options                                                                         \
    }
#define DIFF_COMMAND                                                                              \
    {                                                                                             \
        "diff", "tells what differs between two runs",                                            \
            "Compares the files of two runs: which settings differ, which outputs hold the same " \
            "data, bit for bit, how "                                                             \
            "alike statistics of neurons and cohorts are, and which results differ, on the same " \
            "items where both "                                                                   \
            "have them, and whether beyond their 95 % intervals (a bootstrap of 10,000 over "     \
            "items or windows). "                                                                 \
            "Neither directory is changed. Ends with 0 whether they differ or not, unless "       \
            "--exit-code is given.",                                                              \
            diff_options                                                                          \
    }

static const command_t wn_commands[] = {
    {"run", "runs the stages of an experiment",
     "Runs the stages of an experiment in order: shard collect reduce select evaluate report. What "
     "is finished is not done again. Each process gets resources.threads cores of its own where "
     "there are enough; elsewhere they run where the system puts them.",
     run_options},
    {"status", "tells what is done",
     "Tells what is done, what is not, what is stale and why, and who is making what at the "
     "moment.",
     status_options},
    {"checkpoints", "lists the run's checkpoints",
     "Lists the names of the run's checkpoints in order, one a line.", checkpoints_options},
    {"print", "shows the value of a key", "Shows the value of a key of the configuration.",
     print_options},
    NEURON_COMMAND,
    DIFF_COMMAND,
    {"help", "explains a command, a stage or the keys of a configuration",
     "Explains a command, a stage with its options, or all keys of a configuration.", help_options},
    {"completion", "prints the completion of command lines for a shell",
     "Prints what completes command lines of wn and its programs in a shell: source <(wn "
     "completion "
     "bash). make install puts it where shells look for it.",
     completion_options},
    {0},
};

static const char *driver_environment[][2] = {
    {"WN_LAUNCHER",
     "command that starts MPI programs, such as \"srun\" or \"mpirun --bind-to none\"; "
     "by default the one that belongs to the MPI the programs were built with. Words "
     "about binding, or the MPI's own variables, replace ours."},
    {"WN_MPI_TIMEOUT",
     "seconds after which a process whose MPI does not start, because another rank or "
     "the launcher is missing, ends with exit code 5; by default 600, 0: never"},
    {"BUILD", "build directory of a source tree; by default build"},
    {"NO_COLOR", "when set and not empty: no colours. There are none anyway where output is no "
                 "terminal."},
    {NULL, NULL},
};

static const topic_t wn_topics[] = {
    {"Environment", driver_environment},
    {"Exit codes", exit_codes},
    {NULL, NULL},
};

static const program_t wn = {
    "wn", "finds the neurons of a language model that carry grammar",
    "Runs experiments on the neurons of language models: measures every neuron's distance to a "
    "Gaussian, chooses cohorts, ablates them, scores the model, and writes a report. An experiment "
    "is "
    "one YAML file, whose keys wn help config lists, and one directory. The exit code of run is "
    "that "
    "of the stage that failed.",
    wn_commands, wn_topics};

/* ---- stages ---- */

static const option_t stage_options[] = {
    CONFIG_OPERAND,
    CHECKPOINT_OPTION("only this checkpoint"),
    {"--dry-run", "FORMAT", "json|status|status-json", OPTION_ATTACHED,
     "prints what there is to do and what it takes, and does nothing: as a table, or json: as one "
     "line; status: what is done, what is not, and why, but not what it takes; status-json: that "
     "as "
     "one line"},
    AS_OPTION,
    {"--list-checkpoints", NULL, NULL, 0,
     "prints the names of the checkpoints and does nothing else"},
    {"--print", "KEY", FILLS_KEY, 0,
     "prints the value of a key such as resources.threads, likewise"},
    SET_OPTION,
    {0},
};

#define ABOUT_STAGES                                                                         \
    " Start it under mpirun or srun for more than one rank; results do not depend on their " \
    "number. What is finished is not done again."

#define STAGE(stage, brief, help)                                                              \
    static const command_t stage##_command[] = {{"", brief, help ABOUT_STAGES, stage_options}, \
                                                {0}};                                          \
    static const program_t stage##_program = {"wn-" #stage, brief, help ABOUT_STAGES,          \
                                              stage##_command, common_topics}

STAGE(shard, "cuts corpora and benchmarks into tokens",
      "Tokenises the corpora and benchmarks that the run uses: shards/*.h5.");
STAGE(collect, "keeps the pre-activations of a model",
      "Runs the corpus through each checkpoint and keeps its MLP pre-activations.");
STAGE(reduce, "measures every neuron",
      "Computes the statistics of every neuron from its activations.");
STAGE(select, "chooses cohorts of neurons", "Chooses the cohorts of neurons by their statistics.");
STAGE(evaluate, "scores tasks under ablations",
      "Scores every task under every condition at each checkpoint.");
STAGE(report, "writes the tables and figures of a run",
      "Writes tables and figures of everything that the run's directory holds.");

/* ---- wn-inspect ---- */

static const option_t tokens_options[] = {
    {"--tokenizer", "FILE", FILLS_FILE, OPTION_NEEDED, "a tokenizer.json or its directory"},
    {"--no-special", NULL, NULL, 0, "leaves special tokens out"},
    {0},
};
static const option_t forward_options[] = {
    {"--model", "DIR", FILLS_DIRECTORY, OPTION_NEEDED, "a Hugging Face model directory"},
    {"--input", "IN.h5", FILLS_FILE, OPTION_NEEDED,
     "has /ids, /lengths (int32) and, for ablations, /neurons (int32 [layers][k])"},
    {"--output", "OUT.h5", FILLS_FILE, OPTION_NEEDED,
     "gets /logits /nll /preact /mlp_input and /ablated/<op>/logits, /ablated/<op>/nll"},
    {0},
};
static const option_t statistics_options[] = {
    {"--input", "IN.h5", FILLS_FILE, OPTION_NEEDED,
     "has /activations and, if wanted, /reference, /inputs with /pairs, and the attribute levels"},
    {"--output", "OUT.h5", FILLS_FILE, OPTION_NEEDED, "gets the statistics of each neuron"},
    {0},
};
static const option_t compare_options[] = {
    {"A.h5", NULL, FILLS_FILE, 0, "statistics that reduce wrote"},
    {"B.h5", NULL, FILLS_FILE, 0, "others"},
    {"--by", "NAME", NULL, 0, "one statistic, as wd; else all that both have"},
    {"--percent", "P", NULL, 0,
     "the overlap is that of the P per cent highest of each layer; by default 1"},
    JSON_OPTION,
    {0},
};
static const option_t file_options[] = {
    {"PATH", NULL, FILLS_FILE, 0, "an HDF5 file of ours, a model directory or a tokenizer.json"},
    JSON_OPTION,
    {0},
};

static const command_t inspect_commands[] = {
    {"tokens", "turns text into tokens",
     "Standard input has one JSON string a line; standard output gets a line "
     "{\"ids\":[...],\"offsets\":[[start,end],...]} for each, offsets in code points.",
     tokens_options},
    {"forward", "runs token ids through a model",
     "Runs token ids through a model directory, from HDF5 file to HDF5 file.", forward_options},
    {"statistics", "computes statistics of arrays",
     "Computes the statistics of neurons from arrays.", statistics_options},
    {"compare", "tells how alike two files of statistics are",
     "Prints as CSV, by statistic and layer, how alike two files of statistics are: Spearman's "
     "rank "
     "correlation, and the overlap (Jaccard) of the neurons that are highest.",
     compare_options},
    NEURON_COMMAND,
    DIFF_COMMAND,
    {"file", "tells what a file holds",
     "Prints what an HDF5 file of ours, a model directory or a tokenizer.json holds.",
     file_options},
    {0},
};

static const program_t inspect = {"wn-inspect", "looks at one thing of a run, or without a run",
                                  "Looks at one thing. Runs on one rank, without mpirun.",
                                  inspect_commands, common_topics};

/* ---- wn-manual ---- */

static const option_t page_options[] = {
    {"PAGE", NULL, NULL, 0, "a program, or wn-config: the keys of a configuration"},
    {0},
};
static const option_t parse_options[] = {
    {"WORD", NULL, NULL, OPTION_REPEATS | OPTION_OMITTED,
     "the words of a command line of wn, after --"},
    {0},
};
static const option_t topic_options[] = {
    {"TOPIC", NULL, NULL, OPTION_OMITTED, "as of wn help"},
    {0},
};

static const command_t manual_commands[] = {
    {"help", "prints help", "Prints the help of a command of wn, a stage, inspect or config.",
     topic_options},
    {"page", "prints a manual page", "Prints a manual page in mdoc(7).", page_options},
    {"pages", "lists the manual pages", "Lists the manual pages, one a line, as wn.1.",
     &(option_t){0}},
    {"completion", "prints the completion of a shell", "Prints the completion of a shell.",
     completion_options},
    {"parse", "checks a command line of wn",
     "Checks a command line of wn and prints it with every option apart from its value, quoted for "
     "a "
     "shell, as getopt(1) does: the driver's own parser.",
     parse_options},
    {0},
};

static const program_t manual = {"wn-manual",
                                 "manual pages, help, completion, and the driver's command line",
                                 "Manual pages, help and completion of all programs, and the "
                                 "driver's command line. All of it comes "
                                 "from one table of options.",
                                 manual_commands, common_topics};

/* ---- all ---- */

const program_t *const programs[] = {&wn,
                                     &shard_program,
                                     &collect_program,
                                     &reduce_program,
                                     &select_program,
                                     &evaluate_program,
                                     &report_program,
                                     &inspect,
                                     &manual,
                                     NULL};

const program_t *program_find(const char *name)
{
    for (const program_t *const *program = programs; *program; program++)
        if (strcmp((*program)->name, name) == 0) return *program;
    return NULL;
}

bool program_is_stage(const program_t *program)
{
    return program->command->option == stage_options;
}
