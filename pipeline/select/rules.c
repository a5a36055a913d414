#include "select/rules.h"

#include <string.h>

#include "core/memory.h"
#include "model/checkpoints.h"
#include "select/rules_internal.h"
#include "stats/statistics.h"

/* ---- one rule ---- */

const char *rule_key(const char *entry, const char *key)
{
    return config_path("select.%s.%s", entry, key);
}

static bool has(const config_t *config, const char *entry, const char *key)
{
    return config_has(config, rule_key(entry, key));
}

/* The keys that only some kinds use, and which: an error where another has one. */
static status_t refuse(const config_t *config, const rule_t *rule, const char *kind)
{
    enum { RANKED = 1 << RULE_HIGHEST | 1 << RULE_LOWEST, RANDOM = 1 << RULE_RANDOM };
    static const struct {
        const char *key;
        unsigned kinds;
    } uses[] = {
        {"percent", RANKED}, {"count", RANKED}, {"draws", RANDOM}, {"match", 1 << RULE_PAIRED}};
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
        if (has(config, rule->entry, uses[i].key) && !(uses[i].kinds >> rule->kind & 1))
            return config_error(config, rule_key(rule->entry, uses[i].key),
                                "%s does not go with %s", uses[i].key, kind);
    return NULL;
}

static void read_until(const config_t *config, rule_t *rule)
{
    const char *entry = rule->entry;
    until_t *it = &rule->until;
    const char *stride = rule_key(entry, "until.stride");
    it->highest = rule->kind == RULE_HIGHEST;
    rule->kind = RULE_UNTIL;
    it->condition = config_text(config, rule_key(entry, "until.condition"));
    it->corpus = config_text(config, rule_key(entry, "until.perplexity"));
    it->window = config_integer(config, rule_key(entry, "until.window"));
    it->windows = config_integer(config, rule_key(entry, "until.windows"));
    it->bos = config_boolean(config, rule_key(entry, "until.bos"));
    it->stride = config_has(config, stride) ? config_integer(config, stride) : it->window - it->bos;
    it->ablate = config_text(config, rule_key(entry, "until.ablate"));
    it->tolerance = config_number(config, rule_key(entry, "until.tolerance"));
    it->least = config_number(config, rule_key(entry, "until.least"));
    it->most = config_number(config, rule_key(entry, "until.most"));
    it->trials = (int)config_integer(config, rule_key(entry, "until.trials"));
    it->matched = strcmp(config_text(config, rule_key(entry, "until.counts")), "matched") == 0;
    it->closest = strcmp(config_text(config, rule_key(entry, "until.otherwise")), "closest") == 0;
}

static status_t read_ranked(const config_t *config, rule_t *rule)
{
    const char *take = config_text(config, rule_key(rule->entry, "take"));
    bool percent = has(config, rule->entry, "percent"), count = has(config, rule->entry, "count"),
         until = config_count(config, rule_key(rule->entry, "until")) > 0;
    if (strcmp(take, "all") == 0) {
        rule->kind = RULE_ALL;
        if (until)
            return config_error(config, rule_key(rule->entry, "until"),
                                "until does not go with take: all");
        return refuse(config, rule, "take: all");
    }
    rule->kind = strcmp(take, "highest") == 0 ? RULE_HIGHEST : RULE_LOWEST;
    if (percent + count + until != 1)
        return config_error(config, config_path("select.%s", rule->entry),
                            "cohort '%s': one of percent, count and until is expected",
                            rule->entry);
    if (!until) return refuse(config, rule, "take");
    read_until(config, rule);
    if (rule->until.least < rule->until.most) return NULL;
    return config_error(config, rule_key(rule->entry, "until.most"),
                        "more than until.least, %.10g, is expected", rule->until.least);
}

static status_t read_like(const config_t *config, rule_t *rule)
{
    const char *match = config_text(config, rule_key(rule->entry, "match"));
    rule->kind = match ? RULE_PAIRED : RULE_RANDOM;
    if (match)
        rule->statistic = statistics_find(strcmp(match, "variance") == 0 ? "variance" : "mean");
    rule->outside = config_boolean(config, rule_key(rule->entry, "outside"));
    rule->seed = (uint64_t)config_integer(config, rule_key(rule->entry, "seed"));
    return refuse(config, rule, match ? "match" : "like");
}

/* What an entry's kind is decided by. */
static const struct {
    const char *key;
    rule_kind_t kind; /* of take and like: see there */
} deciders[] = {{"take", RULE_HIGHEST},
                {"like", RULE_RANDOM},
                {"neurons", RULE_LISTED},
                {"union", RULE_UNION},
                {"intersection", RULE_INTERSECTION},
                {"difference", RULE_DIFFERENCE}};
enum { DECIDERS = sizeof deciders / sizeof *deciders };

status_t rule_read(const config_t *config, const strings_t *checkpoints, const char *entry,
                   rule_t *rule)
{
    int found = 0, decider = 0;
    *rule = (rule_t){.name = entry, .entry = entry};
    for (int d = 0; d < DECIDERS; d++)
        if (has(config, entry, deciders[d].key)) {
            decider = d;
            found++;
        }
    if (found != 1)
        return config_error(config, config_path("select.%s", entry),
                            "cohort '%s': exactly one of take, like, neurons, union, "
                            "intersection and difference is expected",
                            entry);
    const char *by = config_text(config, rule_key(entry, "by"));
    rule->kind = deciders[decider].kind;
    rule->statistic = statistics_find(by);
    rule->neurons = config_text(config, rule_key(entry, "neurons"));
    rule->from = config_text(config, rule_key(entry, "from"));
    if (rule->statistic < 0)
        return config_error(config, rule_key(entry, "by"), "there is no statistic '%s'", by);
    status_t status = NULL;
    if (rule->from && checkpoints)
        status = checkpoint_check(config, rule_key(entry, "from"), checkpoints, rule->from);
    if (status) return status;
    if (rule->kind == RULE_HIGHEST) return read_ranked(config, rule);
    if (config_count(config, rule_key(entry, "until")))
        return config_error(config, rule_key(entry, "until"), "until goes with take only");
    if (rule->kind == RULE_RANDOM) return read_like(config, rule);
    return refuse(config, rule, deciders[decider].key);
}

const char *rule_parts_key(const rule_t *rule)
{
    for (int d = 0; d < DECIDERS; d++)
        if (deciders[d].kind == rule->kind) return rule_key(rule->entry, deciders[d].key);
    return NULL;
}

bool rule_part(const rule_t *rule, size_t k, size_t *index)
{
    bool matched = rule->kind == RULE_RANDOM || rule->kind == RULE_PAIRED;
    if (matched) *index = rule->like;
    else if (k < rule->parts) *index = rule->part[k];
    return matched ? k == 0 : k < rule->parts;
}

bool rules_search(const rules_t *rules, size_t index)
{
    size_t part = 0;
    bool is = rules->rule[index].kind == RULE_UNTIL;
    for (size_t k = 0; !is && rule_part(&rules->rule[index], k, &part); k++)
        is = rules_search(rules, part);
    return is;
}

/* ---- in words ---- */

static status_t describe_parts(const rules_t *rules, const rule_t *rule, str_t *text)
{
    static const char *const word[] = {
        [RULE_UNION] = "in any of", [RULE_INTERSECTION] = "in all of", [RULE_DIFFERENCE] = "in"};
    status_t status = str_printf(text, "%s ", word[rule->kind]);
    for (size_t k = 0; !status && k < rule->parts; k++) {
        bool difference = rule->kind == RULE_DIFFERENCE;
        const char *between = k == 0                 ? ""
                              : difference && k == 1 ? " but not in "
                              : difference           ? " or "
                                                     : ", ";
        status = str_printf(text, "%s%s", between, rules->rule[rule->part[k]].name);
    }
    return status;
}

static status_t describe_until(const rule_t *rule, str_t *text)
{
    const until_t *it = &rule->until;
    return str_printf(
        text, "the %s %s, as many as raise the perplexity of %s like the condition %s%s%s%s",
        it->highest ? "highest" : "lowest", statistics[rule->statistic].by, it->corpus,
        it->condition, it->ablate ? ", ablation " : "", it->ablate ? it->ablate : "",
        it->matched ? ", layers in the proportions of its cohort" : "");
}

status_t rule_describe(const rules_t *rules, size_t index, str_t *text)
{
    const rule_t *rule = &rules->rule[index];
    const char *by = statistics[rule->statistic].by;
    bool high = rule->kind == RULE_HIGHEST;
    status_t status = NULL;
    switch (rule->kind) {
    case RULE_ALL: status = str_add(text, "every neuron"); break;
    case RULE_LISTED: status = str_printf(text, "listed in %s", rule->neurons); break;
    case RULE_UNTIL: status = describe_until(rule, text); break;
    case RULE_UNION:
    case RULE_INTERSECTION:
    case RULE_DIFFERENCE: status = describe_parts(rules, rule, text); break;
    case RULE_PAIRED:
        status = str_printf(text, "for each neuron of %s the one outside of nearest %s",
                            rules->rule[rule->like].name, strcmp(by, "mean") == 0 ? "|mean|" : by);
        break;
    case RULE_RANDOM:
        status = str_printf(text, "random, as many in each layer as %s%s, seed %llu",
                            rules->rule[rule->like].name, rule->outside ? " and outside of it" : "",
                            (unsigned long long)rule->seed);
        break;
    default:
        if (rule->count)
            status = str_printf(text, "the %lld of %s %s in each layer", (long long)rule->count,
                                high ? "highest" : "lowest", by);
        else
            status =
                str_printf(text, "%s %s percentile %.10g of its layer", by,
                           high ? "above" : "below", high ? 100 - rule->percent : rule->percent);
    }
    if (!status && rule->from) status = str_printf(text, ", frozen at %s", rule->from);
    return status;
}

status_t rule_hash(const rules_t *rules, size_t index, hash_t *hash)
{
    const rule_t *rule = &rules->rule[index];
    const until_t *until = &rule->until;
    str_t text = {0};
    status_t status = rule_describe(rules, index, &text);
    if (!status)
        status = str_printf(&text, "; by %s, percent %.17g", statistics[rule->statistic].name,
                            rule->percent);
    if (!status && rule->kind == RULE_UNTIL)
        status = str_printf(&text,
                            "; window %lld, stride %lld, windows %lld, bos %d, tolerance %.17g, "
                            "least %.17g, most %.17g, trials %d",
                            (long long)until->window, (long long)until->stride,
                            (long long)until->windows, until->bos, until->tolerance, until->least,
                            until->most, until->trials);
    if (!status) status = hash_add_field(hash, "rule", text.data);
    str_free(&text);
    return status;
}
