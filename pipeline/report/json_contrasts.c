#include "core/json_out.h"
#include "report/contrasts.h"

static json_t *pair(interval_t interval)
{
    return json_pack("[o, o]", json_finite(interval.low), json_finite(interval.high));
}

static json_t *term_of(const run_task_t *task, ptrdiff_t term)
{
    return json_words(term < 0 ? NULL : task->terms.item[term]);
}

static json_t *change_of(const run_t *run, const run_change_t *change)
{
    const run_task_t *task = &run->task[change->task];
    const run_contrast_t *contrast = &run->contrast[change->contrast];
    bool tested = change->family > 0;
    json_t *test =
        tested ? json_pack("{s:I, s:I, s:o, s:o, s:I, s:s}", "gained", (json_int_t)change->gained,
                           "lost", (json_int_t)change->lost, "p", json_finite(change->p), "p_holm",
                           json_finite(change->holm), "tests", (json_int_t)change->family, "test",
                           "McNemar, exact, two-sided")
               : json_null();
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:o, s:o}", "checkpoint",
                     run->checkpoints->item[change->checkpoint], "task", task->key, "condition",
                     contrast->name, "against", contrast->against, "metric",
                     task->counted ? task->metric : "loss", "term", term_of(task, change->term),
                     "change", json_finite(change->value), "n", (json_int_t)change->n, "interval",
                     pair(change->interval), "test", test);
}

static json_t *spread_of(const run_t *run, const run_spread_t *spread)
{
    const run_task_t *task = &run->task[spread->task];
    const run_draws_t *draws = &run->draws[spread->draws];
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:o, s:o, s:o, s:[o, o]}", "checkpoint",
                     run->checkpoints->item[spread->checkpoint], "task", task->key, "condition",
                     draws->name, "metric", task->metric, "term", term_of(task, spread->term),
                     "draws", (json_int_t)draws->members, "n", (json_int_t)spread->n, "mean",
                     json_finite(spread->mean), "interval", pair(spread->interval), "deviation",
                     json_finite(spread->deviation), "range", json_finite(spread->lowest),
                     json_finite(spread->highest));
}

static json_t *side_of(const run_dissociation_t *d, int side)
{
    return json_pack("{s:I, s:I, s:s, s:o, s:o}", "tasks", (json_int_t)d->tasks[side], "n",
                     (json_int_t)d->n[side], "unit", side && d->losses ? "nats" : "share", "drop",
                     json_finite(d->drop[side]), "interval", pair(d->drop_interval[side]));
}

static json_t *dissociation_of(const run_t *run, const run_dissociation_t *d)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "checkpoint",
                     run->checkpoints->item[d->checkpoint], "condition",
                     run->contrast[d->contrast].name, "against", run->contrast[d->contrast].against,
                     "grammar", side_of(d, 0), "other", side_of(d, 1), "difference",
                     json_finite(d->difference), "interval", pair(d->interval));
}

bool json_contrasts(const run_t *run, json_t *root)
{
    json_t *changes = json_array(), *draws = json_array(), *dissociations = json_array();
    bool failed = false;
    for (size_t i = 0; i < run->changes; i++)
        json_add(changes, change_of(run, &run->change[i]), &failed);
    for (size_t i = 0; i < run->spreads; i++)
        json_add(draws, spread_of(run, &run->spread[i]), &failed);
    for (size_t i = 0; i < run->dissociations; i++)
        json_add(dissociations, dissociation_of(run, &run->dissociation[i]), &failed);
    json_t *intervals =
        json_pack("{s:f, s:s, s:I, s:I}", "level", run->resampling.level, "method",
                  "bootstrap, BCa", "replicates", (json_int_t)run->resampling.replicates, "seed",
                  (json_int_t)run->resampling.seed);
    json_put(root, "intervals", intervals, &failed);
    json_put(root, "contrasts", changes, &failed);
    json_put(root, "draws", draws, &failed);
    json_put(root, "dissociation", dissociations, &failed);
    return !failed;
}
