/* Figures of one neuron. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "report/neuron.h"
#include "report/palette.h"
#include "report/text.h"
#include "stats/normal.h"

/* Pixels of the axes and around them. */
enum { LEFT = 44, RIGHT = 14, ABOVE = 30, PLOT = 210, BELOW = 54 };

status_t neuron_title(const neuron_card_t *card, str_t *title)
{
    return str_printf(title, "Layer %d, neuron %d", card->layer, card->neuron);
}

/* "neuron-step512-L5-N12-values", "Layer 5, neuron 12: pre-activations at step512" */
static status_t begin(const neuron_card_t *card, const char *what, const char *of,
                      const char *caption, figures_t *figures, figure_t **figure)
{
    char *name = NULL;
    str_t title = {0};
    str_t checkpoint = {0};
    status_t status = text_file_name(&checkpoint, card->checkpoint);
    if (!status)
        status = str_format(&name, "neuron-%s-L%d-N%d-%s", checkpoint.data, card->layer,
                            card->neuron, what);
    if (!status) status = neuron_title(card, &title);
    if (!status) status = str_printf(&title, ": %s at %s", of, card->checkpoint);
    if (!status)
        status = figures_append(figures, SECTION_NEURONS, name, title.data, caption, figure);
    str_free(&checkpoint);
    str_free(&title);
    mem_free(&name);
    return status;
}

/* The axes from top on, the vertical one's title above it. */
static status_t place_axes(figure_t *figure, const char *upward, const char *across, int top)
{
    int number = 180, down = top;
    status_t status = figure_label(figure, LABEL_NOTE, upward, &number, &down);
    if (!status) status = figure_frame(figure, LEFT, RIGHT, top + ABOVE, BELOW);
    return status ? status
                  : figure_axis_title(figure, across, 190, LEFT, RIGHT,
                                      top + ABOVE + PLOT + AXIS_TITLE);
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
    const sign_t sign[] = {{"tokens", colours[COLOUR_FILL].light, 0, 0, 1, true},
                           {"fitted Gaussian", colours[COLOUR_INK].light, 1, 0, 1, false},
                           {"mode", colours[COLOUR_INK].light, 0, 11, 1, false},
                           {"zero", colours[COLOUR_GUIDE].light, 2, 0, 1, false}};
    enum { SIGNS_OF_VALUES = sizeof sign / sizeof *sign };
    str_t *script = &figure->script;
    int head = figure_heading_height(figure, note), key = figure_key_height(sign, SIGNS_OF_VALUES);
    figure->height = head + key + ABOVE + PLOT + BELOW;
    status_t status = figure_begin(figure);
    if (!status) status = figure_heading(figure, note);
    if (!status) status = figure_key(figure, sign, SIGNS_OF_VALUES, head);
    if (!status) status = place_axes(figure, "% of tokens in a bin", "pre-activation", head + key);
    if (!status) status = mark_modes(card, script);
    if (status) return status;
    double least = card->least, most = card->least + NEURON_BINS * card->width;
    status = str_printf(script,
                        "set xrange [%.8g:%.8g]\nset yrange [0:*]\n"
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
    status_t status =
        str_printf(&caption, "%d bins; modes: of a kernel of bandwidth ", NEURON_BINS);
    if (!status) status = text_rounded(&caption, card->modes.bandwidth, 2);
    if (!status) status = str_add(&caption, ".");
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
    figure->height = head + key + ABOVE + PLOT + BELOW;
    if (!status) status = figure_begin(figure);
    if (!status) status = figure_heading(figure, note);
    if (!status) status = figure_key(figure, sign, (size_t)signs, head);
    if (!status)
        status = place_axes(figure, "output distance over its median",
                            "input distance over the layer's largest", head + key);
    if (!status)
        status = str_printf(
            &figure->script,
            "set xrange [0:1]\nset yrange [0:*]\n"
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
                       "Against how far apart the MLP's inputs at two tokens are (across), how far "
                       "the neuron moves them apart (upwards).",
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
