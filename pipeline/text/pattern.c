#define PCRE2_CODE_UNIT_WIDTH 8
#include "text/pattern.h"

#include <pcre2.h>
#include <string.h>

#include "core/memory.h"
#include "core/strings.h"
#include "text/regex_syntax.h"

/* Steps that one match may take: what a sensible pattern needs on a run as long as the text, and
 * an end to patterns that try everything. */
static uint32_t match_limit(size_t length)
{
    const size_t least = 100000, each = 16;
    return length < (UINT32_MAX - least) / each ? (uint32_t)(least + each * length) : UINT32_MAX;
}

struct pattern {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    str_t source; /* as the file writes it, for messages */
};

static status_t no_memory(void)
{
    return status_new(EXIT_RESOURCE, "out of memory: regular expression");
}

static status_t compile(pattern_t *pattern, const str_t *translated)
{
    int error;
    PCRE2_SIZE place;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context) return no_memory();
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_parens_nest_limit(context, 100);
    pattern->code =
        pcre2_compile((PCRE2_SPTR)translated->data, translated->length,
                      PCRE2_UTF | PCRE2_UCP | PCRE2_NO_UTF_CHECK | PCRE2_NEVER_BACKSLASH_C, &error,
                      &place, context);
    pcre2_compile_context_free(context);
    if (!pattern->code) {
        PCRE2_UCHAR message[200];
        pcre2_get_error_message(error, message, sizeof message);
        return status_new(EXIT_INPUT, "regular expression %.200s: %s", pattern->source.data,
                          (const char *)message);
    }
    pattern->match = pcre2_match_data_create(1, NULL);
    pattern->context = pcre2_match_context_create(NULL);
    if (!pattern->match || !pattern->context) return no_memory();
    /* Without JIT (on machines that lack it) the interpreter gives the same matches, slower. */
    if (pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE) == 0) {
        pattern->stack = pcre2_jit_stack_create(32 << 10, 64 << 20, NULL);
        if (!pattern->stack) return no_memory();
        pcre2_jit_stack_assign(pattern->context, NULL, pattern->stack);
    }
    return NULL;
}

status_t pattern_create(const char *text, bool literal, pattern_t **pattern)
{
    enum { LONGEST = 10000 };
    *pattern = NULL;
    if (strlen(text) > LONGEST) return status_new(EXIT_INPUT, "regular expression is too long");
    if (!*text) return status_new(EXIT_INPUT, "regular expression is empty");
    str_t translated = {0};
    status_t status = mem_new(pattern, 1, "regular expression");
    if (!status) status = str_add(&(*pattern)->source, text);
    if (!status)
        status = literal ? regex_escape(text, &translated) : regex_translate(text, &translated);
    if (!status) status = compile(*pattern, &translated);
    if (status) pattern_destroy(pattern);
    str_free(&translated);
    return status;
}

void pattern_destroy(pattern_t **pattern)
{
    if (!*pattern) return;
    pcre2_jit_stack_free((*pattern)->stack);
    pcre2_match_context_free((*pattern)->context);
    pcre2_match_data_free((*pattern)->match);
    pcre2_code_free((*pattern)->code);
    str_free(&(*pattern)->source);
    mem_free(pattern);
}

status_t pattern_match(pattern_t *pattern, const char *text, size_t length, size_t from,
                       size_t *start, size_t *end)
{
    pcre2_set_match_limit(pattern->context, match_limit(length - from));
    int found = pcre2_match(pattern->code, (PCRE2_SPTR)text, length, from, PCRE2_NO_UTF_CHECK,
                            pattern->match, pattern->context);
    *start = *end = length + 1;
    if (found == PCRE2_ERROR_NOMATCH) return NULL;
    if (found < 0) {
        PCRE2_UCHAR message[200];
        pcre2_get_error_message(found, message, sizeof message);
        return status_new(EXIT_INPUT, "regular expression %.200s on a text of %zu bytes: %s",
                          pattern->source.data, length, (const char *)message);
    }
    *start = pcre2_get_ovector_pointer(pattern->match)[0];
    *end = pcre2_get_ovector_pointer(pattern->match)[1];
    return NULL;
}
