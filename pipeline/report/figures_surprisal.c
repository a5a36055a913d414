/* Excess surprisal by part of speech, at the last checkpoint. */
#include <math.h>

#include "core/memory.h"
#include "eval/tagged.h"
#include "report/figures.h"
#include "report/text.h"

enum { WIDTH = 880, HEIGHT = 440, CONDITIONS_MOST = 7 };

/* What is drawn: the parts of speech that have tokens, under some contrasts with the baseline. */
typedef struct {
    const run_t *run;
    size_t task, checkpoint;
    size_t contrast[CONDITIONS_MOST], contrasts;
} view_t;

static const run_surprisal_t *find(const view_t *view, size_t contrast, const char *group)
{
    for (size_t i = 0; i < view->run->surprisals; i++) {
        const run_surprisal_t *row = &view->run->surprisal[i];
        if (row->task == view->task && row->checkpoint == view->checkpoint &&
            row->contrast == (ptrdiff_t)contrast && row->way == BY_UPOS &&
            (!group || row->group == group))
            return row;
    }
    return NULL;
}

static void choose(view_t *view)
{
    const run_t *run = view->run;
    for (size_t k = 0; k < run->contrasts && view->contrasts < CONDITIONS_MOST; k++)
        if (run->contrast[k].baseline && run_contrast_stands_out(run, k) && find(view, k, NULL))
            view->contrast[view->contrasts++] = k;
}

static status_t write_data(const view_t *view, str_t *csv, size_t *groups)
{
    static const char *const end[] = {"", ": low", ": high"};
    const run_t *run = view->run;
    status_t status = str_add(csv, "upos,tokens");
    for (size_t k = 0; !status && k < view->contrasts; k++)
        for (int e = 0; !status && e < 3; e++) {
            str_t name = {0};
            status = str_printf(&name, "%s%s", run->contrast[view->contrast[k]].name, end[e]);
            if (!status) status = csv_text(csv, name.data);
            str_free(&name);
        }
    if (!status) status = csv_end(csv);
    *groups = 0;
    for (size_t i = 0; !status && i < run->surprisals; i++) {
        const run_surprisal_t *row = &run->surprisal[i];
        if (find(view, view->contrast[0], row->group) != row) continue;
        ++*groups;
        status = csv_text(csv, row->group);
        if (!status) status = csv_integer(csv, row->tokens);
        for (size_t k = 0; !status && k < view->contrasts; k++) {
            const run_surprisal_t *of = find(view, view->contrast[k], row->group);
            status = csv_number(csv, of ? of->value : NAN);
            if (!status) status = csv_number(csv, of ? of->interval.low : NAN);
            if (!status) status = csv_number(csv, of ? of->interval.high : NAN);
        }
        if (!status) status = csv_end(csv);
    }
    return status;
}

/* The parts of speech at 0, 1, 2, ... */
static status_t write_tics(const view_t *view, str_t *script)
{
    size_t place = 0;
    status_t status = str_add(script, "set xtics rotate by -40 noenhanced font \",11\" (");
    for (size_t i = 0; !status && i < view->run->surprisals; i++) {
        const run_surprisal_t *row = &view->run->surprisal[i];
        if (find(view, view->contrast[0], row->group) != row) continue;
        if (place) status = str_add(script, ", ");
        if (!status) status = gnuplot_text(script, row->group);
        if (!status) status = str_printf(script, " %zu", place++);
    }
    return status ? status : str_add(script, ")\n");
}

static status_t write_frame(const figure_t *figure, const char *note, size_t groups, str_t *script)
{
    status_t status = gnuplot_heading(script, figure->title, note, WIDTH, HEIGHT);
    if (status) return status;
    return str_printf(
        script,
        "set lmargin at screen %.5f\nset rmargin at screen 0.74\n"
        "set tmargin at screen %.5f\nset bmargin at screen %.5f\n"
        "set key at screen 0.75, %.5f left top vertical Left reverse samplen 1.6 "
        "spacing 1.25 noenhanced font \",12\"\n"
        "set xrange [-0.6:%.1f]\n"
        "set ylabel \"nats a token\" font \",12\"\nset xzeroaxis linetype 1 linecolor "
        "rgb \"#999999\"\n",
        84.0 / WIDTH, 1 - 62.0 / HEIGHT, 84.0 / HEIGHT, 1 - 62.0 / HEIGHT, (double)groups - 0.4);
}

/* Columns: part of speech, tokens, then value, low, high of each contrast. */
static status_t write_script(const view_t *view, const char *note, size_t groups, figure_t *figure)
{
    str_t *script = &figure->script;
    status_t status = figure_begin(figure);
    if (!status) status = write_frame(figure, note, groups, script);
    if (!status) status = write_tics(view, script);
    if (!status) status = str_add(script, "plot ");
    for (size_t k = 0; !status && k < view->contrasts; k++) {
        double offset =
            ((double)k - 0.5 * (double)(view->contrasts - 1)) * 0.7 / (double)view->contrasts;
        int column = 3 + 3 * (int)k;
        status = str_printf(script,
                            "%s'%s.csv' skip 1 using ($0%+.4f):%d:%d:%d with yerrorbars "
                            "pointtype 7 pointsize 0.6 linewidth 1.4 linecolor rgb \"%s\" title ",
                            k ? ", \\\n     " : "", figure->name, offset, column, column + 1,
                            column + 2, figure_colour[1 + k % (FIGURE_COLOURS - 1)]);
        if (!status) status = gnuplot_text(script, view->run->contrast[view->contrast[k]].name);
    }
    if (!status) status = str_add(script, "\n");
    return status ? status : figure_end(figure);
}

static status_t draw(const view_t *view, figures_t *figures)
{
    const run_t *run = view->run;
    str_t name = {0}, note = {0};
    char *title = NULL;
    figure_t *figure;
    size_t groups = 0;
    const run_surprisal_t *any = find(view, view->contrast[0], NULL);
    status_t status = str_add(&name, "surprisal-");
    if (!status) status = text_file_name(&name, run->plan.task[view->task].name);
    if (!status)
        status = str_format(&title, "Excess surprisal by part of speech, %s",
                            run->checkpoints->item[view->checkpoint]);
    if (!status) status = str_printf(&note, "%s, ", run->plan.task[view->task].data);
    if (!status) status = text_count(&note, any->windows);
    if (!status)
        status = str_printf(&note, " windows; bars: %g %% intervals (bootstrap over windows)",
                            100 * run->resampling.level);
    if (!status)
        status =
            figures_append(figures, name.data, title,
                           "How much less probable a condition makes tokens than the baseline, "
                           "mean over the tokens of each part of speech.",
                           WIDTH, HEIGHT, &figure);
    if (!status) status = write_data(view, &figure->data, &groups);
    if (!status) status = write_script(view, note.data, groups, figure);
    mem_free(&title);
    str_free(&name);
    str_free(&note);
    return status;
}

status_t figures_surprisal(const run_t *run, figures_t *figures)
{
    status_t status = NULL;
    for (size_t t = 0; !status && t < run->plan.count; t++) {
        view_t view = {.run = run, .task = t};
        bool any = false;
        for (size_t i = 0; i < run->surprisals; i++)
            if (run->surprisal[i].task == t) {
                view.checkpoint = run->surprisal[i].checkpoint;
                any = true;
            }
        if (any) choose(&view);
        if (view.contrasts) status = draw(&view, figures);
    }
    return status;
}
