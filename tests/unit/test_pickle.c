/* Pickles as data: what Python wrote in every protocol, what Python 2 writes, and everything that
 * must be refused. Pickles written out here follow Python's Lib/pickletools.py. */
#include "tests/scratch.h"

#include <inttypes.h>

#include "core/pickle.h"

/* Appends the value as Python's repr would look, with double quotes and unescaped text. */
static void print_value(const pickle_t *pickle, pickle_ref_t value, str_t *out)
{
    static const char *const brackets[][2] = {[PICKLE_TUPLE] = {"(", ")"},
                                              [PICKLE_LIST] = {"[", "]"},
                                              [PICKLE_DICT] = {"{", "}"},
                                              [PICKLE_CALL] = {"<", ">"},
                                              [PICKLE_PERSISTENT] = {"#", "#"}};
    pickle_kind_t kind = pickle_kind(pickle, value);
    size_t length;
    switch (kind) {
    case PICKLE_NONE: expect_ok(str_add(out, "None")); break;
    case PICKLE_BOOL:
        expect_ok(str_add(out, pickle_integer(pickle, value) ? "True" : "False"));
        break;
    case PICKLE_INTEGER:
        expect_ok(str_printf(out, "%" PRId64, pickle_integer(pickle, value)));
        break;
    case PICKLE_TEXT:
    case PICKLE_GLOBAL: {
        const char *text = pickle_text(pickle, value, &length);
        assert_int_equal(text[length], '\0');
        expect_ok(str_add(out, "\""));
        expect_ok(str_append(out, text, length));
        expect_ok(str_add(out, "\""));
        break;
    }
    default:
        expect_ok(str_add(out, brackets[kind][0]));
        for (size_t i = 0; i < pickle_items(pickle, value); i++) {
            if (i) expect_ok(str_add(out, kind == PICKLE_DICT && i % 2 ? ": " : ", "));
            print_value(pickle, pickle_item(pickle, value, i), out);
        }
        expect_ok(str_add(out, brackets[kind][1]));
    }
}

static const char *const globals[] = {"collections.OrderedDict", "torch.FloatStorage", NULL};

static void expect_parsed(const char *bytes, size_t length, const char *expected)
{
    pickle_t *pickle = NULL;
    str_t printed = {0};
    expect_ok(pickle_parse("p", bytes, length, globals, &pickle));
    print_value(pickle, pickle_root(pickle), &printed);
    assert_string_equal(printed.data, expected);
    str_free(&printed);
    pickle_destroy(&pickle);
    assert_null(pickle);
}

static void expect_refused(const char *bytes, size_t length, const char *message)
{
    pickle_t *pickle = NULL;
    expect_error(pickle_parse("p", bytes, length, globals, &pickle), EXIT_INPUT, message);
    assert_null(pickle);
}

/* For literals, which may hold NULs. */
#define VALUE(literal, expected) expect_parsed((literal), sizeof(literal) - 1, (expected))
#define REFUSED(literal, message) expect_refused((literal), sizeof(literal) - 1, (message))

static void reads_every_protocol(void **state)
{
    (void)state;
    for (int protocol = 0; protocol <= 5; protocol++) {
        str_t path = {0}, bytes = {0};
        expect_ok(str_printf(&path, "tests/data/pickles/protocol%d.pickle", protocol));
        expect_ok(file_read(path.data, 10000, &bytes));
        expect_parsed(bytes.data, bytes.length,
                      "{\"k\": [(\"good\", \"bad\"), (\"it's \"\xc3\xa9\"\n\\u\", "
                      "\"\xf0\x9f\x98\x80\", None)], "
                      "\"n\": [0, 255, 65535, -1, 2147483647, -2147483648, 1099511627776, "
                      "-9223372036854775807, True, False], "
                      "\"e\": [(), [], {}], \"s\": [\"x\", \"x\"]}");
        for (size_t length = 0; length < bytes.length; length++) { /* a pickle cut anywhere */
            pickle_t *pickle = NULL;
            status_t status = pickle_parse("p", bytes.data, length, NULL, &pickle);
            assert_int_equal(status_code(status), EXIT_INPUT);
            status_free(&status);
        }
        str_free(&path);
        str_free(&bytes);
    }
}

/* The form of the benchmark's files. */
static void reads_python_2(void **state)
{
    (void)state;
    VALUE("(dp0\nS'sing'\np1\n(lp2\n(S'the author\\'s'\np3\nS\"it's\"\np4\ntp5\na(g3\ng4\ntp6\nas.",
          "{\"sing\": [(\"the author's\", \"it's\"), (\"the author's\", \"it's\")]}");
    VALUE("S'\\x41\\101\\n\\\\\\q\\0'\n.", "\"AA\n\\\\q");
    VALUE("S'\xff'\n.", "\"\xff\"");
    VALUE("U\x03"
          "a\nb.",
          "\"a\nb\"");
    VALUE("T\x02\0\0\0ab.", "\"ab\"");
    VALUE("V\\ud83d\\ude00\\\\u0041\n.", "\"\xf0\x9f\x98\x80\\\\u0041\"");
    VALUE("L-12L\n.", "-12");
    VALUE("I-12\n.", "-12");
}

static void keeps_shared_values_shared(void **state)
{
    (void)state;
    pickle_t *pickle = NULL;
    static const char text[] = "]q\0(X\1\0\0\0aq\1h\1h\0e."; /* a list that holds itself */
    expect_ok(pickle_parse("p", text, sizeof text - 1, NULL, &pickle));
    pickle_ref_t root = pickle_root(pickle);
    assert_int_equal(pickle_items(pickle, root), 3);
    assert_int_equal(pickle_item(pickle, root, 0), pickle_item(pickle, root, 1));
    assert_int_equal(pickle_item(pickle, root, 2), root);
    pickle_destroy(&pickle);

    /* l = []; 40 times l = [l, l]: 2^40 paths, 41 lists */
    str_t doubling = {0};
    expect_ok(str_add(&doubling, "]"));
    for (int i = 0; i < 40; i++) {
        expect_ok(str_printf(&doubling, "p%d\n0]g%d\nag%d\na", i, i, i));
    }
    expect_ok(str_add(&doubling, "."));
    expect_ok(pickle_parse("p", doubling.data, doubling.length, NULL, &pickle));
    assert_true(pickle_count(pickle) < 50);
    pickle_destroy(&pickle);
    str_free(&doubling);
}

static void yields_calls_without_calling(void **state)
{
    (void)state;
    VALUE("\x80\x02"
          "ccollections\nOrderedDict\n)Rq\0(U\1aK\1u.",
          "{\"a\": 1}");
    VALUE("\x80\x04\x8c\x0b"
          "collections\x8c\x0bOrderedDict\x93)R\x8c\1aK\1s}\x8c\1bK\2sb.",
          "{\"a\": 1}");
    VALUE("ctorch\nFloatStorage\nK\1\x85R.", "<\"torch.FloatStorage\", (1)>");
    VALUE("U\1aK\1\x86Q.", "#(\"a\", 1)#");
}

static void refuses_what_could_execute(void **state)
{
    (void)state;
    REFUSED("cos\nsystem\n(S'true'\ntR.",
            "p: pickle: byte 0: the global \"os.system\" is not among those that are read");
    REFUSED("\x80\x04\x8c\2os\x8c\6system\x93.", "the global \"os.system\"");
    REFUSED("\x80\x04\x8c\x17"
            "collections\0OrderedDict\x8c\0\x93.",
            "the global \"collections\"");
    REFUSED("(ios\nsystem\n.", "byte 1: opcode INST (0x69) is not read; nothing was executed");
    REFUSED("ccollections\nOrderedDict\n)\x81.", "opcode NEWOBJ (0x81) is not read");
    REFUSED("\x82\1.", "opcode EXT1 (0x82) is not read");
    REFUSED("Pid\n.", "opcode PERSID (0x50) is not read");
    REFUSED("\xff.", "byte 0: opcode unknown (0xff) is not read");
    REFUSED("}}b}0\xfe.", "byte 5: opcode unknown (0xfe) is not read");
    REFUSED("K\1)R.", "opcode REDUCE: a call of something other than a global with a tuple");
    REFUSED("ctorch\nFloatStorage\n]R.", "opcode REDUCE: a call of something other than");
    REFUSED("]}b.", "opcode BUILD: a dict is expected on the stack, a list is there");
    pickle_t *pickle = NULL;
    expect_error(pickle_parse("p", "ccollections\nOrderedDict\n.", 26, NULL, &pickle), EXIT_INPUT,
                 "the global \"collections.OrderedDict\" is not among");
}

/* What a fuzzer found: a mark before any value. */
static void reads_an_empty_container_first(void **state)
{
    (void)state;
    VALUE("(t.", "()");
    VALUE("(l.", "[]");
    VALUE("(1(d.", "{}");
}

static void refuses_damage(void **state)
{
    (void)state;
    REFUSED("", "p: pickle: truncated: no STOP in its 0 bytes");
    REFUSED("N", "truncated: no STOP in its 1 bytes");
    REFUSED(".", "byte 0, opcode STOP: the stack holds too few values");
    REFUSED("N.N", "byte 1, opcode STOP: further bytes follow the pickle's end");
    REFUSED("(.", "opcode STOP: the stack holds too few values");
    REFUSED("N(0t.", "opcode TUPLE: no mark on the stack");
    REFUSED("N(\x85.", "opcode TUPLE1: the stack holds too few values");
    REFUSED("Na.", "opcode APPEND: the stack holds too few values");
    REFUSED("]N(a.", "opcode APPEND: the stack holds too few values");
    REFUSED(")Na.", "opcode APPEND: a list is expected on the stack, a tuple is there");
    REFUSED("](NNu.", "opcode SETITEMS: a dict is expected on the stack, a list is there");
    REFUSED("}(Nu.", "opcode SETITEMS: a key without a value");
    REFUSED("(Nd.", "opcode DICT: a key without a value");
    REFUSED("g0\n.", "opcode GET: nothing was stored at this place in the memo");
    REFUSED("Np2\n0g1\n.", "opcode GET: nothing was stored at this place in the memo");
    REFUSED("Nr\xff\xff\xff\xff.", "opcode LONG_BINPUT: a place in the memo that no pickle");
    REFUSED("Np-1\n.", "opcode PUT: a place in the memo that no pickle");
    REFUSED("Npx\n.", "opcode PUT: not an integer of 64 bits");
    REFUSED("I\n.", "opcode INT: not an integer of 64 bits");
    REFUSED("I9223372036854775808\n.", "opcode INT: not an integer of 64 bits");
    REFUSED("I5", "opcode INT: the pickle ends within a line");
    REFUSED("\x8a\x09\0\0\0\0\0\0\0\0\1.", "opcode LONG1: an integer of more than 64 bits");
    REFUSED("X\xff\xff\xff\xff"
            "ab.",
            "opcode BINUNICODE: the pickle ends here");
    REFUSED("\x8d\xff\xff\xff\xff\xff\xff\xff\xff"
            "ab.",
            "opcode BINUNICODE8: the pickle ends");
    REFUSED("X\1\0\0\0\xff.", "opcode BINUNICODE: a text that is not UTF-8");
    REFUSED("Sabc\n.", "opcode STRING: a text that is not in quotes");
    REFUSED("S'\n.", "opcode STRING: a text that is not in quotes");
    REFUSED("S'a\\'\n.", "opcode STRING: a text that ends in a backslash");
    REFUSED("S'\\x4'\n.", "opcode STRING: a text with a damaged \\x escape");
    REFUSED("V\\u12\n.", "opcode UNICODE: a text with a damaged \\u escape");
    REFUSED("V\\ud83dx\n.", "opcode UNICODE: a text with a damaged \\u escape");
    REFUSED("V\\U00110000\n.", "opcode UNICODE: a text with a damaged \\u escape");
    REFUSED("\x80\x06N.", "opcode PROTO: a protocol above 5");
    REFUSED("\x95\x09\0\0\0\0\0\0\0N.", "opcode FRAME: the frame is longer than the pickle");
    REFUSED("G\0\0\0\0\0\0\0\0.", "opcode BINFLOAT (0x47) is not read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_protocol),
        cmocka_unit_test(reads_python_2),
        cmocka_unit_test(keeps_shared_values_shared),
        cmocka_unit_test(yields_calls_without_calling),
        cmocka_unit_test(reads_an_empty_container_first),
        cmocka_unit_test(refuses_what_could_execute),
        cmocka_unit_test(refuses_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
