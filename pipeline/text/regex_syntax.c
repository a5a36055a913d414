#include "text/regex_syntax.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "text/unicode16.h"
#include "text/utf8.h"

enum { DEEPEST = 100 }; /* groups within groups */

/* The state of a translation: what is left to read, what was written. */
typedef struct {
    const char *at;
    str_t *out;
    bool in_class;
    int depth;
    bool folds[DEEPEST + 1]; /* [depth] case is ignored */
    char before;             /* the ASCII letter just read, or 0 */
} translation_t;

static status_t refuse(const char *what, const char *at)
{
    return status_new(EXIT_INPUT, "regular expression: %s at \"%.40s\" is not supported", what, at);
}

/* Adds to a class what later editions of Unicode gave a category ("L" has all of "Lu", "Ll",
 * ...), so that an older PCRE2 matches it too. */
static status_t add_later(str_t *out, const char *category)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < sizeof unicode16_later / sizeof *unicode16_later; i++) {
        const later_t *later = &unicode16_later[i];
        if (strncmp(later->category, category, strlen(category)) != 0) continue;
        status = str_printf(out, "\\x{%X}-\\x{%X}", (unsigned)later->first, (unsigned)later->last);
    }
    return status;
}

/* The class of some categories, with properties that PCRE2 has from Unicode 14. */
static status_t add_class(translation_t *t, bool negated, const char *properties,
                          const char *const *categories)
{
    status_t status = NULL;
    if (t->in_class && negated) return refuse("a negated property in a class", t->at);
    if (!t->in_class) status = str_add(t->out, negated ? "[^" : "[");
    if (!status && properties) status = str_add(t->out, properties);
    for (; !status && *categories; categories++) {
        status = str_printf(t->out, "\\p{%s}", *categories);
        if (!status) status = add_later(t->out, *categories);
    }
    return status || t->in_class ? status : str_add(t->out, "]");
}

/* \p{L}, \p{Lu}, and so on. Scripts and other properties have grown since PCRE2's edition. */
static status_t translate_property(translation_t *t)
{
    static const char *const known = " L Lu Ll Lt Lm Lo M Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po "
                                     "S Sm Sc Sk So Z Zs Zl Zp ";
    char name[5] = " ";
    const char *at = t->at + 2;
    const char *end = *at == '{' ? strchr(at, '}') : NULL;
    size_t length = end ? (size_t)(end - at - 1) : 0;
    if (length < 1 || length > 2) return refuse("this property", t->at);
    memcpy(name + 1, at + 1, length);
    name[length + 1] = ' ';
    if (!strstr(known, name)) return refuse("this property", t->at);
    name[length + 1] = '\0';
    bool negated = t->at[1] == 'P';
    status_t status = add_class(t, negated, NULL, (const char *[]){name + 1, NULL});
    t->at = end + 1;
    return status;
}

/* \s, \d, \w by Unicode. (PCRE2's own \s takes U+180E too, its \w fewer marks.) Outside classes
 * Oniguruma's \w has the superscripts and fractions of Latin-1 besides. */
static status_t translate_shorthand(translation_t *t)
{
    static const char *const digits[] = {"Nd", NULL};
    static const char *const words[] = {"L", "M", "Nd", "Pc", NULL};
    const char *more =
        t->in_class ? "\\p{Alphabetic}" : "\\p{Alphabetic}\\x{B2}\\x{B3}\\x{B9}\\x{BC}-\\x{BE}";
    status_t status = NULL;
    switch (*++t->at) {
    case 's': status = str_add(t->out, "\\p{White_Space}"); break;
    case 'S': status = str_add(t->out, "\\P{White_Space}"); break;
    case 'd':
    case 'D': status = add_class(t, *t->at == 'D', NULL, digits); break;
    default: status = add_class(t, *t->at == 'W', more, words); break;
    }
    t->at++;
    return status;
}

static status_t translate_code_point(translation_t *t)
{
    size_t digits = t->at[1] == 'u' ? 4 : 2;
    for (size_t i = 0; i < digits; i++)
        if (!isxdigit((unsigned char)t->at[2 + i])) return refuse("this escape", t->at);
    if (digits == 2 && t->at[2] > '7') return refuse("a byte of a character", t->at);
    status_t status = str_printf(t->out, "\\x{%.*s}", (int)digits, t->at + 2);
    t->at += 2 + digits;
    return status;
}

static status_t translate_escape(translation_t *t)
{
    char letter = t->at[1];
    if (letter == 'p' || letter == 'P') return translate_property(t);
    if (letter && strchr("sSdDwW", letter)) return translate_shorthand(t);
    if (letter == 'u' || letter == 'x') return translate_code_point(t);
    bool known = letter && (strchr("rntf", letter) || (!t->in_class && strchr("Az", letter)) ||
                            ispunct((unsigned char)letter) || letter == ' ');
    if (!known) return refuse("this escape", t->at);
    status_t status = str_append(t->out, t->at, 2);
    t->at += 2;
    return status;
}

/* A character that stands for itself. Without regard to case, Oniguruma takes some for several
 * others (U+00DF for ss, U+FB01 for fi, ...), which PCRE2 never does. */
static status_t translate_literal(translation_t *t)
{
    static const char *const joined[] = {"ss", "st", "ff", "fi", "fl"};
    size_t size = utf8_size(*t->at), ignored;
    if (t->folds[t->depth] && size > 1) {
        uint32_t c = utf8_at(t->at, &ignored);
        bool caseless = (c >= 0x2e80 && c < 0xa640) || (c >= 0xac00 && c < 0xd7a4);
        if (!caseless) return refuse("a letter beyond ASCII without regard to case", t->at);
    }
    char letter = (char)tolower((unsigned char)*t->at);
    for (size_t i = 0; t->folds[t->depth] && !t->in_class && i < 5; i++)
        if (t->before == joined[i][0] && letter == joined[i][1])
            return refuse("what may be one character without regard to case", t->at - 1);
    t->before = size == 1 && isalpha((unsigned char)letter) ? letter : '\0';
    status_t status = str_append(t->out, t->at, size);
    t->at += size;
    return status;
}

static status_t translate_class(translation_t *t)
{
    status_t status = str_append(t->out, t->at++, 1);
    if (!status && *t->at == '^') status = str_append(t->out, t->at++, 1);
    if (!status && *t->at == ']') status = refuse("a class that starts with ]", t->at);
    t->in_class = true;
    while (!status && *t->at != ']') {
        if (*t->at == '\0') status = refuse("a class without end", t->at);
        else if (*t->at == '[') status = refuse("a class within a class", t->at);
        else if (t->at[0] == '&' && t->at[1] == '&') status = refuse("an intersection", t->at);
        else if (*t->at == '\\') status = translate_escape(t);
        else status = translate_literal(t);
    }
    t->in_class = false;
    t->before = '\0';
    return status ? status : str_append(t->out, t->at++, 1);
}

static status_t translate_group(translation_t *t)
{
    static const char *const known[] = {"(?:", "(?i:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i)"};
    if (t->depth == DEEPEST) return refuse("deeper nesting", t->at);
    t->folds[t->depth + 1] = t->folds[t->depth];
    t->depth++;
    if (t->at[1] != '?') return str_append(t->out, t->at++, 1);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t length = strlen(known[i]);
        if (strncmp(t->at, known[i], length) != 0) continue;
        t->at += length;
        bool flag = strcmp(known[i], "(?i)") == 0; /* to the end of the group that it is in */
        if (flag) t->depth--;
        if (flag || strcmp(known[i], "(?i:") == 0) t->folds[t->depth] = true;
        return str_append(t->out, known[i], length);
    }
    return refuse("this group", t->at);
}

/* {n}, {n,} or {n,m}; Ruby has no possessive form of these. */
static status_t translate_interval(translation_t *t)
{
    const char *end = t->at + 1;
    while (isdigit((unsigned char)*end)) end++;
    bool counted = end > t->at + 1;
    if (*end == ',') end++;
    while (isdigit((unsigned char)*end)) end++;
    if (!counted || *end != '}' || end[1] == '+') return refuse("this interval", t->at);
    status_t status = str_append(t->out, t->at, (size_t)(end + 1 - t->at));
    t->at = end + 1;
    return status;
}

status_t regex_translate(const char *text, str_t *out)
{
    translation_t t = {.at = text, .out = out};
    status_t status = NULL;
    while (!status && *t.at) {
        bool literal = !strchr("\\[({^$)|*+?.", *t.at);
        if (!literal) t.before = '\0';
        if (*t.at == '\\') status = translate_escape(&t);
        else if (*t.at == '[') status = translate_class(&t);
        else if (*t.at == '(') status = translate_group(&t);
        else if (*t.at == '{') status = translate_interval(&t);
        else if (*t.at == '^' || *t.at == '$') status = refuse("an anchor to lines", t.at);
        else if (literal) status = translate_literal(&t);
        else {
            if (*t.at == ')' && t.depth > 0) t.depth--;
            status = str_append(out, t.at++, 1);
        }
    }
    return status;
}

status_t regex_escape(const char *text, str_t *out)
{
    status_t status = NULL;
    for (; !status && *text; text++) {
        bool plain = isalnum((unsigned char)*text) || *text & 0x80;
        if (!plain) status = str_append(out, "\\", 1);
        if (!status) status = str_append(out, text, 1);
    }
    return status;
}
