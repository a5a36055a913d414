/* Errors and texts that every rank shares, whoever has them. */
#include "tests/parallel.h"

#include <math.h>

/* The error of this rank, if it is one of those in the set of bits. */
static status_t fail_if(int set)
{
    if (!(set >> world_rank() & 1)) return NULL;
    return status_new((exit_code_t)(EXIT_INPUT + world_rank() % 3), "rank %d failed", world_rank());
}

static void all_well(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) expect_ok(agree(MPI_COMM_WORLD, NULL));
    expect_ok(agree(MPI_COMM_SELF, NULL));
}

/* Every set of failing ranks: the lowest one's error is everybody's. */
static void the_lowest_rank_speaks(void **state)
{
    (void)state;
    for (int set = 1; set < 1 << world_ranks(); set++) {
        char message[32];
        int lowest = __builtin_ctz((unsigned)set);
        snprintf(message, sizeof message, "rank %d failed", lowest);
        status_t status = agree(MPI_COMM_WORLD, fail_if(set));
        assert_string_equal(status_message(status), message);
        expect_common_error(status, (exit_code_t)(EXIT_INPUT + lowest % 3), message);
    }
}

static void only_in_its_communicator(void **state)
{
    MPI_Comm half;
    (void)state;
    MPI_Comm_split(MPI_COMM_WORLD, world_rank() % 2, 0, &half);
    status_t status = agree(half, fail_if(1));
    if (world_rank() % 2) assert_null(status);
    else expect_error(status, EXIT_INPUT, "rank 0 failed");
    MPI_Comm_free(&half);
}

static void long_messages(void **state)
{
    char text[6001];
    (void)state;
    memset(text, 'x', 6000);
    text[6000] = '\0';
    status_t status = world_rank() == world_ranks() - 1 ? status_new(EXIT_BUG, "%s", text) : NULL;
    status = agree(MPI_COMM_WORLD, status);
    assert_true(strlen(status_message(status)) >= 4095);
    expect_common_error(status, EXIT_BUG, "xxxx");
}

/* Bytes that depend on their place. */
static char letter(size_t i)
{
    return (char)(i * 2654435761u >> 13);
}

static void texts(void **state)
{
    static const size_t lengths[] = {0, 1, 100, 5000000};
    (void)state;
    for (size_t k = 0; k < 4; k++) {
        str_t str = {0};
        if (world_rank() == 0)
            for (size_t i = 0; i < lengths[k]; i++) {
                char c = letter(i);
                expect_ok(str_append(&str, &c, 1));
            }
        else expect_ok(str_add(&str, "what was there before"));
        expect_ok(share_text(MPI_COMM_WORLD, NULL, &str));
        assert_int_equal(str.length, lengths[k]);
        for (size_t i = 0; i < lengths[k]; i++) assert_true(str.data[i] == letter(i));
        if (lengths[k] || world_rank()) assert_int_equal(str.data[lengths[k]], 0);
        str_free(&str);
    }
}

static void texts_that_could_not_be_made(void **state)
{
    str_t str = {0};
    (void)state;
    status_t status = world_rank() == 0 ? status_new(EXIT_OUTPUT, "no text today") : NULL;
    expect_common_error(share_text(MPI_COMM_WORLD, status, &str), EXIT_OUTPUT, "no text today");
    assert_int_equal(str.length, 0);
    str_free(&str);
}

static void bytes(void **state)
{
    double numbers[1000];
    (void)state;
    for (int i = 0; i < 1000; i++) numbers[i] = world_rank() ? -1 : sqrt(i);
    expect_ok(share_bytes(MPI_COMM_WORLD, numbers, sizeof numbers));
    for (int i = 0; i < 1000; i++) assert_true(numbers[i] == sqrt(i));
    expect_ok(share_bytes(MPI_COMM_WORLD, numbers, 0));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_well),
        cmocka_unit_test(the_lowest_rank_speaks),
        cmocka_unit_test(only_in_its_communicator),
        cmocka_unit_test(long_messages),
        cmocka_unit_test(texts),
        cmocka_unit_test(texts_that_could_not_be_made),
        cmocka_unit_test(bytes),
    };
    return RUN_PARALLEL(argc, argv, tests);
}
