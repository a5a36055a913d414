#include "eval/choice.h"

size_t choice_pick(const double *score, const int32_t *characters, size_t count)
{
    size_t best = 0;
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        double value = characters ? score[i] / characters[i] : score[i];
        if (i > 0 && !(value > most)) continue;
        most = value;
        best = i;
    }
    return best;
}

choice_counts_t choice_count(const sequences_t *sequences, const double *score)
{
    choice_counts_t counts = {.questions = (int64_t)sequences->items};
    for (size_t i = 0; i < sequences->items; i++) {
        int64_t first = sequences->choice[i];
        size_t count = (size_t)(sequences->choice[i + 1] - first);
        size_t gold = (size_t)sequences->gold[i];
        counts.correct += choice_pick(score + first, NULL, count) == gold;
        counts.correct_norm +=
            choice_pick(score + first, sequences->characters + first, count) == gold;
    }
    return counts;
}
