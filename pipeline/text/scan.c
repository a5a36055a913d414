#include "text/scan.h"

#include <stdbool.h>
#include <string.h>

#include "core/memory.h"
#include "text/unicode16.h"
#include "text/utf8.h"

const char *const gpt2_pattern =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const char *const llama3_pattern =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
    " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const char *const qwen_pattern =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|"
    " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

enum { BLOCK = 256, BLOCKS = 0x110000 / BLOCK, MULTIBYTE = 7 };

struct scanner {
    bool gpt2;
    int digits;             /* at most in a word, where not gpt2 */
    uint8_t ascii[256];     /* class of a byte; MULTIBYTE: look further */
    uint16_t block[BLOCKS]; /* place in blocks; BLOCK code points each */
    uint8_t (*blocks)[BLOCK];
    size_t count, capacity;
};

/* The text at hand. */
typedef struct {
    const scanner_t *scanner;
    const char *text;
    size_t length;
} scan_t;

static class_t class_of(const scanner_t *scanner, uint32_t code_point)
{
    return scanner->blocks[scanner->block[code_point / BLOCK]][code_point % BLOCK];
}

/* A table of its own for the block that holds a code point. Block 0 is shared by all that have
 * nothing but CLASS_OTHER, block 1 by all that have nothing but letters. */
static status_t own_block(scanner_t *scanner, uint32_t code_point)
{
    uint16_t *place = &scanner->block[code_point / BLOCK];
    if (*place) return NULL;
    status_t status =
        mem_grow(&scanner->blocks, &scanner->capacity, scanner->count + 1, "character classes");
    if (status) return status;
    memset(scanner->blocks[scanner->count], CLASS_OTHER, BLOCK);
    *place = (uint16_t)scanner->count++;
    return NULL;
}

static status_t set_class(scanner_t *scanner, uint32_t first, uint32_t last, class_t class)
{
    status_t status = NULL;
    for (uint32_t c = first; !status && c <= last; c++) {
        if (class == CLASS_LETTER && c % BLOCK == 0 && last - c >= BLOCK - 1) {
            scanner->block[c / BLOCK] = 1;
            c += BLOCK - 1;
            continue;
        }
        status = own_block(scanner, c);
        if (!status) scanner->blocks[scanner->block[c / BLOCK]][c % BLOCK] = (uint8_t) class;
    }
    return status;
}

static status_t fill_classes(scanner_t *scanner)
{
    enum { LAST_SPACE = 0x3000 };
    status_t status = mem_grow(&scanner->blocks, &scanner->capacity, 2, "character classes");
    if (status) return status;
    memset(scanner->blocks[0], CLASS_OTHER, BLOCK);
    memset(scanner->blocks[1], CLASS_LETTER, BLOCK);
    scanner->count = 2;
    size_t letters = sizeof unicode16_letters / sizeof *unicode16_letters;
    size_t numbers = sizeof unicode16_numbers / sizeof *unicode16_numbers;
    for (size_t i = 0; !status && i < letters; i++)
        status =
            set_class(scanner, unicode16_letters[i].first, unicode16_letters[i].last, CLASS_LETTER);
    for (size_t i = 0; !status && i < numbers; i++)
        status =
            set_class(scanner, unicode16_numbers[i].first, unicode16_numbers[i].last, CLASS_NUMBER);
    for (uint32_t c = 0; !status && c <= LAST_SPACE; c++)
        if (is_white_space(c))
            status = set_class(scanner, c, c, c == '\n' || c == '\r' ? CLASS_NEWLINE : CLASS_SPACE);
    for (unsigned byte = 0; !status && byte < 256; byte++)
        scanner->ascii[byte] = (uint8_t)(byte < 128 ? class_of(scanner, byte) : MULTIBYTE);
    return status;
}

status_t scanner_create(const char *pattern, scanner_t **scanner)
{
    *scanner = NULL;
    bool gpt2 = strcmp(pattern, gpt2_pattern) == 0, llama3 = strcmp(pattern, llama3_pattern) == 0;
    if (!gpt2 && !llama3 && strcmp(pattern, qwen_pattern) != 0) return NULL;
    status_t status = mem_new(scanner, 1, "scanner");
    if (status) return status;
    (*scanner)->gpt2 = gpt2;
    (*scanner)->digits = llama3 ? 3 : 1;
    status = fill_classes(*scanner);
    if (status) scanner_destroy(scanner);
    return status;
}

void scanner_destroy(scanner_t **scanner)
{
    if (!*scanner) return;
    mem_free(&(*scanner)->blocks);
    mem_free(scanner);
}

/* The class of the character at text[at], at < length, and its bytes. */
static inline class_t class_at(const scan_t *scan, size_t at, size_t *size)
{
    uint8_t class = scan->scanner->ascii[(unsigned char)scan->text[at]];
    *size = 1;
    return class != MULTIBYTE ? (class_t) class
                              : class_of(scan->scanner, utf8_at(scan->text + at, size));
}

/* End of the run of one class from `at` on. */
static inline size_t run_end(const scan_t *scan, size_t at, class_t class)
{
    size_t size;
    while (at < scan->length) {
        uint8_t ascii = scan->scanner->ascii[(unsigned char)scan->text[at]];
        if (ascii == (uint8_t) class) at++;
        else if (ascii == MULTIBYTE && class_at(scan, at, &size) == class) at += size;
        else break;
    }
    return at;
}

/* Letters at the start of eight ASCII or other bytes. */
static inline size_t leading_letters(uint64_t bytes)
{
    const uint64_t ones = 0x0101010101010101u, high = ones * 0x80;
    uint64_t lower = (bytes | ones * 0x20) & ~high;
    uint64_t from_a = lower + ones * (0x80 - 'a'), after_z = lower + ones * (0x80 - 'z' - 1);
    uint64_t others = ~(from_a & ~after_z & ~bytes) & high;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    others = __builtin_bswap64(others);
#endif
    return others ? (size_t)__builtin_ctzll(others) / 8 : 8;
}

/* run_end of CLASS_LETTER. */
static inline size_t letters_end(const scan_t *scan, size_t at)
{
    uint64_t bytes;
    while (scan->length - at >= sizeof bytes) {
        memcpy(&bytes, scan->text + at, sizeof bytes);
        size_t letters = leading_letters(bytes);
        at += letters;
        if (letters == sizeof bytes) continue;
        if ((unsigned char)scan->text[at] < 0x80) return at;
        size_t size;
        if (class_at(scan, at, &size) != CLASS_LETTER) return at;
        at += size;
    }
    return run_end(scan, at, CLASS_LETTER);
}

/* End of the run of white space; *last is where its last character starts, *newline where its
 * last line break ends (0 where there is none). */
static size_t space_end(const scan_t *scan, size_t at, size_t *last, size_t *newline)
{
    size_t size;
    *newline = 0;
    for (*last = at; at < scan->length; at += size) {
        class_t class = class_at(scan, at, &size);
        if (class != CLASS_SPACE && class != CLASS_NEWLINE) break;
        *last = at;
        if (class == CLASS_NEWLINE) *newline = at + size;
    }
    return at;
}

/* \s+(?!\S)|\s+ : a run before something else leaves its last character to that, if it can. */
static size_t leave_last(const scan_t *scan, size_t at, size_t end, size_t last)
{
    return end == scan->length || last == at ? end : last;
}

/* End of 's, 't, 're, 've, 'm, 'll, 'd at an apostrophe; 0 where there is none of them.
 * fold: of any case, by which U+017F is an s. */
static size_t contraction_end(const scan_t *scan, size_t at, bool fold)
{
    const unsigned char *text = (const unsigned char *)scan->text + at;
    size_t left = scan->length - at;
    unsigned bit = fold ? 0x20 : 0;
    if (left < 2) return 0;
    unsigned first = text[1] | bit;
    if (first == 's' || first == 't' || first == 'm' || first == 'd') return at + 2;
    if (left < 3) return 0;
    unsigned second = text[2] | bit;
    if ((first == 'r' && second == 'e') || (first == 'v' && second == 'e') ||
        (first == 'l' && second == 'l') || (fold && text[1] == 0xc5 && text[2] == 0xbf))
        return at + 3;
    return 0;
}

static size_t next_gpt2(const scan_t *scan, size_t at)
{
    size_t size, after, last, newline;
    class_t class = class_at(scan, at, &size);
    if (scan->text[at] == '\'') {
        size_t end = contraction_end(scan, at, false);
        if (end) return end;
    }
    if (class == CLASS_LETTER) return letters_end(scan, at + size);
    if (class < CLASS_SPACE) return run_end(scan, at + size, class);
    if (scan->text[at] == ' ' && at + 1 < scan->length) {
        class = class_at(scan, at + 1, &after);
        if (class == CLASS_LETTER) return letters_end(scan, at + 1 + after);
        if (class < CLASS_SPACE) return run_end(scan, at + 1 + after, class);
    }
    size_t end = space_end(scan, at, &last, &newline);
    return leave_last(scan, at, end, last);
}

/* \p{N}{1,n} */
static size_t number_end(const scan_t *scan, size_t at)
{
    size_t size;
    for (int i = 0; i < scan->scanner->digits && at < scan->length; i++, at += size)
        if (class_at(scan, at, &size) != CLASS_NUMBER) break;
    return at;
}

static size_t next_llama3(const scan_t *scan, size_t at)
{
    size_t size, after = 0, last, newline;
    class_t class = class_at(scan, at, &size), next = CLASS_SPACE;
    if (scan->text[at] == '\'') {
        size_t end = contraction_end(scan, at, true);
        if (end) return end;
    }
    if (class == CLASS_LETTER) return letters_end(scan, at + size);
    if (class == CLASS_NUMBER) return number_end(scan, at);
    if (at + size < scan->length) next = class_at(scan, at + size, &after);
    if (class != CLASS_NEWLINE && next == CLASS_LETTER) return letters_end(scan, at + size + after);
    if (class == CLASS_OTHER || (scan->text[at] == ' ' && next == CLASS_OTHER))
        return run_end(scan, run_end(scan, at + size, CLASS_OTHER), CLASS_NEWLINE);
    size_t end = space_end(scan, at, &last, &newline);
    return newline ? newline : leave_last(scan, at, end, last);
}

size_t scanner_next(const scanner_t *scanner, const char *text, size_t length, size_t at)
{
    scan_t scan = {scanner, text, length};
    return scanner->gpt2 ? next_gpt2(&scan, at) : next_llama3(&scan, at);
}
