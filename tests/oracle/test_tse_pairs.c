/* The published files of minimal pairs, against what Python's pickle reads from them. Numbers and
 * digests were printed by tests/oracle/digest_tse.py, which defines them. */
#include "tests/scratch.h"

#include "core/hash.h"
#include "text/tse_pairs.h"

static const struct {
    const char *name;
    int pairs;
    const char *digest;
} files[] = {
    {"long_vp_coord.pickle", 400,
     "e3e10a7810a5cad4cc851cfe19e5c0b5bcfcbaf3544f5eaadbe417aaf74963c0"},
    {"npi_across_anim.pickle", 4800,
     "e9998866d3b6661ec63d0595acbb482a0b1bccf6c5a3501cebc4880086f6ca8d"},
    {"npi_across_inanim.pickle", 5760,
     "15d39a31960e4dddd0fe1cc5ab16f42dda21d7003ead2bf1c21f16f71b8190e5"},
    {"obj_rel_across_anim.pickle", 11200,
     "8cd2170907ac46f26c49b12c791c3bee3af6e2a565c4533f5e8ad30967a154a2"},
    {"obj_rel_across_inanim.pickle", 11200,
     "f67b9ce6ba99b6d39218a711cd02184e04a7e940b966e827c97bd5db7b83bc54"},
    {"obj_rel_no_comp_across_anim.pickle", 11200,
     "d7f8a2f835775c3d66ca703635f83d75ca30532f40b9eb528031059c2802765d"},
    {"obj_rel_no_comp_across_inanim.pickle", 11200,
     "c5e40c27360e3b9bd3d3e83326ec3a7bd6ddc4b5b4263a936eb7b10d778db237"},
    {"obj_rel_no_comp_within_anim.pickle", 11200,
     "a9824d07a619703614a7ea86a9bda9300cfc04eebcc3ece83c055015d78966bd"},
    {"obj_rel_no_comp_within_inanim.pickle", 11200,
     "2746a3eed26f99296a49bd64679a219f79422f13779a392bc6e9a95624218dc2"},
    {"obj_rel_within_anim.pickle", 11200,
     "6edd08b5531a7fda21396fe4ef8e9973923be8fbdbe75f13968ab901f66c9fec"},
    {"obj_rel_within_inanim.pickle", 11200,
     "275ac14c4ace8f441dd5607bfe1db2e229d521a86e19de190efb90fa2b61bc17"},
    {"prep_anim.pickle", 16800, "2cd430b17b5fe36e2e6608f5113edd43b41ed01512b01896d72216792e75caff"},
    {"prep_inanim.pickle", 5600,
     "b2981e4da4e41831c06fff7d9b31a437d683ce9a36f2bcc608886b52976bbc69"},
    {"reflexive_sent_comp.pickle", 3360,
     "9587bc36c81785246b5d7c73d0eab90e6601777883240fd6b6c9af94affc4974"},
    {"reflexives_across.pickle", 22400,
     "264bbeb67386e2ee4da761c331c06e83910b1f39df4918b74b36aa61a6e44a15"},
    {"sent_comp.pickle", 1680, "250c6cc99dead7e9729df1eb29c3e20829b1e8ccfea626ed563567c56ddd5f01"},
    {"simple_agrmt.pickle", 140,
     "c37273ddf9f1e32c100e3c5417f9aa564da49ee3a673acb6f976b0a4212a7ef6"},
    {"simple_npi_anim.pickle", 120,
     "c5aaae66f6dc374067ecafcb6c2f53ff356ed7cfee70cb8c9a333b595e308e25"},
    {"simple_npi_inanim.pickle", 144,
     "de4f0e198e1fbef46483427739543c62580d5937d4c6c9e250eddab8cbb7d13f"},
    {"simple_reflexives.pickle", 280,
     "9401bd65be8274de7be2bac5561b09f59b221621468943a4459db5262ff6dde5"},
    {"subj_rel.pickle", 11200, "0367f508f7dc10da007afbd2f90e03f840c1ac143d273cc0afa1c524eb663c89"},
    {"vp_coord.pickle", 840, "4147be3d2b3628d56817c06ecb725791531f49706b0b044b04d81009924ddeb4"},
};
enum { FILES = sizeof files / sizeof *files };

/* Appends every pair as "<case> <number>\t<good>\t<bad>\n" and returns their number. */
static int describe(const char *path, str_t *text)
{
    tse_pairs_t *pairs = NULL;
    minimal_pair_t pair;
    bool found = true;
    int count = 0;
    expect_ok(tse_pairs_open(path, &pairs));
    for (;; count++) {
        expect_ok(tse_pairs_next(pairs, &pair, &found));
        if (!found) break;
        expect_ok(str_printf(text, "%s %lld\t%s\t%s\n", pair.term, (long long)pair.line, pair.good,
                             pair.bad));
    }
    tse_pairs_close(&pairs);
    return count;
}

static void reads_the_published_files(void **state)
{
    const char *shared = getenv("WN_SHARED");
    char *directory = NULL;
    (void)state;
    expect_ok(str_format(&directory, "%s/data/tse", shared ? shared : "../shared"));
    if (!file_is_directory(directory)) {
        print_message("skipped: %s is not there\n", directory);
        mem_free(&directory);
        skip();
    }
    for (size_t f = 0; f < FILES; f++) {
        char *path = NULL, hex[SHA256_HEX];
        str_t text = {0};
        expect_ok(path_join(directory, files[f].name, &path));
        assert_int_equal(describe(path, &text), files[f].pairs);
        expect_ok(hash_bytes(text.data, text.length, hex));
        assert_string_equal(hex, files[f].digest);
        str_free(&text);
        mem_free(&path);
    }
    mem_free(&directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_published_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
