/* Texts made from the fields of a JSON object: "Question: {question}\nAnswer:".
 *
 * {path} stands for a field's text; a path goes into objects by name and into lists by number, and
 * from a list that is given a name into each of its objects: "choices.text", "choices.0",
 * "question.choices.text". Whole numbers are written in digits, truth values as true and false.
 * {choice} is the choice at hand where there is one. {{ and }} are braces. Filters follow a path
 * from left to right, {ctx|strip|capitalize}:
 *   strip lstrip rstrip   white space at the ends, as Python's
 *   capitalize            the first character in title case, the others in lower case
 *   lower upper
 *   before:TEXT           what is before the first TEXT, which must be there
 *   after:TEXT            what is behind it
 *   spaces                a space for each underscore
 *   wikihow               lm-evaluation-harness's cleaning of HellaSwag: white space at the ends,
 *                         " [title]" becomes ". ", "[...]" goes, two spaces become one */
#ifndef WN_TEXT_TEMPLATE_H
#define WN_TEXT_TEMPLATE_H

#include <jansson.h>
#include <stdbool.h>

#include "core/status.h"
#include "core/strings.h"

typedef struct template template_t;

/* EXIT_USAGE with what is wrong and where. */
MUST_CHECK status_t template_parse(const char *text, template_t **template);
void template_free(template_t **template);

/* Whether it is one {path} and nothing else: it may stand for a list then. */
bool template_is_field(const template_t *template);

/* Appends the text; choice NULL: there is none. EXIT_INPUT names the field that is missing or
 * holds something else. */
MUST_CHECK status_t template_expand(const template_t *template, const json_t *object,
                                    const str_t *choice, str_t *text);

/* Of a template that is one field: the texts of its list, each through the filters; where it
 * holds no list, its one text. */
MUST_CHECK status_t template_list(const template_t *template, const json_t *object,
                                  strings_t *texts);

/* A filter by itself. */
MUST_CHECK status_t template_clean_wikihow(str_t *text);

#endif
