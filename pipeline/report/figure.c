#define _GNU_SOURCE /* memmem */
#include "report/figure.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "report/gnuplot.h"
#include "report/palette.h"

status_t figures_append(figures_t *figures, section_t section, const char *name, const char *title,
                        const char *caption, figure_t **figure)
{
    status_t status = mem_grow(&figures->item, &figures->capacity, figures->count + 1, "figures");
    if (status) return status;
    *figure = &figures->item[figures->count++];
    **figure = (figure_t){.section = section};
    status = str_copy(&(*figure)->name, name);
    if (!status) status = str_copy(&(*figure)->title, title);
    return status ? status : str_copy(&(*figure)->caption, caption);
}

void figures_free(figures_t *figures)
{
    for (size_t i = 0; i < figures->count; i++) {
        mem_free(&figures->item[i].name);
        mem_free(&figures->item[i].title);
        mem_free(&figures->item[i].caption);
        str_free(&figures->item[i].data);
        str_free(&figures->item[i].script);
    }
    mem_free(&figures->item);
    *figures = (figures_t){0};
}

status_t figure_begin(figure_t *figure)
{
    /* The SVG's title, of which its ids are made: letters, digits and '_' only. */
    char id[128];
    snprintf(id, sizeof id, "%s", figure->name);
    for (char *at = id; *at; at++)
        if (!isalnum((unsigned char)*at)) *at = '_';
    return str_printf(
        &figure->script,
        "# Draws %1$s.svg and %1$s.png from %1$s.csv:  gnuplot %1$s.gp\n"
        "if (!exists(\"devices\")) devices = \"svg png\"\n"
        "if (!exists(\"suffix\")) suffix = \"\"\n"
        "set encoding utf8\n"
        "set datafile separator \",\"\n"
        "do for [device in devices] {\n"
        "if (device eq \"svg\") {\n"
        "  set terminal svg name \"%6$s\" size %2$d,%3$d enhanced font \"sans-serif,13\" "
        "background \"%7$s\"\n"
        "} else {\n"
        "  set terminal pngcairo size %4$d,%5$d enhanced font \"sans-serif,13\" fontscale 1.5 "
        "linewidth 2 pointscale 2 background \"%7$s\"\n"
        "}\n"
        "set output \"%1$s.\".device.suffix\n"
        "set border 3 linecolor rgb \"%8$s\"\n"
        "set tics nomirror out scale 0.6 noenhanced font \",13\" textcolor rgb \"%9$s\"\n"
        "set grid ytics linetype 1 linecolor rgb \"%10$s\" linewidth 0.8\n"
        "unset key\nunset logscale\n",
        figure->name, FIGURE_WIDTH, figure->height, 2 * FIGURE_WIDTH, 2 * figure->height, id,
        colours[COLOUR_PAPER].light, colours[COLOUR_AXIS].light, colours[COLOUR_TEXT].light,
        colours[COLOUR_GRID].light);
}

status_t figure_end(figure_t *figure)
{
    return str_add(&figure->script, "unset output\n}\n");
}

/* gnuplot does not say when it could not write all of an image: its last bytes tell. */
static status_t check_whole(const char *path, const char *device)
{
    const char *end = strcmp(device, "png") == 0 ? "IEND" : "</svg>";
    char last[32];
    file_t file;
    status_t status = file_open(&file, path);
    if (status) return status;
    size_t length = file.size < sizeof last ? (size_t)file.size : sizeof last;
    status = file_read_at(&file, file.size - length, last, length);
    if (!status && !memmem(last, length, end, strlen(end)))
        status = status_new(EXIT_OUTPUT, "%s: gnuplot could not write all of it", path);
    file_close(&file);
    return status;
}

/* Gives the image that was drawn its name. */
static status_t publish(const char *temporary, const char *path, const char *device, bool drawn)
{
    status_t status = drawn ? check_whole(temporary, device) : NULL;
    if (!status && drawn) status = file_publish(temporary, path);
    if (status || !drawn) unlink(temporary);
    /* An image of earlier data must not stand beside the new ones. */
    if (!drawn) unlink(path);
    return status;
}

/* Draws one device into a temporary file, then gives that its name. */
static status_t draw(const char *directory, figure_t *figure, const char *device, bool *absent,
                     bool *drawn)
{
    char *path = NULL, *script = NULL, *temporary = NULL, *command = NULL;
    str_t said = {0};
    status_t status = str_format(&path, "%s/%s.%s", directory, figure->name, device);
    if (!status) status = str_format(&script, "%s.gp", figure->name);
    if (!status) status = file_temporary(path, &temporary, NULL);
    const char *suffix = temporary ? temporary + strlen(path) : "";
    if (!status) status = str_format(&command, "devices = \"%s\"; suffix = \"%s\"", device, suffix);
    if (!status) status = gnuplot_run(directory, command, script, absent, drawn, &said);
    if (!status) status = str_add(&said, "\n"); /* silence is a line, too */
    size_t blank = status ? 0 : strspn(said.data, "\n ");
    if (!status && !*absent && !*drawn)
        log_warning("gnuplot could not draw %s: %.*s", path_base(path),
                    (int)strcspn(said.data + blank, "\n"), said.data + blank);
    if (!status) status = publish(temporary, path, device, *drawn);
    else if (temporary) unlink(temporary);
    str_free(&said);
    mem_free(&command);
    mem_free(&temporary);
    mem_free(&script);
    mem_free(&path);
    return status;
}

static status_t write_part(const char *directory, const char *name, const char *ending,
                           const str_t *text)
{
    char *path = NULL;
    status_t status = str_format(&path, "%s/%s.%s", directory, name, ending);
    if (!status) status = file_write(path, text->data, text->length);
    mem_free(&path);
    return status;
}

status_t figure_draw(const char *directory, figure_t *figure, bool *absent)
{
    status_t status = write_part(directory, figure->name, "csv", &figure->data);
    if (!status) status = write_part(directory, figure->name, "gp", &figure->script);
    if (!status) status = draw(directory, figure, "svg", absent, &figure->svg);
    if (!status) status = draw(directory, figure, "png", absent, &figure->png);
    return status;
}
