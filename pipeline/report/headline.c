#include "report/headline.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "report/series.h"
#include "report/text.h"
#include "stats/statistics.h"

/* What the sentences are about. */
typedef struct {
    const run_t *run;
    size_t task, checkpoint, chief;
    ptrdiff_t baseline;
    strings_t *text;
} subject_t;

ptrdiff_t headline_task(const run_t *run)
{
    for (int wanted = 0; wanted < 3; wanted++)
        for (size_t t = 0; t < run->tasks; t++) {
            const run_task_t *task = &run->task[t];
            int kind = task->is->kind == TASK_PAIRS ? 0 : task->counted ? 1 : 2;
            if (kind == wanted && run_has_results(run, t)) return (ptrdiff_t)t;
        }
    return -1;
}

/* ---- words ---- */

static status_t write_doing(const run_t *run, size_t condition, str_t *text)
{
    static const char *const doing[ABLATE_COUNT] = {
        [ABLATE_NEGATIVE] = "clamping the negative pre-activations to 0 in",
        [ABLATE_POSITIVE] = "clamping the positive pre-activations to 0 in",
        [ABLATE_BOTH] = "setting all pre-activations to 0 in",
        [ABLATE_POSRELU] = "passing positive pre-activations unchanged in",
        [ABLATE_SIGNFLIP] = "flipping the sign of negative activations in",
        [ABLATE_MEAN] = "setting negative pre-activations to the neuron's mean in"};
    const condition_t *of = &run->planned.condition[condition];
    if (of->ablate == ABLATE_SCALE)
        return str_printf(text, "multiplying negative pre-activations by %.10g in", of->factor);
    return str_add(text, doing[of->ablate] ? doing[of->ablate] : "ablating");
}

/* "the 92 neurons of highest WD (2 % of each layer)", "92 random neurons" */
static status_t write_cohort(const subject_t *subject, size_t condition, size_t draws, str_t *text)
{
    const run_t *run = subject->run;
    ptrdiff_t index = rules_find(&run->rules, run->condition[condition].cohort);
    if (index < 0) return str_add(text, run->condition[condition].cohort);
    const rule_t *rule = &run->rules.rule[index];
    const run_cohort_t *cohort =
        &run->cohort[subject->checkpoint * run->rules.count + (size_t)index];
    bool ranked = rule->kind == RULE_HIGHEST || rule->kind == RULE_LOWEST;
    const char *by = statistics[rule->statistic].by;
    status_t status = ranked ? str_add(text, "the ") : NULL;
    if (!status && cohort->there) status = text_count(text, cohort->neurons);
    if (!status && cohort->there) status = str_add(text, " ");
    if (!status && rule->kind == RULE_RANDOM)
        return draws > 1 ? str_printf(text, "random neurons (mean of %zu draws)", draws)
                         : str_add(text, "random neurons (one draw)");
    if (!status) status = str_add(text, "neurons ");
    if (!status && ranked)
        status = str_printf(text, "of %s %s", rule->kind == RULE_HIGHEST ? "highest" : "lowest",
                            strcmp(by, "wd") == 0 ? "WD" : by);
    if (!status && ranked && !rule->count)
        status = str_printf(text, " (%.10g %% of each layer%s%s)", rule->percent,
                            rule->from ? ", as at " : "", rule->from ? rule->from : "");
    if (status || ranked) return status;
    if (rule->kind == RULE_UNTIL) return str_add(text, "that raise the perplexity as much");
    if (rule->kind == RULE_PAIRED)
        return str_printf(text, "of like %s", strcmp(by, "mean") == 0 ? "mean" : by);
    return str_printf(text, "of the cohort %s", rule->name);
}

/* ", those in layer group 2 of 8,": where not all layers are ablated. */
static status_t write_layers(const run_t *run, size_t condition, str_t *text)
{
    const condition_layers_t *layers = &run->planned.condition[condition].layers;
    if (layers->groups)
        return str_printf(text, ", those in layer group%s %s%d of %d,",
                          layers->cumulative ? "s" : "", layers->cumulative ? "1 to " : "",
                          layers->to, layers->groups);
    return layers->from || layers->to ? str_printf(text, ", those in some layers,") : NULL;
}

/* "−1.3 points (95 % interval −2.0 to −0.6)"; level 0: without those words. */
static status_t write_change(const run_task_t *task, const run_change_t *change, double level,
                             str_t *text)
{
    status_t (*write)(str_t *, double) = task->counted ? text_points : text_rise;
    status_t status = write(text, change->value);
    if (!status && level > 0) status = str_add(text, task->counted ? " points" : " %");
    if (status || isnan(change->interval.low)) return status;
    status = level > 0 ? str_printf(text, " (%g %% interval ", 100 * level) : str_add(text, " (");
    if (!status) status = write(text, change->interval.low);
    if (!status) status = str_add(text, " to ");
    if (!status) status = write(text, change->interval.high);
    return status ? status : str_add(text, ")");
}

static status_t write_task(const subject_t *subject, int64_t n, str_t *text)
{
    const run_task_t *task = &subject->run->task[subject->task];
    status_t status = str_add(text, task->counted ? "accuracy on " : "perplexity on ");
    if (!status) status = text_count(text, n);
    return status ? status : str_printf(text, " %s of %s", run_items_name(task), task->label);
}

/* ---- the contrasts of the chief condition ---- */

/* The next contrast with a control that has a result, from *at on. */
static const run_change_t *next_control(const subject_t *subject, size_t *at,
                                        const run_contrast_t **contrast)
{
    const run_t *run = subject->run;
    for (; *at < run->contrasts; ++*at) {
        *contrast = &run->contrast[*at];
        bool own = !(*contrast)->baseline && (*contrast)->lefts == 1 &&
                   (*contrast)->left[0] == subject->chief && run_contrast_stands_out(run, *at);
        const run_change_t *change =
            own ? run_change(run, subject->checkpoint, subject->task, *at, -1) : NULL;
        if (change) return ++*at, change;
    }
    return NULL;
}

static const run_change_t *against_baseline(const subject_t *subject, const size_t *member,
                                            size_t members)
{
    const run_t *run = subject->run;
    for (size_t k = 0; k < run->contrasts; k++) {
        const run_contrast_t *contrast = &run->contrast[k];
        if (contrast->baseline && contrast->lefts == members && contrast->left[0] == member[0])
            return run_change(run, subject->checkpoint, subject->task, k, -1);
    }
    return NULL;
}

/* ---- sentences ---- */

static status_t add_level(const subject_t *subject)
{
    const run_task_t *task = &subject->run->task[subject->task];
    const series_t series = series_of(subject->run, (size_t)subject->baseline);
    shown_t shown =
        series_value(subject->run, &series, task->counted ? SHOW_ACCURACY : SHOW_PERPLEXITY,
                     subject->checkpoint, subject->task, -1);
    str_t text = {0};
    if (isnan(shown.value)) return NULL;
    status_t status = str_add(&text, "Without ablation ");
    if (!status && task->counted)
        status =
            str_printf(&text, "%.1f %% are right (%.1f–%.1f); guesses get %.1f %%.", shown.value,
                       shown.interval.low, shown.interval.high, 100 * task->chance);
    else if (!status)
        status = str_printf(&text, "the perplexity is %.4g (%.4g–%.4g).", shown.value,
                            shown.interval.low, shown.interval.high);
    if (!status) status = strings_append(subject->text, text.data);
    str_free(&text);
    return status;
}

static bool includes_none(const run_change_t *change)
{
    return change->interval.low <= 0 && change->interval.high >= 0;
}

/* The difference from each control, and whether there are any. */
static status_t add_differences(const subject_t *subject)
{
    const run_t *run = subject->run;
    const run_task_t *task = &run->task[subject->task];
    const run_contrast_t *contrast;
    const run_change_t *change;
    bool any = false;
    status_t status = NULL;
    for (size_t at = 0; !status && (change = next_control(subject, &at, &contrast));) {
        str_t text = {0};
        any = true;
        status = str_printf(&text, "%s against %s: ", contrast->name, contrast->against);
        if (!status) status = write_change(task, change, run->resampling.level, &text);
        if (!status && includes_none(change))
            status = str_add(&text, ": 0 lies within, so the two are not told apart");
        if (!status) status = str_add(&text, ".");
        if (!status) status = strings_append(subject->text, text.data);
        const rule_t *rule = NULL;
        ptrdiff_t index = rules_find(&run->rules, run->condition[contrast->right[0]].cohort);
        if (index >= 0) rule = &run->rules.rule[index];
        if (!status && contrast->rights == 1 && rule && rule->kind == RULE_RANDOM)
            status = strings_append(subject->text, "There is one draw of random neurons: how far "
                                                   "draws differ is unknown.");
        str_free(&text);
    }
    if (!status && !any)
        status = strings_append(subject->text, "No control has results: whether other neurons "
                                               "would do as much is unknown.");
    return status;
}

static status_t add_controls(const subject_t *subject, str_t *text)
{
    const run_contrast_t *contrast;
    status_t status = NULL;
    for (size_t at = 0; !status && next_control(subject, &at, &contrast);) {
        const run_change_t *change = against_baseline(subject, contrast->right, contrast->rights);
        if (!change) continue;
        status = str_add(text, "; in ");
        if (!status) status = write_cohort(subject, contrast->right[0], contrast->rights, text);
        if (!status) status = str_add(text, ", by ");
        if (!status) status = write_change(&subject->run->task[subject->task], change, 0, text);
    }
    return status;
}

/* What the chief condition does to other tasks. */
static status_t add_others(const subject_t *subject)
{
    const run_t *run = subject->run;
    str_t text = {0};
    status_t status = NULL;
    for (size_t t = 0; !status && t < run->tasks; t++) {
        subject_t other = *subject;
        other.task = t;
        const run_change_t *change =
            t == subject->task ? NULL : against_baseline(&other, &other.chief, 1);
        if (!change) continue;
        status = str_add(&text, text.length ? "; " : "The same changes ");
        if (!status) status = write_task(&other, change->n, &text);
        if (!status) status = str_add(&text, " by ");
        if (!status) status = write_change(&run->task[t], change, run->resampling.level, &text);
    }
    if (!status && text.length) status = str_add(&text, ".");
    if (!status && text.length) status = strings_append(subject->text, text.data);
    str_free(&text);
    return status;
}

static status_t with_baseline(const subject_t *subject, const run_change_t *change)
{
    const run_t *run = subject->run;
    str_t text = {0};
    status_t status = str_printf(&text, "At %s, ", run->checkpoints->item[subject->checkpoint]);
    if (!status) status = write_doing(run, subject->chief, &text);
    if (!status) status = str_add(&text, " ");
    if (!status) status = write_cohort(subject, subject->chief, 1, &text);
    if (!status) status = write_layers(run, subject->chief, &text);
    if (!status) status = str_add(&text, " changes ");
    if (!status) status = write_task(subject, change->n, &text);
    if (!status) status = str_add(&text, " by ");
    if (!status)
        status = write_change(&run->task[subject->task], change, run->resampling.level, &text);
    if (!status) status = add_controls(subject, &text);
    if (!status) status = str_add(&text, ".");
    if (!status) status = strings_append(subject->text, text.data);
    str_free(&text);
    if (!status && includes_none(change))
        status = strings_append(subject->text,
                                "The interval of the first change includes 0: these items do not "
                                "tell it from no effect.");
    if (!status) status = add_level(subject);
    if (!status) status = add_differences(subject);
    return status ? status : add_others(subject);
}

/* Values, where there is nothing to compare them with. */
static status_t without_baseline(const subject_t *subject)
{
    const run_t *run = subject->run;
    const run_task_t *task = &run->task[subject->task];
    str_t text = {0};
    status_t status = str_printf(&text, "At %s", run->checkpoints->item[subject->checkpoint]);
    for (size_t c = 0, told = 0; !status && c < run->conditions && told < 3; c++) {
        const series_t series = series_of(run, c);
        shown_t shown = series_value(run, &series, task->counted ? SHOW_ACCURACY : SHOW_PERPLEXITY,
                                     subject->checkpoint, subject->task, -1);
        if (isnan(shown.value)) continue;
        if (!told) status = str_add(&text, ", ");
        if (!status && !told) status = write_task(subject, shown.n, &text);
        if (!status)
            status = str_printf(&text, "%s %.4g%s (%g %% interval %.4g–%.4g) under %s",
                                told ? ";" : " is", shown.value, task->counted ? " %" : "",
                                100 * run->resampling.level, shown.interval.low,
                                shown.interval.high, run->condition[c].name);
        told++;
    }
    if (!status) status = str_add(&text, ".");
    if (!status) status = strings_append(subject->text, text.data);
    if (!status)
        status = strings_append(subject->text,
                                subject->baseline < 0
                                    ? "No baseline is among the conditions, so that what an "
                                      "ablation changes is unknown."
                                    : "No ablation has results yet: this is the unchanged model.");
    str_free(&text);
    return status;
}

static status_t without_results(const run_t *run, strings_t *text)
{
    ptrdiff_t last = run_last_statistics(run);
    str_t line = {0};
    if (last < 0) return strings_append(text, "Nothing is there yet but a configuration.");
    const run_statistics_t *of = &run->statistics[last];
    const run_layer_t *all = &of->layer[of->layers];
    status_t status = str_printf(&line, "At %s the Wasserstein distance to a Gaussian over ",
                                 run->checkpoints->item[last]);
    if (!status) status = text_count(&line, all->neurons - all->undefined);
    if (!status)
        status =
            str_printf(&line,
                       " neurons has a median of %.3g, a 99th percentile of %.3g and a largest "
                       "value of %.3g.",
                       all->wd[WD_MEDIAN], all->wd[WD_P99], all->wd[WD_HIGHEST]);
    if (!status) status = strings_append(text, line.data);
    if (!status)
        status = strings_append(text, "No condition has results, so nothing is said of grammar.");
    str_free(&line);
    return status;
}

status_t headline_write(const run_t *run, strings_t *text)
{
    ptrdiff_t task = headline_task(run), chief = run_chief(run);
    if (task < 0) return without_results(run, text);
    subject_t subject = {.run = run,
                         .task = (size_t)task,
                         .checkpoint = (size_t)run_last_result(run, (size_t)task),
                         .chief = chief < 0 ? 0 : (size_t)chief,
                         .baseline = run_baseline(run),
                         .text = text};
    const run_change_t *change =
        chief >= 0 && subject.baseline >= 0 ? against_baseline(&subject, &subject.chief, 1) : NULL;
    return change ? with_baseline(&subject, change) : without_baseline(&subject);
}
