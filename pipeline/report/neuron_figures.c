/* Figures and tables of one neuron. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "report/neuron.h"
#include "report/palette.h"
#include "report/text.h"
#include "stats/normal.h"

/* Pixels of the axes and around them. */
enum { LEFT = 58, RIGHT = 14, PLOT = 210, BELOW = 50 };

status_t neuron_title(const neuron_card_t *card, str_t *title)
{
    return str_printf(title, "Layer %d, neuron %d", card->layer, card->neuron);
}

/* "neuron-L5-N12-values", "Layer 5, neuron 12: pre-activations at step512" */
static status_t begin(const neuron_card_t *card, const char *what, const char *of,
                      const char *caption, figures_t *figures, figure_t **figure)
{
    char *name = NULL;
    str_t title = {0};
    status_t status = str_format(&name, "neuron-L%d-N%d-%s", card->layer, card->neuron, what);
    if (!status) status = neuron_title(card, &title);
    if (!status) status = str_printf(&title, ": %s at %s", of, card->checkpoint);
    if (!status) status = figures_append(figures, name, title.data, caption, figure);
    if (!status) status = str_copy(&(*figure)->section, "neurons");
    str_free(&title);
    mem_free(&name);
    return status;
}

/* ---- the distribution ---- */

static status_t values_note(const neuron_card_t *card, str_t *note)
{
    status_t status = str_add(note, "n = ");
    if (!status) status = text_count(note, card->tokens);
    if (!status) status = str_add(note, " tokens");
    if (!status && card->sketched) status = str_add(note, ", from a sketch");
    if (!status) status = str_add(note, "; mean ");
    if (!status) status = text_rounded(note, card->mean, 3);
    if (!status) status = str_add(note, ", standard deviation ");
    if (!status) status = text_rounded(note, card->deviation, 3);
    if (!status) status = str_add(note, "; ");
    if (!status) status = text_percent(note, (double)card->negative / (double)card->tokens);
    if (!status) status = str_add(note, " % below 0");
    if (!status && card->outside) status = str_add(note, "; ");
    if (!status && card->outside) status = text_count(note, card->outside);
    if (!status && card->outside) status = str_add(note, " beyond the axis");
    return status;
}

static status_t values_data(const neuron_card_t *card, str_t *csv)
{
    status_t status = str_add(csv, "from,to,tokens,percent,gaussian_percent\n");
    double n = (double)card->tokens;
    for (int b = 0; !status && b < NEURON_BINS; b++) {
        double from = card->least + b * card->width, to = from + card->width;
        double gaussian = normal_cdf((to - card->mean) / card->deviation) -
                          normal_cdf((from - card->mean) / card->deviation);
        status = csv_number(csv, from);
        if (!status) status = csv_number(csv, to);
        if (!status) status = csv_integer(csv, card->count[b]);
        if (!status) status = csv_number(csv, 100 * (double)card->count[b] / n);
        if (!status) status = csv_number(csv, 100 * gaussian);
        if (!status) status = csv_end(csv);
    }
    return status;
}

/* Triangles above the peaks, on the upper edge. */
static status_t mark_modes(const neuron_card_t *card, str_t *script)
{
    status_t status = NULL;
    for (int m = 0; !status && m < card->modes.count; m++)
        status = str_printf(script,
                            "set label %d '' at first %.6g, graph 1.0 point pointtype 11 pointsize "
                            "1 linecolor rgb \"%s\"\n",
                            100 + m, card->modes.place[m], colours[COLOUR_INK].light);
    return status;
}

static status_t values_script(const neuron_card_t *card, const char *note, figure_t *figure)
{
    const sign_t sign[] = {
        {"tokens", colours[COLOUR_FILL].light, 0, 0, 1, true},
        {"Gaussian of equal mean and deviation", colours[COLOUR_INK].light, 1, 0, 1, false},
        {"mode", colours[COLOUR_INK].light, 0, 11, 1, false},
        {"zero: what is below, the clamp removes", colours[COLOUR_GUIDE].light, 2, 0, 1, false}};
    enum { SIGNS_OF_VALUES = sizeof sign / sizeof *sign };
    str_t *script = &figure->script;
    int head = figure_heading_height(figure, note), key = figure_key_height(sign, SIGNS_OF_VALUES);
    figure->height = head + key + PLOT + BELOW;
    status_t status = figure_begin(figure);
    if (!status) status = figure_heading(figure, note);
    if (!status) status = figure_key(figure, sign, SIGNS_OF_VALUES, head);
    if (!status) status = figure_frame(figure, LEFT, RIGHT, head + key + 8, BELOW);
    if (!status) status = mark_modes(card, script);
    if (status) return status;
    double least = card->least, most = card->least + NEURON_BINS * card->width;
    status = str_printf(script,
                        "set xrange [%.8g:%.8g]\nset yrange [0:*]\n"
                        "set xlabel \"pre-activation\" offset 0,0.3\n"
                        "set ylabel \"%% of tokens in a bin\" offset 1.2,0\n"
                        "set arrow 1 from 0, graph 0 to 0, graph 1 nohead linecolor rgb \"%s\" "
                        "linewidth 1.2 dashtype 2 front\n",
                        least, most, colours[COLOUR_GUIDE].light);
    if (!status && (least > 0 || most < 0)) status = str_add(script, "unset arrow 1\n");
    if (!status)
        status = str_printf(script,
                            "plot '%1$s.csv' skip 1 using (($1+$2)/2):4:($2-$1) with boxes "
                            "fillcolor rgb \"%2$s\" fillstyle solid noborder notitle, \\\n"
                            "     '%1$s.csv' skip 1 using (($1+$2)/2):5 with lines linecolor rgb "
                            "\"%3$s\" linewidth 1.6 notitle\n",
                            figure->name, colours[COLOUR_FILL].light, colours[COLOUR_INK].light);
    return status ? status : figure_end(figure);
}

static status_t draw_values(const neuron_card_t *card, figures_t *figures)
{
    figure_t *figure;
    str_t note = {0}, caption = {0};
    if (!card->valued || !(card->width > 0)) return NULL;
    status_t status = str_printf(&caption,
                                 "%d bins of equal width from the 0.05th to the 99.95th percentile "
                                 "(and at least three deviations). Modes: peaks of a Gaussian "
                                 "kernel estimate (bandwidth ",
                                 NEURON_BINS);
    if (!status) status = text_rounded(&caption, card->modes.bandwidth, 2);
    if (!status) status = str_add(&caption, ") that stand out by 5 % of the highest.");
    if (!status) status = values_note(card, &note);
    if (!status) status = begin(card, "values", "pre-activations", caption.data, figures, &figure);
    if (!status) status = values_data(card, &figure->data);
    if (!status) status = values_script(card, note.data, figure);
    str_free(&note);
    str_free(&caption);
    return status;
}

/* ---- distances ---- */

static status_t distances_data(const neuron_card_t *card, str_t *csv)
{
    status_t status = str_add(csv, "input_distance,output_distance,separated\n");
    for (int64_t p = 0; !status && p < card->points + card->shown; p++) {
        bool separated = p >= card->points;
        const neuron_pair_t *pair = &card->pair[separated ? p - card->points : 0];
        status = csv_number(csv, separated ? pair->input : card->input[p]);
        if (!status) status = csv_number(csv, separated ? pair->moved : card->moved[p]);
        if (!status) status = csv_integer(csv, separated);
        if (!status) status = csv_end(csv);
    }
    return status;
}

static status_t distances_note(const neuron_card_t *card, str_t *note)
{
    status_t status = str_add(note, "");
    if (!status) status = text_count(note, card->points);
    if (!status) status = str_add(note, " of ");
    if (!status) status = text_count(note, card->pairs - card->dropped);
    if (!status) status = str_add(note, " random pairs of tokens; mapping difficulty ");
    if (!status) status = text_rounded(note, card->difficulty, 3);
    if (!status) status = str_add(note, " over all");
    if (!status && card->dropped) status = str_add(note, "; ");
    if (!status && card->dropped) status = text_count(note, card->dropped);
    if (!status && card->dropped) status = str_add(note, " of equal inputs left out");
    return status;
}

static status_t distances_script(const neuron_card_t *card, const char *note, figure_t *figure)
{
    char *shown = NULL;
    status_t status = str_format(&shown, "the %d it separates most", card->shown);
    const sign_t sign[] = {{"pairs of tokens", colours[COLOUR_GUIDE].light, 0, 7, 0.5, false},
                           {shown, colours[COLOUR_INK].light, 0, 9, 0.9, false}};
    int signs = card->shown ? 2 : 1, key = figure_key_height(sign, (size_t)signs);
    int head = figure_heading_height(figure, note);
    figure->height = head + key + PLOT + BELOW;
    if (!status) status = figure_begin(figure);
    if (!status) status = figure_heading(figure, note);
    if (!status) status = figure_key(figure, sign, (size_t)signs, head);
    if (!status) status = figure_frame(figure, LEFT, RIGHT, head + key + 8, BELOW);
    if (!status)
        status = str_printf(
            &figure->script,
            "set xrange [0:1]\nset yrange [0:*]\n"
            "set xlabel \"input distance / the layer's largest\" offset 0,0.3\n"
            "set ylabel \"output distance / its median\" offset 1.2,0\n"
            "plot '%1$s.csv' skip 1 using 1:($3 == 0 ? $2 : NaN) with points pointtype 7 "
            "pointsize 0.28 linecolor rgb \"%2$s\" notitle, \\\n"
            "     '%1$s.csv' skip 1 using 1:($3 == 1 ? $2 : NaN) with points pointtype 9 "
            "pointsize 0.8 linecolor rgb \"%3$s\" notitle\n",
            figure->name, colours[COLOUR_GUIDE].light, colours[COLOUR_INK].light);
    mem_free(&shown);
    return status ? status : figure_end(figure);
}

static status_t draw_distances(const neuron_card_t *card, figures_t *figures)
{
    figure_t *figure;
    str_t note = {0};
    if (card->points == 0) return NULL;
    status_t status = distances_note(card, &note);
    if (!status)
        status = begin(card, "distances", "distances of inputs and outputs",
                       "How far the neuron moves two tokens apart, against how far apart the MLP's "
                       "inputs at them are (Euclidean). Mapping difficulty is the mean over pairs "
                       "of the one over the other.",
                       figures, &figure);
    if (!status) status = distances_data(card, &figure->data);
    if (!status) status = distances_script(card, note.data, figure);
    str_free(&note);
    return status;
}

status_t neuron_figures(const neuron_card_t *card, figures_t *figures)
{
    status_t status = draw_values(card, figures);
    return status ? status : draw_distances(card, figures);
}

/* ---- tables ---- */

static status_t add_row(table_t *table, const char *name, const char *value, const char *what)
{
    status_t status = strings_append(&table->cell, name);
    if (!status) status = strings_append(&table->cell, value);
    return status ? status : strings_append(&table->cell, what);
}

static status_t add_number(table_t *table, const char *name, double value, const char *what)
{
    str_t text = {0};
    status_t status = text_rounded(&text, value, 4);
    if (!status) status = add_row(table, name, text.data, what);
    str_free(&text);
    return status;
}

static status_t add_rank(const neuron_card_t *card, table_t *table)
{
    str_t text = {0};
    char *what = NULL;
    if (card->rank == 0) return NULL;
    status_t status = text_count(&text, card->rank);
    if (!status)
        status = str_format(&what,
                            "by WD from the highest, of %lld in its layer; %lld of %lld in "
                            "all layers",
                            (long long)card->of, (long long)card->all_rank, (long long)card->all);
    if (!status) status = add_row(table, "rank", text.data, what);
    mem_free(&what);
    str_free(&text);
    return status;
}

static status_t statistics_table(const neuron_card_t *card, tables_t *tables)
{
    str_t title = {0}, note = {0};
    table_t *table;
    if (!card->measured) return NULL;
    status_t status = neuron_title(card, &title);
    if (!status) status = str_add(&note, "at ");
    if (!status) status = str_add(&note, card->checkpoint);
    for (size_t i = 0; !status && i < card->cohorts.count; i++)
        status = str_printf(&note, "%s%s", i ? ", " : "; in cohorts ", card->cohorts.item[i]);
    if (!status) status = tables_append(tables, title.data, "", note.data, 1, &table);
    if (!status) status = strings_append(&table->head, "statistic");
    if (!status) status = strings_append(&table->head, "value");
    if (!status) status = strings_append(&table->head, "what it is");
    if (!status) status = add_rank(card, table);
    for (int s = 0; !status && s < STATISTICS; s++)
        if (!isnan(card->statistic[s]))
            status = add_number(table, statistics[s].name, card->statistic[s],
                                statistics[s].description);
    if (!status && !isnan(card->wd_error))
        status = add_number(table, "wd_error", card->wd_error, "standard error of wd_exact");
    if (!status && !isnan(card->wd_bound))
        status = add_number(table, "wd_bound", card->wd_bound,
                            "how far wd_exact may be off, as it is from a sketch");
    for (int m = 0; !status && card->valued && m < card->modes.count; m++)
        status = add_number(table, m ? "further mode" : "mode", card->modes.place[m],
                            "peak of the density of pre-activations");
    str_free(&title);
    str_free(&note);
    return status;
}

/* "token (NOUN)" */
static status_t add_token(const neuron_pair_t *pair, int side, table_t *table)
{
    str_t text = {0};
    status_t status = str_add(&text, pair->context[side]);
    if (!status && *pair->tag[side]) status = str_printf(&text, " (%s)", pair->tag[side]);
    if (!status) status = strings_append(&table->cell, text.data);
    str_clear(&text);
    if (!status) status = text_rounded(&text, pair->output[side], 3);
    if (!status) status = strings_append(&table->cell, text.data);
    str_free(&text);
    return status;
}

static status_t pairs_table(const neuron_card_t *card, tables_t *tables)
{
    static const char *const head[] = {"first token", "its output",     "second token",
                                       "its output",  "input distance", "output distance"};
    str_t title = {0}, note = {0};
    table_t *table;
    if (card->shown == 0) return NULL;
    status_t status = neuron_title(card, &title);
    if (!status) status = str_add(&title, ": the pairs that it separates most");
    if (!status)
        status = str_printf(&note,
                            "at %s; the first %d of %d, of the %g %% of pairs whose inputs are "
                            "most alike; tokens in double brackets within their text; input "
                            "distance over the layer's largest, output distance over this "
                            "neuron's median",
                            card->checkpoint, card->shown, card->separated, card->similar);
    if (!status) status = tables_append(tables, title.data, "", note.data, 1, &table);
    for (size_t i = 0; !status && i < sizeof head / sizeof *head; i++)
        status = strings_append(&table->head, head[i]);
    for (int k = 0; !status && k < card->shown; k++) {
        const neuron_pair_t *pair = &card->pair[k];
        str_t text = {0};
        for (int side = 0; !status && side < 2; side++) status = add_token(pair, side, table);
        for (int i = 0; !status && i < 2; i++) {
            str_clear(&text);
            status = text_rounded(&text, i ? pair->moved : pair->input, 3);
            if (!status) status = strings_append(&table->cell, text.data);
        }
        str_free(&text);
    }
    str_free(&title);
    str_free(&note);
    return status;
}

status_t neuron_tables(const neuron_card_t *card, tables_t *tables)
{
    status_t status = statistics_table(card, tables);
    return status ? status : pairs_table(card, tables);
}
