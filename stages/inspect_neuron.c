/* wn-inspect neuron: one neuron of a run, as text or JSON, and its page. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "core/file.h"
#include "core/json_out.h"
#include "core/log.h"
#include "core/memory.h"
#include "report/neuron_places.h"
#include "report/text.h"
#include "stages/inspect.h"
#include "stages/terminal.h"

enum { COLUMNS = 100 };

/* ---- what is asked for ---- */

static status_t read_index(const char *option, const char *text, int32_t *number)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (end == text || *end || errno || value < 0 || value > INT32_MAX)
        return status_new(EXIT_USAGE, "%s %s: a number from 0 on is expected", option, text);
    *number = (int32_t)value;
    return NULL;
}

/* The checkpoint that was asked for, else the last one that has statistics; to be freed. */
static status_t find_checkpoint(const char *directory, const char *wanted, char **checkpoint)
{
    strings_t names = {0};
    status_t status = neuron_checkpoints(directory, &names);
    if (!status && names.count == 0)
        status = status_new(EXIT_INPUT,
                            "%s/statistics: no statistics of neurons; run the stage 'reduce' first",
                            directory);
    else if (!status && wanted && strings_find(&names, wanted) < 0)
        status = status_new(EXIT_USAGE, "--checkpoint %s: there are no statistics of it%s", wanted,
                            did_you_mean(wanted, (const char *const *)names.item, names.count));
    else if (!status) status = str_copy(checkpoint, wanted ? wanted : names.item[names.count - 1]);
    strings_free(&names);
    return status;
}

/* ---- for programs ---- */

static json_t *statistics_object(const neuron_card_t *card, const neuron_places_t *places,
                                 bool *failed)
{
    json_t *object = json_object();
    for (int s = 0; s < STATISTICS; s++) {
        json_t *it = json_object();
        json_put(it, "value", json_number(card->statistic[s]), failed);
        json_put(it, "rank", places->rank[s] ? json_integer(places->rank[s]) : json_null(), failed);
        json_put(it, "of", json_integer(places->of[s]), failed);
        json_put(object, statistics[s].name, it, failed);
    }
    return object;
}

static json_t *histogram_object(const neuron_card_t *card, bool *failed)
{
    json_t *object = json_object(), *counts = json_array(), *modes = json_array();
    for (int b = 0; b < NEURON_BINS; b++) json_add(counts, json_integer(card->count[b]), failed);
    for (int m = 0; m < card->modes.count; m++)
        json_add(modes, json_number(card->modes.place[m]), failed);
    json_put(object, "tokens", json_integer(card->tokens), failed);
    json_put(object, "mean", json_number(card->mean), failed);
    json_put(object, "deviation", json_number(card->deviation), failed);
    json_put(object, "from", json_number(card->least), failed);
    json_put(object, "width", json_number(card->width), failed);
    json_put(object, "counts", counts, failed);
    json_put(object, "outside", json_integer(card->outside), failed);
    json_put(object, "modes", modes, failed);
    return object;
}

static json_t *pairs_array(const neuron_card_t *card, bool *failed)
{
    json_t *array = json_array();
    for (int k = 0; k < card->shown; k++) {
        const neuron_pair_t *pair = &card->pair[k];
        json_t *it = json_object(), *tokens = json_array();
        for (int side = 0; side < 2; side++) {
            json_t *token = json_object();
            json_put(token, "text", json_string(pair->text[side]), failed);
            json_put(token, "context", json_string(pair->context[side]), failed);
            json_put(token, "tag", json_string(pair->tag[side]), failed);
            json_put(token, "output", json_number(pair->output[side]), failed);
            json_add(tokens, token, failed);
        }
        json_put(it, "tokens", tokens, failed);
        json_put(it, "input_distance", json_number(pair->input), failed);
        json_put(it, "output_distance", json_number(pair->moved), failed);
        json_add(array, it, failed);
    }
    return array;
}

static json_t *contexts_array(const neuron_places_t *places, bool *failed)
{
    json_t *array = json_array();
    for (size_t i = 0; i < places->contexts; i++) {
        const neuron_context_t *context = &places->context[i];
        json_t *it = json_object();
        json_put(it, "list", json_string(context->list), failed);
        json_put(it, "value", json_number(context->value), failed);
        json_put(it, "before", json_string(context->before), failed);
        json_put(it, "text", json_string(context->text), failed);
        json_put(it, "after", json_string(context->after), failed);
        json_add(array, it, failed);
    }
    return array;
}

static json_t *cohorts_object(const neuron_places_t *places, bool *failed)
{
    json_t *object = json_object();
    for (size_t i = 0; i < places->cohorts; i++) {
        json_t *at = json_array();
        for (size_t c = 0; c < places->cohort[i].checkpoints.count; c++)
            json_add(at, json_string(places->cohort[i].checkpoints.item[c]), failed);
        json_put(object, places->cohort[i].name, at, failed);
    }
    return object;
}

static json_t *quantiles_array(const neuron_places_t *places, bool *failed)
{
    json_t *array = json_array();
    for (int i = 0; i < LEVELS; i++) {
        json_t *it = json_array();
        if (isnan(places->level[i])) {
            json_decref(it);
            continue;
        }
        json_add(it, json_number(places->level[i]), failed);
        json_add(it, json_number(places->quantile[i]), failed);
        json_add(array, it, failed);
    }
    return array;
}

static status_t print_json(const neuron_card_t *card, const neuron_places_t *places,
                           const char *page, FILE *out)
{
    bool failed = false;
    json_t *root = json_object();
    json_put(root, "checkpoint", json_string(card->checkpoint), &failed);
    json_put(root, "layer", json_integer(card->layer), &failed);
    json_put(root, "neuron", json_integer(card->neuron), &failed);
    json_put(root, "statistics", statistics_object(card, places, &failed), &failed);
    json_put(root, "quantiles", quantiles_array(places, &failed), &failed);
    json_put(root, "histogram", card->valued ? histogram_object(card, &failed) : json_null(),
             &failed);
    json_put(root, "pairs", pairs_array(card, &failed), &failed);
    json_put(root, "contexts", contexts_array(places, &failed), &failed);
    json_put(root, "cohorts", cohorts_object(places, &failed), &failed);
    json_put(root, "page", json_string(page), &failed);
    return json_print(root, failed, out);
}

/* ---- the page ---- */

/* Draws what there is; without gnuplot the page has none. */
static status_t draw(const char *directory, figures_t *figures)
{
    char *place = NULL;
    bool absent = false;
    status_t status = path_join(directory, "figures", &place);
    if (!status) status = directory_create(place);
    for (size_t i = 0; !status && i < figures->count; i++)
        status = figure_draw(place, &figures->item[i], &absent);
    if (!status && absent) log_warning("gnuplot is not installed: nothing is drawn");
    mem_free(&place);
    return status;
}

/* *page: its path, "<run>/report/neurons/<checkpoint>-L5-N123.html", to be freed. */
static status_t write_page(const char *run, const neuron_card_t *card, char **page)
{
    figures_t figures = {0};
    str_t name = {0}, html = {0};
    char *directory = NULL;
    status_t status = path_join(run, "report/neurons", &directory);
    if (!status) status = text_file_name(&name, card->checkpoint);
    if (!status)
        status =
            str_format(page, "%s/%s-L%d-N%d.html", directory, name.data, card->layer, card->neuron);
    if (!status) status = neuron_figures(card, &figures);
    if (!status) status = draw(directory, &figures);
    if (!status) status = neuron_html(card, &figures, directory, &html);
    if (!status) status = file_write(*page, html.data, html.length);
    figures_free(&figures);
    str_free(&name);
    str_free(&html);
    mem_free(&directory);
    return status;
}

/* ---- all ---- */

static status_t print_card(const neuron_card_t *card, const neuron_places_t *places,
                           const char *page, FILE *out)
{
    str_t text = {0};
    status_t status = neuron_text(card, places, COLUMNS, terminal_has_colour(), &text);
    if (!status && fprintf(out, "%s\nPage: %s\n", text.data, page) < 0)
        status = status_new(EXIT_OUTPUT, "standard output cannot be written");
    str_free(&text);
    return status;
}

static status_t show(neuron_files_t *files, const int32_t at[2], bool json, FILE *out)
{
    neuron_card_t card = {0};
    neuron_places_t places = {0};
    char *page = NULL;
    status_t status = neuron_check(files, at[0], at[1]);
    if (!status) status = neuron_card_read(files, at[0], at[1], &card);
    if (status) return status;
    status = neuron_places_read(files, &card, &places);
    if (!status) status = write_page(files->directory, &card, &page);
    if (!status)
        status =
            json ? print_json(&card, &places, page, out) : print_card(&card, &places, page, out);
    neuron_places_free(&places);
    neuron_card_free(&card);
    mem_free(&page);
    return status;
}

status_t inspect_neuron(const char *run, const char *layer, const char *neuron, const char *wanted,
                        bool json, FILE *out)
{
    char *directory = NULL, *checkpoint = NULL;
    neuron_files_t files = {0};
    int32_t at[2];
    status_t status = read_index("--layer", layer, &at[0]);
    if (!status) status = read_index("--neuron", neuron, &at[1]);
    if (!status) status = inspect_find_run(run, &directory);
    if (!status) status = find_checkpoint(directory, wanted, &checkpoint);
    if (!status) status = neuron_files_open(directory, checkpoint, &files);
    if (!status) {
        status = show(&files, at, json, out);
        neuron_files_close(&files);
    }
    mem_free(&checkpoint);
    mem_free(&directory);
    return status;
}
