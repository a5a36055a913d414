#include "stages/stage.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/version.h"
#include "eval/budget.h"
#include "eval/condition.h"
#include "eval/task.h"
#include "model/checkpoints.h"
#include "par/agree.h"
#include "par/cores.h"
#include "par/share.h"
#include "par/watch.h"
#include "select/rules.h"
#include "stages/digests.h"
#include "stages/place.h"
#include "stages/plan.h"
#include "stages/terminal.h"
#include "store/output.h"

typedef struct {
    const char *config, *print; /* print: a key */
    strings_t overrides, checkpoints;
    bool help, version, list, dry;
    plan_format_t format; /* dry */
    layout_t layout;      /* likewise */
} arguments_t;

static void print_help(const char *name, const char *summary)
{
    printf(
        "usage: wn-%s CONFIG [--dry-run[=json|=status] [--as RANKS[xNODES]]]\n"
        "       [--checkpoint NAME]...\n"
        "       [--set KEY=VALUE]...\n\n%s\n\n"
        "  CONFIG               YAML file that describes the run\n"
        "  --checkpoint NAME    only this checkpoint (repeatable)\n"
        "  --dry-run[=FORMAT]   prints what there is to do and what it takes, and does nothing:\n"
        "                       as a table, or json: as one line; status: what is done, what is\n"
        "                       not, and why, but not what it takes\n"
        "  --as RANKS[xNODES]   with --dry-run: what it takes on so many ranks and nodes like this "
        "one\n"
        "  --list-checkpoints   prints the names of the checkpoints and does nothing else\n"
        "  --print KEY          prints the value of a key such as resources.threads, likewise\n"
        "  --set KEY=VALUE      overrides a key of CONFIG, as collect.window=1024 (repeatable)\n"
        "  --help, --version\n\n"
        "Start it under mpirun or srun for more than one rank; results do not depend on their "
        "number.\n"
        "Exit codes: 0 done, 1 bug, 2 usage or configuration, 3 input, 4 output, 5 resources,\n"
        "6 a value that is not finite, 7 interrupted (run again to continue),\n"
        "8 no cohort has the effect that was asked for.\n\n"
        "Keys of CONFIG:\n",
        name, summary);
    for (size_t i = 0; i < config_key_count; i++) {
        const config_key_t *key = &config_keys[i];
        bool required = key->fallback == REQUIRED;
        printf("  %s%s%s%s\n      %s%s%s\n", key->path, required ? " (required)" : "",
               !required && key->fallback ? " = " : "",
               !required && key->fallback ? key->fallback : "", key->help,
               key->choices ? " One of " : "", key->choices ? key->choices : "");
    }
}

/* What follows --dry-run. */
static status_t parse_dry_run(const char *format, arguments_t *arguments)
{
    arguments->dry = true;
    if (!*format) arguments->format = PLAN_TABLE;
    else if (strcmp(format, "=json") == 0) arguments->format = PLAN_JSON;
    else if (strcmp(format, "=status") == 0) arguments->format = PLAN_STATUS;
    else
        return status_new(EXIT_USAGE,
                          "--dry-run%s: --dry-run, --dry-run=json or --dry-run=status is expected",
                          format);
    return NULL;
}

static status_t parse(int argc, char **argv, arguments_t *arguments)
{
    static const char *const options[] = {"--set",   "--checkpoint", "--list-checkpoints",
                                          "--print", "--dry-run",    "--as",
                                          "--help",  "--version"};
    status_t status = NULL;
    for (int i = 1; !status && i < argc; i++) {
        const char *word = argv[i];
        bool set = strcmp(word, "--set") == 0, checkpoint = strcmp(word, "--checkpoint") == 0;
        bool print = strcmp(word, "--print") == 0, as = strcmp(word, "--as") == 0;
        if ((set || checkpoint || print || as) && i + 1 == argc)
            status = status_new(EXIT_USAGE, "%s: a value is expected after it", word);
        else if (set) status = strings_append(&arguments->overrides, argv[++i]);
        else if (checkpoint) status = strings_append(&arguments->checkpoints, argv[++i]);
        else if (print) arguments->print = argv[++i];
        else if (as) status = layout_parse(argv[++i], &arguments->layout);
        else if (strcmp(word, "--list-checkpoints") == 0) arguments->list = true;
        else if (strncmp(word, "--dry-run", 9) == 0 && strchr("=", word[9]))
            status = parse_dry_run(word + 9, arguments);
        else if (strcmp(word, "--help") == 0) arguments->help = true;
        else if (strcmp(word, "--version") == 0) arguments->version = true;
        else if (word[0] == '-') {
            const char *near = nearest_name(word, options, sizeof options / sizeof *options);
            status = status_new(EXIT_USAGE, "%s: unknown option%s%s%s", word,
                                near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
        } else if (arguments->config)
            status = status_new(EXIT_USAGE, "%s: only one configuration is expected", word);
        else arguments->config = word;
    }
    if (!status && arguments->layout.ranks && !arguments->dry)
        status = status_new(EXIT_USAGE, "--as: it goes with --dry-run");
    if (!status && !arguments->config && !arguments->help && !arguments->version)
        status = status_new(EXIT_USAGE, "the name of a configuration file is expected");
    return status;
}

/* One rank reads the file system; the others get what it found. */
static status_t share_checkpoints(stage_t *stage)
{
    strings_t names = {0};
    str_t text = {0};
    status_t status = stage->rank == 0 ? checkpoint_names(stage->config, &names) : NULL;
    for (size_t i = 0; !status && i < names.count; i++)
        status = str_printf(&text, "%s\n", names.item[i]);
    status = share_text(stage->comm, status, &text);
    for (char *at = text.data, *end; !status && at && (end = strchr(at, '\n')); at = end + 1)
        status = strings_append_n(&stage->checkpoints, at, (size_t)(end - at));
    strings_free(&names);
    str_free(&text);
    return status;
}

static status_t check_corpus(const config_t *config, const rule_t *search)
{
    const task_t task = {.kind = TASK_PERPLEXITY, .data = search->until.corpus};
    return task_check_data(config, config_path("select.%s.until.perplexity", search->entry), &task);
}

/* Corpora, benchmarks, cohorts and checkpoints that the configuration names must be there: every
 * stage says so, not only the one that needs them hours later. */
static status_t check_names(const stage_t *stage)
{
    tasks_t tasks = {0};
    conditions_t conditions = {0};
    rules_t rules = {0};
    const char *corpus = config_text(stage->config, "collect.corpus");
    const char *const *also;
    size_t others = config_texts(stage->config, "collect.also", &also);
    status_t status = NULL;
    if (corpus) status = task_check_collected(stage->config, "collect.corpus", corpus);
    for (size_t i = 0; !status && i < others; i++)
        status = task_check_collected(stage->config, "collect.also", also[i]);
    if (!status) status = rules_read(stage->config, &stage->checkpoints, &rules);
    if (!status) status = tasks_read(stage->config, &tasks);
    if (!status) status = conditions_read(stage->config, &conditions);
    if (!status) status = conditions_check_searches(&conditions, stage->config, &rules);
    for (size_t i = 0; !status && i < rules.count; i++)
        if (rules.rule[i].kind == RULE_UNTIL) status = check_corpus(stage->config, &rules.rule[i]);
    conditions_free(&conditions);
    tasks_free(&tasks);
    rules_destroy(&rules);
    return status;
}

static status_t check_memory(const config_t *config)
{
    double share;
    size_t bytes;
    const char *key = "resources.memory_per_node", *text = config_text(config, key);
    if (memory_parse(text, &share, &bytes)) return NULL;
    return config_error(config, key,
                        "'%s' is neither a share such as 60%% nor an amount such as "
                        "6GiB",
                        text);
}

static status_t prepare(stage_t *stage, const arguments_t *arguments)
{
    str_t text = {0};
    status_t status = stage->rank == 0 ? file_read(arguments->config, CONFIG_BYTES, &text) : NULL;
    status = share_text(stage->comm, status, &text);
    if (!status)
        status = agree(stage->comm, config_parse(arguments->config, text.data, text.length,
                                                 &arguments->overrides, &stage->config));
    str_free(&text);
    if (status) return status;
    status = check_memory(stage->config);
    if (status) return status;
    stage->directory = config_text(stage->config, "run.directory");
    status = share_checkpoints(stage);
    const strings_t *chosen =
        arguments->checkpoints.count ? &arguments->checkpoints : &stage->checkpoints;
    for (size_t i = 0; !status && i < chosen->count; i++) {
        status =
            checkpoint_check(stage->config, "--checkpoint", &stage->checkpoints, chosen->item[i]);
        if (!status) status = strings_append(&stage->chosen, chosen->item[i]);
    }
    if (!status) status = check_names(stage);
    if (!status)
        status = team_create((int)config_integer(stage->config, "resources.threads"), &stage->team);
    return agree(stage->comm, status);
}

static void print_checkpoints(const stage_t *stage)
{
    for (size_t i = 0; stage->rank == 0 && i < stage->chosen.count; i++)
        puts(stage->chosen.item[i]);
}

/* The value alone, of a key that has a single one. */
static status_t print_key(const stage_t *stage, const char *path)
{
    const char *value = NULL;
    for (size_t i = 0; i < config_key_count; i++)
        if (strcmp(config_keys[i].path, path) == 0 && !strpbrk(path, "*["))
            value = config_text(stage->config, path);
    if (!value) return status_new(EXIT_USAGE, "--print %s: no such key, or no single value", path);
    if (stage->rank == 0) puts(value);
    return NULL;
}

static status_t run_planned(stage_t *stage, const arguments_t *arguments,
                            status_t (*run)(stage_t *stage))
{
    status_t status = plan_create(stage->comm, arguments->format, arguments->layout,
                                  team_threads(stage->team), &stage->plan);
    if (!status) status = agree(stage->comm, run(stage));
    if (!status && stage->dry && stage->rank == 0) status = plan_print(stage);
    plan_destroy(&stage->plan);
    return agree(stage->comm, status);
}

/* A signal that reaches any rank of a node is everybody's there: their word is shared. */
static status_t share_interrupt(MPI_Comm comm, share_t *word)
{
    status_t status = share_open(comm, SHARE_NODE, word);
    if (!status) status = share_allocate(comm, sizeof(atomic_int), "signals", word);
    if (!status && word->ranks == 1) atomic_init((atomic_int *)word->data, 0); /* a file is zero */
    if (!status) interrupt_use(word->data);
    return status;
}

/* What a rank does for which others would wait for ever. */
static const char *own_name;
static void give_up(status_t status, bool say)
{
    if (say) fprintf(stderr, "wn-%s: error: %s\n", own_name, status_message(status));
    _exit(status_code(status));
}

/* glibc learns from a large block that was freed to take the next ones from its heap, which keeps
 * them: memory then grows from unit to unit. With a fixed threshold they go back to the system. */
static void return_large_blocks(void)
{
#ifdef M_MMAP_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}

int stage_main(int argc, char **argv, const char *name, const char *summary,
               status_t (*run)(stage_t *stage))
{
    lock_t *lock = NULL;
    stage_t stage = {.comm = MPI_COMM_WORLD, .name = name, .lock = &lock};
    arguments_t arguments = {0};
    share_t word = SHARE_CLOSED;
    place_t place = PLACE_CLOSED;
    char *digests = NULL;
    int provided;
    own_name = name;
    interrupt_catch();
    return_large_blocks();
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(stage.comm, &stage.rank);
    MPI_Comm_size(stage.comm, &stage.ranks);
    if (stage.rank == 0) terminal_open(name);
    status_t status = agree(stage.comm, parse(argc, argv, &arguments));
    if (!status && arguments.help) {
        if (stage.rank == 0) print_help(name, summary);
    } else if (!status && arguments.version) {
        char program[32];
        snprintf(program, sizeof program, "wn-%s", name);
        if (stage.rank == 0) print_version(program);
    } else {
        if (!status) status = prepare(&stage, &arguments);
        stage.dry = arguments.dry;
        if (!status && arguments.list) print_checkpoints(&stage);
        else if (!status && arguments.print) status = print_key(&stage, arguments.print);
        else if (!status) {
            cores_check(stage.comm, (int)config_integer(stage.config, "resources.threads"));
            status = share_interrupt(stage.comm, &word);
            double patience = config_number(stage.config, "resources.timeout");
            if (!status) status = watch_start(stage.comm, patience, give_up);
            if (!status) status = place_open(&stage, &place);
            if (!status) status = digests_open(&stage, &digests);
            if (!status) status = run_planned(&stage, &arguments, run);
            digests_close(&stage, &digests);
            place_close(&stage, &place);
            watch_stop(stage.comm);
        }
    }
    int code = status_code(status);
    lock_release(&lock);
    interrupt_use(NULL);
    share_destroy(&word);
    if (stage.rank == 0) terminal_close(name, status_message(status));
    status_free(&status);
    team_destroy(&stage.team);
    config_close(&stage.config);
    strings_free(&stage.checkpoints);
    strings_free(&stage.chosen);
    strings_free(&arguments.overrides);
    strings_free(&arguments.checkpoints);
    MPI_Finalize();
    return code;
}

status_t stage_path(const stage_t *stage, bool create, char **path, const char *format, ...)
{
    char name[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    status_t status = path_join(stage->directory, name, path);
    if (!create || stage->dry) return status;
    if (!status && stage->rank == 0) status = directory_create_for(*path);
    return agree(stage->comm, status);
}

status_t stage_arithmetic(const stage_t *stage, arithmetic_t *arithmetic)
{
    const char *key = "model.arithmetic";
    *arithmetic = arithmetic_of_name(config_text(stage->config, key));
    return agree(stage->comm, status_wrap(arithmetic_check(*arithmetic), "%s", key));
}

status_t stage_write_arithmetic(store_t *store, arithmetic_t arithmetic)
{
    status_t status = store_set_text(store, "/", "arithmetic", arithmetic_name(arithmetic));
    return status ? status : store_set_text(store, "/", "kernel", gemm_kernel(arithmetic));
}

status_t stage_write_deviation(store_t *store, const char *object, const deviation_t *deviation)
{
    status_t status = store_set_integer(store, object, "deviation_count", deviation->count);
    if (!status) status = store_set_number(store, object, "deviation_largest", deviation->largest);
    if (!status) status = store_set_number(store, object, "deviation_rms", deviation->rms);
    return status;
}

status_t stage_read_deviation(const store_t *store, const char *object, deviation_t *deviation)
{
    double count = 0;
    status_t status = store_get_number(store, object, "deviation_count", &count);
    if (!status) status = store_get_number(store, object, "deviation_largest", &deviation->largest);
    if (!status) status = store_get_number(store, object, "deviation_rms", &deviation->rms);
    deviation->count = (int64_t)count;
    return status;
}
