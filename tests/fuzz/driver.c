/* Runs a fuzzer without libFuzzer: on every seed, then for a while on damaged copies of them, the
 * same ones each time.
 *
 *     fuzz_<NAME> SECONDS FOUND SEEDS
 *
 * SEEDS: a directory. The input at hand is always in the file FOUND, which so holds the one that
 * ended the program; it disappears when none does. An input that takes 10 seconds of processor
 * time ends the program too. The last line of the output counts. */
#include <fcntl.h>
#include <sys/time.h>
#include <time.h>

#include "core/file.h"
#include "core/random.h"
#include "tests/fuzz/fuzz.h"

enum { LONGEST = 20000, PATIENCE = 10 };

typedef struct {
    uint8_t byte[LONGEST];
    size_t size;
} input_t;

static struct {
    input_t *seed;
    size_t seeds;
    random_t random;
    int found;
    long runs;
} it;

static size_t below(size_t bound)
{
    return (size_t)random_below(&it.random, bound);
}

static void read_seeds(const char *directory)
{
    strings_t names = {0};
    fuzz_require(!directory_list(directory, &names));
    it.seed = calloc(names.count, sizeof *it.seed);
    fuzz_require(names.count > 0 && it.seed);
    for (; it.seeds < names.count; it.seeds++) {
        input_t *seed = &it.seed[it.seeds];
        char *path = NULL;
        fuzz_require(!path_join(directory, names.item[it.seeds], &path));
        FILE *file = fopen(path, "rb");
        fuzz_require(file != NULL);
        seed->size = fread(seed->byte, 1, LONGEST, file);
        fclose(file);
        free(path);
    }
    strings_free(&names);
}

/* The bytes are copied, so that the sanitizer sees a read beyond their end. */
static void run(const input_t *input)
{
    uint8_t *copy = malloc(input->size ? input->size : 1);
    fuzz_require(copy && ftruncate(it.found, (off_t)input->size) == 0);
    memcpy(copy, input->byte, input->size);
    fuzz_require(pwrite(it.found, copy, input->size, 0) == (ssize_t)input->size);
    setitimer(ITIMER_PROF, &(struct itimerval){.it_value.tv_sec = PATIENCE}, NULL);
    LLVMFuzzerTestOneInput(copy, input->size);
    setitimer(ITIMER_PROF, &(struct itimerval){0}, NULL);
    free(copy);
    it.runs++;
}

/* Puts count bytes in the place of those in [at, at + gone), as far as they fit. */
static void splice(input_t *input, size_t at, size_t gone, const uint8_t *bytes, size_t count)
{
    uint8_t copy[LONGEST];
    size_t behind = input->size - at - gone;
    if (count > LONGEST - at - behind) count = LONGEST - at - behind;
    memcpy(copy, bytes, count);
    memmove(input->byte + at + count, input->byte + at + gone, behind);
    memcpy(input->byte + at, copy, count);
    input->size = at + count + behind;
}

/* Another digit in the place of the first one from there on. */
static void change_digit(input_t *input, size_t at)
{
    while (at < input->size && (input->byte[at] < '0' || input->byte[at] > '9')) at++;
    if (at < input->size) input->byte[at] = (uint8_t)('0' + below(10));
}

static void damage(input_t *input)
{
    static const char marks[] = "\"{}[](),:;.|*&#-+\\/ \t\n0123456789eE";
    static const uint64_t numbers[] = {0,
                                       1,
                                       2,
                                       3,
                                       0x7f,
                                       0x80,
                                       0xff,
                                       0x7fff,
                                       0xffff,
                                       1000,
                                       65536,
                                       99999,
                                       100000,
                                       1 << 20,
                                       0x7fffffff,
                                       0xffffffff,
                                       UINT64_MAX,
                                       (uint64_t)1 << 63,
                                       (uint64_t)1 << 32};
    uint64_t number = numbers[below(sizeof numbers / sizeof *numbers)];
    size_t at = below(input->size + 1), rest = input->size - at;
    size_t length = rest ? below(rest < 64 ? rest : 64) + 1 : 0, size = (size_t)1 << below(4);
    const input_t *other = &it.seed[below(it.seeds)];
    size_t from = below(other->size + 1);
    const uint8_t *mark = (const uint8_t *)marks + below(sizeof marks - 1);
    switch (below(10)) {
    case 0:
        if (rest) input->byte[at] ^= (uint8_t)(1 << below(8));
        break;
    case 1:
    case 2: splice(input, at, rest < size ? rest : size, (uint8_t *)&number, size); break;
    case 3: splice(input, at, 0, (uint8_t *)&number, size); break;
    case 4: splice(input, at, length, input->byte, 0); break;
    case 5: splice(input, at, 0, input->byte + at, length); break;
    case 6: splice(input, at, rest, other->byte + from, other->size - from); break;
    case 7: splice(input, at, below(2) && rest, mark, 1); break;
    case 8: change_digit(input, at); break;
    default: input->size = below(8) ? input->size : at;
    }
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
    enum { FEWEST = 200 };
    static input_t input;
    fuzz_require(argc == 4);
    double start = now(), seconds = atof(argv[1]);
    it.found = open(argv[2], O_RDWR | O_CREAT | O_TRUNC, 0644);
    it.random = random_stream(1, "fuzz", 0);
    fuzz_require(it.found >= 0);
    read_seeds(argv[3]);
    for (size_t i = 0; i < it.seeds; i++) run(&it.seed[i]);
    while (now() - start < seconds || it.runs < FEWEST) {
        input = it.seed[below(it.seeds)];
        for (size_t i = below(4) + 1; i > 0; i--) damage(&input);
        run(&input);
    }
    printf("%ld inputs from %zu seeds in %.1f s\n", it.runs, it.seeds, now() - start);
    unlink(argv[2]);
    close(it.found);
    free(it.seed);
    return 0;
}
