#include "text/trim.h"

#include "text/utf8.h"
#include "text/vocabulary.h"

/* White space at the ends of a token's text, where a byte-level space counts as such. */
static int64_t leading_spaces(const char *text, size_t length)
{
    int64_t count = 0;
    uint32_t space = character_of_byte(' ');
    size_t size;
    for (size_t at = 0; at < length; at += size, count++) {
        uint32_t c = utf8_at(text + at, &size);
        if (c != space && !is_white_space(c)) break;
    }
    return count;
}

static int64_t trailing_spaces(const char *text, size_t length)
{
    int64_t count = 0;
    uint32_t space = character_of_byte(' ');
    for (size_t end = length; end > 0; count++) {
        size_t size = utf8_size_before(text, end), ignored;
        uint32_t c = utf8_at(text + end - size, &ignored);
        if (c != space && !is_white_space(c)) break;
        end -= size;
    }
    return count;
}

span_t trim_span(const trim_t *trim, size_t count, span_t span, const char *text, size_t length,
                 bool first)
{
    if (count == 0) return span;
    int64_t leading = leading_spaces(text, length), trailing = trailing_spaces(text, length);
    for (size_t i = 0; i < count; i++) {
        bool added = (first || span.start == 0) && trim[i].prefixed && leading == 1;
        int64_t cut = added ? 0 : leading;
        span.start = span.start + cut < span.end ? span.start + cut : span.end;
        if (trailing > 0 && span.end >= trailing)
            span.end = span.end - trailing > span.start ? span.end - trailing : span.start;
    }
    return span;
}
