/* Any bytes as tagged text in CoNLL-U. */
#include "core/strings.h"
#include "tests/fuzz/fuzz.h"
#include "text/conllu.h"
#include "text/utf8.h"

/* Words lie in the text, one behind the other, and have names. */
static void look_at(const str_t *text, const str_t *words, size_t uposes, size_t deprels)
{
    int64_t characters = utf8_count(text->data ? text->data : "", text->length), end = 0;
    fuzz_require(utf8_valid_prefix(text->data, text->length) == text->length);
    fuzz_require(words->length % sizeof(tagged_word_t) == 0);
    for (size_t at = 0; at < words->length; at += sizeof(tagged_word_t)) {
        tagged_word_t word;
        memcpy(&word, words->data + at, sizeof word);
        fuzz_require(word.start >= end && word.end > word.start && word.end <= characters);
        fuzz_require(word.upos >= 0 && (size_t)word.upos < uposes);
        fuzz_require(word.deprel >= 0 && (size_t)word.deprel < deprels);
        end = word.end;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    strings_t upos = {0}, deprel = {0};
    str_t text = {0}, words = {0};
    conllu_t *conllu = NULL;
    int64_t line = 0, last = 0;
    bool found = true;
    size_t total = 0;
    status_t status = conllu_open(fuzz_file(data, size), &upos, &deprel, &conllu);
    while (!status && found) {
        str_clear(&text);
        str_clear(&words);
        status = conllu_next(conllu, &text, &words, &line, &found);
        if (status || !found) continue;
        look_at(&text, &words, upos.count, deprel.count);
        fuzz_require(line > last);
        last = line;
        total += text.length;
        fuzz_require(total <= size);
    }
    fuzz_require(upos.count <= CONLLU_NAMES && deprel.count <= CONLLU_NAMES);
    fuzz_refused(&status);
    conllu_close(&conllu);
    strings_free(&upos);
    strings_free(&deprel);
    str_free(&text);
    str_free(&words);
    return 0;
}
