/* Comparisons of runs for people. */
#include <math.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "report/cells.h"
#include "report/diff_tables.h"
#include "report/text.h"

/* Columns of a setting's value at most. */
enum { VALUE_WIDTH = 40 };

/* ---- cells ---- */

static status_t take(table_t *table, status_t made, str_t *text)
{
    status_t status = made ? made : cell_take(table, text);
    str_free(text);
    return status;
}

/* Which of count rows are shown: from this one on; appends that some are not. */
static status_t limit(size_t count, size_t rows, size_t *from, str_t *note)
{
    *from = rows && count > rows ? count - rows : 0;
    status_t status = str_append(note, "", 0);
    if (!status && *from)
        status = str_printf(note, "%sthe last %zu of %zu", note->length ? "; " : "", rows, count);
    return status;
}

/* ---- the sentence ---- */

static size_t count_files(const diff_t *diff, bool first, bool second, bool same, const char *place)
{
    size_t count = 0, length = strlen(place);
    for (size_t i = 0; i < diff->files; i++) {
        const diff_file_t *it = &diff->file[i];
        count += it->there[0] == first && it->there[1] == second && it->same == same &&
                 strncmp(it->name, place, length) == 0;
    }
    return count;
}

static status_t summarise_results(const diff_t *diff, str_t *text)
{
    size_t beyond = 0, same = 0, paired = 0;
    for (size_t i = 0; i < diff->results; i++) {
        beyond += diff->result[i].beyond;
        same += diff->result[i].same;
        paired += diff->result[i].paired;
    }
    if (diff->results == 0) return NULL;
    status_t status =
        str_printf(text,
                   " Of %zu results that both have %zu are the same, bit for bit, and %zu differ "
                   "beyond their %g %% intervals",
                   diff->results, same, beyond, 100 * diff->resampling.level);
    if (!status && paired < diff->results)
        status = str_printf(text, "; %zu are not on the same items", diff->results - paired);
    return status ? status : str_add(text, ".");
}

status_t diff_summary(const diff_t *diff, str_t *text)
{
    size_t same = count_files(diff, true, true, true, "");
    if (!diff_any(diff))
        return str_printf(
            text, "No difference: the same settings, and %zu files of the same data, bit for bit.",
            same);
    status_t status = diff->settings ? str_printf(text, "%zu setting%s.", diff->settings,
                                                  diff->settings == 1 ? " differs" : "s differ")
                                     : str_add(text, "The settings are the same.");
    size_t first = count_files(diff, true, false, false, "");
    size_t second = count_files(diff, false, true, false, "");
    if (!status)
        status =
            str_printf(text, " Of %zu files %zu hold the same data, bit for bit, and %zu others",
                       diff->files, same, count_files(diff, true, true, false, ""));
    if (!status && first) status = str_printf(text, "; %zu are in the first run alone", first);
    if (!status && second) status = str_printf(text, "; %zu are in the second run alone", second);
    if (!status) status = str_add(text, ".");
    if (!status) status = summarise_results(diff, text);
    for (int side = 0; !status && side < 2; side++) {
        const strings_t *alone = &diff->alone[side];
        if (!alone->count) continue;
        status = str_printf(text, " Conditions of the %s alone:", side ? "second" : "first");
        for (size_t i = 0; !status && i < alone->count; i++)
            status = str_printf(text, "%s %s", i ? "," : "", alone->item[i]);
        if (!status) status = str_add(text, ".");
    }
    return status;
}

/* ---- settings and files ---- */

/* A value on one line without its quotes, cut. */
static status_t add_value(table_t *table, const char *value)
{
    str_t text = {0};
    size_t length = value ? strlen(value) : 0, kept;
    if (length > 1 && value[0] == '"' && value[length - 1] == '"') value++, length -= 2;
    kept = length;
    if (kept > VALUE_WIDTH) kept = VALUE_WIDTH - 3;
    while (kept < length && kept && ((unsigned char)value[kept] & 0xc0) == 0x80) kept--;
    status_t status = value ? str_append(&text, value, kept) : str_add(&text, "–");
    if (!status && kept < length) status = str_add(&text, "...");
    return take(table, status, &text);
}

static status_t add_settings(const diff_t *diff, tables_t *tables)
{
    table_t *table;
    if (diff->settings == 0) return NULL;
    status_t status = tables_append(tables, "Settings that differ", "", "", 3, &table);
    if (!status) status = CELL_HEADS(table, "key", "first", "second");
    for (size_t i = 0; !status && i < diff->settings; i++) {
        const diff_setting_t *it = &diff->setting[i];
        status = cell_text(table, it->key);
        if (!status) status = add_value(table, it->value[0]);
        if (!status) status = add_value(table, it->value[1]);
    }
    return status;
}

static status_t add_files(const diff_t *diff, tables_t *tables)
{
    static const char *const places[] = {"shards/",  "activations/", "statistics/", "pairs/",
                                         "weights/", "selection/",   "results/"};
    table_t *table;
    status_t status = tables_append(tables, "Files", "", "by their data, bit for bit", 1, &table);
    if (!status)
        status = CELL_HEADS(table, "directory", "same", "differ", "only first", "only second");
    for (size_t i = 0; !status && i < sizeof places / sizeof *places; i++) {
        const size_t count[] = {count_files(diff, true, true, true, places[i]),
                                count_files(diff, true, true, false, places[i]),
                                count_files(diff, true, false, false, places[i]),
                                count_files(diff, false, true, false, places[i])};
        if (count[0] + count[1] + count[2] + count[3] == 0) continue;
        status = cell_text(table, places[i]);
        for (int k = 0; !status && k < 4; k++) status = cell_count(table, (int64_t)count[k]);
    }
    return status;
}

/* ---- neurons ---- */

static status_t add_statistics(const diff_t *diff, size_t rows, tables_t *tables)
{
    table_t *table;
    str_t note = {0};
    size_t from = 0;
    if (diff->statistics == 0) return NULL;
    status_t status =
        str_printf(&note,
                   "rank correlation: Spearman's over all neurons; in common: of the highest %g %% "
                   "of each layer, Jaccard's index",
                   diff->percent);
    if (!status) status = limit(diff->statistics, rows, &from, &note);
    if (!status) status = tables_append(tables, "Statistics of neurons", "", note.data, 2, &table);
    if (!status)
        status = CELL_HEADS(table, "checkpoint", "statistic", "neurons", "rank correlation",
                            "in common, %", "largest difference");
    for (size_t i = from; !status && i < diff->statistics; i++) {
        const diff_statistic_t *it = &diff->statistic[i];
        status = cell_text(table, it->checkpoint);
        if (!status) status = cell_text(table, comparables[it->statistic].words);
        if (!status) status = cell_count(table, it->is.count);
        if (!status) status = cell_number(table, it->is.correlation, 4);
        if (!status) status = cell_percent(table, comparison_overlap(&it->is));
        if (!status) status = cell_number(table, it->largest, 3);
    }
    str_free(&note);
    return status;
}

static bool cohort_differs(const diff_cohort_t *it)
{
    return it->both != it->neurons[0] || it->both != it->neurons[1];
}

static status_t add_cohorts(const diff_t *diff, size_t rows, tables_t *tables)
{
    table_t *table;
    str_t note = {0};
    size_t count = 0, from = 0, at = 0;
    for (size_t i = 0; i < diff->cohorts; i++) count += cohort_differs(&diff->cohort[i]);
    if (count == 0) return NULL;
    status_t status =
        str_printf(&note, "%zu of %zu; in common: Jaccard's index", count, diff->cohorts);
    if (!status) status = limit(count, rows, &from, &note);
    if (!status) status = tables_append(tables, "Cohorts that differ", "", note.data, 2, &table);
    if (!status)
        status =
            CELL_HEADS(table, "checkpoint", "cohort", "first", "second", "in both", "in common, %");
    for (size_t i = 0; !status && i < diff->cohorts; i++) {
        const diff_cohort_t *it = &diff->cohort[i];
        if (!cohort_differs(it) || at++ < from) continue;
        status = cell_text(table, it->checkpoint);
        if (!status) status = cell_text(table, it->cohort);
        if (!status) status = cell_count(table, it->neurons[0]);
        if (!status) status = cell_count(table, it->neurons[1]);
        if (!status) status = cell_count(table, it->both);
        if (!status)
            status = cell_percent(table, (double)it->both /
                                             (double)(it->neurons[0] + it->neurons[1] - it->both));
    }
    str_free(&note);
    return status;
}

/* ---- results ---- */

/* Losses are told as perplexities and their ratio. */
static bool is_loss(const diff_result_t *it)
{
    return strcmp(it->metric, "loss") == 0;
}

static double shown(const diff_result_t *it, double value)
{
    return is_loss(it) ? exp(value) : 100 * value;
}

static double shown_change(const diff_result_t *it, double change)
{
    return is_loss(it) ? 100 * expm1(change) : 100 * change;
}

/* "+1.3 [-0.2, 2.8]" */
static status_t add_change(table_t *table, const diff_result_t *it)
{
    str_t text = {0};
    status_t status = str_printf(&text, "%+.2f", shown_change(it, it->difference));
    if (!status && it->paired)
        status = str_printf(&text, " [%.2f, %.2f]", shown_change(it, it->interval.low),
                            shown_change(it, it->interval.high));
    return take(table, status, &text);
}

/* Of the phenomena of the same task and condition: how many differ beyond their intervals. */
static status_t add_phenomena(const diff_t *diff, table_t *table, size_t index)
{
    size_t count = 0, beyond = 0;
    for (size_t i = index + 1; i < diff->results && diff->result[i].term; i++) {
        count++;
        beyond += diff->result[i].beyond;
    }
    str_t text = {0};
    return take(table,
                count ? str_printf(&text, "%zu of %zu", beyond, count) : str_append(&text, "", 0),
                &text);
}

static status_t add_row(const diff_t *diff, table_t *table, size_t index)
{
    const diff_result_t *it = &diff->result[index];
    status_t status = cell_text(table, it->checkpoint);
    if (!status) status = cell_text(table, it->task);
    if (!status) status = cell_text(table, it->condition);
    if (!status) status = cell_number(table, shown(it, it->value[0]), 4);
    if (!status) status = cell_number(table, shown(it, it->value[1]), 4);
    if (!status) status = add_change(table, it);
    if (!status) status = cell_text(table, it->beyond ? "yes" : "");
    if (!status && !is_loss(it)) status = cell_number(table, it->holm, 2);
    if (!status && !is_loss(it)) status = add_phenomena(diff, table, index);
    return status;
}

static bool belongs(const diff_result_t *it, const char *metric)
{
    return !it->term && !it->same && strcmp(it->metric, metric) == 0;
}

static status_t add_results(const diff_t *diff, const char *metric, const char *title, size_t rows,
                            tables_t *tables)
{
    table_t *table;
    str_t note = {0};
    size_t count = 0, from = 0, at = 0;
    bool loss = strcmp(metric, "loss") == 0, apart = false;
    for (size_t i = 0; i < diff->results; i++) {
        count += belongs(&diff->result[i], metric);
        apart |= belongs(&diff->result[i], metric) && !diff->result[i].paired;
    }
    if (count == 0) return NULL;
    status_t status =
        str_printf(&note, "%s, with its %g %% interval where both are of the same items%s",
                   loss ? "change in % of the first" : "difference in points",
                   100 * diff->resampling.level,
                   apart ? "; elsewhere beyond: the intervals of both sides lie apart" : "");
    if (!status && !loss)
        status = str_add(&note, "; p: McNemar's test, by Holm for all results here");
    if (!status) status = limit(count, rows, &from, &note);
    if (!status) status = tables_append(tables, title, "", note.data, 3, &table);
    if (!status)
        status = CELL_HEADS(table, "checkpoint", "task", "condition", "first", "second",
                            "difference", "beyond");
    if (!status && !loss) status = CELL_HEADS(table, "p", "phenomena beyond");
    for (size_t i = 0; !status && i < diff->results; i++)
        if (belongs(&diff->result[i], metric) && at++ >= from) status = add_row(diff, table, i);
    str_free(&note);
    return status;
}

status_t diff_tables(const diff_t *diff, size_t rows, tables_t *tables)
{
    status_t status = NULL;
    if (!diff_any(diff)) return NULL;
    status = add_settings(diff, tables);
    if (!status) status = add_files(diff, tables);
    if (!status) status = add_statistics(diff, rows, tables);
    if (!status) status = add_cohorts(diff, rows, tables);
    if (!status) status = add_results(diff, "loss", "Perplexity", rows, tables);
    if (!status) status = add_results(diff, "accuracy", "Accuracy, %", rows, tables);
    if (!status) status = add_results(diff, "acc", "Multiple choice, acc, %", rows, tables);
    return status ? status
                  : add_results(diff, "acc_norm", "Multiple choice, acc_norm, %", rows, tables);
}
