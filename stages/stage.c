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
#include "stages/programs.h"
#include "stages/start.h"
#include "stages/terminal.h"
#include "store/output.h"

/* What the command line asks for. */
typedef struct {
    const char *config, *print; /* print: a key */
    strings_t overrides, checkpoints;
    bool help, version, list, dry;
    plan_format_t format; /* dry */
    layout_t layout;      /* likewise */
} asked_t;

/* After the program's own help the keys that its configuration may have. */
static status_t print_help(const program_t *program)
{
    str_t text = {0};
    status_t status = options_help(program, NULL, &text);
    if (!status) status = str_add(&text, "\nKeys of CONFIG:\n");
    if (!status) status = config_help("", &text);
    if (!status) fputs(text.data, stdout);
    str_free(&text);
    return status;
}

static plan_format_t format_of(const char *text)
{
    static const struct {
        const char *name;
        plan_format_t format;
    } formats[] = {{"json", PLAN_JSON}, {"status", PLAN_STATUS}, {"status-json", PLAN_STATUS_JSON}};
    for (size_t i = 0; text && i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, text) == 0) return formats[i].format;
    return PLAN_TABLE;
}

static status_t parse(const program_t *program, int argc, char **argv, asked_t *asked)
{
    arguments_t arguments;
    status_t status = options_parse(program, argc, argv, &arguments);
    if (status) return status;
    asked->config = arguments_value(&arguments, "CONFIG");
    asked->print = arguments_value(&arguments, "--print");
    asked->help = arguments.help;
    asked->version = arguments.version;
    asked->list = arguments_have(&arguments, "--list-checkpoints");
    asked->dry = arguments_have(&arguments, "--dry-run");
    asked->format = format_of(arguments_value(&arguments, "--dry-run"));
    const char *layout = arguments_value(&arguments, "--as");
    status = layout ? layout_parse(layout, &asked->layout) : NULL;
    if (!status && layout && !asked->dry)
        status = status_new(EXIT_USAGE, "--as: it goes with --dry-run");
    if (!status) status = arguments_values(&arguments, "--set", &asked->overrides);
    if (!status) status = arguments_values(&arguments, "--checkpoint", &asked->checkpoints);
    arguments_free(&arguments);
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

static status_t prepare(stage_t *stage, const asked_t *arguments)
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

enum { KEYS = 128 };

/* The value alone, of a key that has a single one. */
static status_t print_key(const stage_t *stage, const char *path)
{
    const char *value = NULL, *known[KEYS];
    size_t count = 0;
    for (size_t i = 0; i < config_key_count && count < KEYS; i++) {
        if (strpbrk(config_keys[i].path, "*[")) continue;
        known[count++] = config_keys[i].path;
        if (strcmp(config_keys[i].path, path) == 0) value = config_text(stage->config, path);
    }
    if (!value)
        return status_new(EXIT_USAGE, "--print %s: no such key, or no single value%s", path,
                          did_you_mean(path, known, count));
    if (stage->rank == 0) puts(value);
    return NULL;
}

static status_t run_planned(stage_t *stage, const asked_t *arguments,
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
    if (say) terminal_error(own_name, status_message(status));
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

int stage_main(int argc, char **argv, const char *name, status_t (*run)(stage_t *stage))
{
    lock_t *lock = NULL;
    stage_t stage = {.comm = MPI_COMM_WORLD, .name = name, .lock = &lock};
    asked_t arguments = {0};
    const program_t *program = program_find(config_path("wn-%s", name));
    share_t word = SHARE_CLOSED;
    place_t place = PLACE_CLOSED;
    char *digests = NULL;
    own_name = name;
    interrupt_catch();
    return_large_blocks();
    start_mpi(program->name, &argc, &argv);
    MPI_Comm_rank(stage.comm, &stage.rank);
    MPI_Comm_size(stage.comm, &stage.ranks);
    if (stage.rank == 0) terminal_open(name);
    status_t status = agree(stage.comm, parse(program, argc, argv, &arguments));
    if (!status && arguments.help) {
        if (stage.rank == 0) status = print_help(program);
    } else if (!status && arguments.version) {
        if (stage.rank == 0) print_version(program->name);
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
    if (stage.rank == 0) terminal_close(status_message(status));
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
