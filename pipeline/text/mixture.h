/* A corpus made of documents of others: which, and in which order. */
#ifndef WN_TEXT_MIXTURE_H
#define WN_TEXT_MIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"
#include "core/status.h"

typedef struct {
    const char *name; /* of the corpus, borrowed */
    double weight;
    const int64_t *document; /* [documents + 1] token offsets, borrowed */
    uint64_t documents;
} component_t;

typedef struct {
    component_t *component; /* [components] */
    size_t components;
    uint64_t tokens, documents; /* the budget: one of them, or none; 0: none */
    bool shuffled;
    uint64_t seed;
    bool own; /* of its own files: the one component is the corpus itself, as its files have it */
} mixture_t;

/* Whether "corpora.<name>" is a mixture of others; or of its own documents, because it has files
 * and a seed or a budget of tokens. mixture_read reads either, without documents (no component:
 * neither). Errors name the line: files and mix together or neither, a component that is not there
 * or a mixture itself, no weight, two budgets, a seed where join makes one document of all. */
bool mixture_is(const config_t *config, const char *name);
bool mixture_is_own(const config_t *config, const char *name);
MUST_CHECK status_t mixture_read(const config_t *config, const char *name, mixture_t *mixture);
void mixture_free(mixture_t *mixture);

/* One document of a mixture. */
typedef struct {
    uint32_t component;
    uint64_t start, count; /* tokens of the component */
} pick_t;

/* Each document comes from the component that has given least for its weight so far, the first of
 * equals: in tokens, or in documents where these are the budget. A component's documents come in
 * their order, or in one that the seed fixes. The last document is cut to a budget of tokens.
 * The mixture ends where a component has no more; with a budget that is an EXIT_INPUT error, unless
 * the documents are its own. picks [*count] is the caller's. */
MUST_CHECK status_t mixture_plan(const mixture_t *mixture, pick_t **picks, uint64_t *count,
                                 uint64_t *tokens);

#endif
