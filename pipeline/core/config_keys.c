/* Every key of the configuration: the one place that fixes names, types, ranges, defaults and
 * help. The reference (docs) and --help are printed from here. */
#include "core/config.h"

#define ANY 0, 0, NULL
#define FROM(least) least, 9.2e18, NULL
#define WITHIN(least, most) least, most, NULL
#define ONE_OF(choices) 0, 0, choices

const config_key_t config_keys[] = {
    {"run.name", CONFIG_TEXT, REQUIRED, ANY, "Name of the run, shown in the report."},
    {"run.directory", CONFIG_TEXT, REQUIRED, ANY,
     "Directory of everything the run writes; made where it is missing."},

    {"model.path", CONFIG_TEXT, REQUIRED, ANY,
     "Hugging Face model directory, or the directory that holds one for each checkpoint."},
    {"model.checkpoints", CONFIG_TEXTS, NULL, ANY,
     "Names of directories below path, or globs, in training order; without it, path itself is "
     "the only checkpoint."},
    {"model.tokenizer", CONFIG_TEXT, NULL, ANY,
     "tokenizer.json or its directory; by default that of path, else of the first checkpoint."},

    {"corpora.*.files", CONFIG_TEXTS, REQUIRED, ANY, "Files or globs, read in this order."},
    {"corpora.*.format", CONFIG_CHOICE, "text", ONE_OF("text|jsonl"),
     "text: plain UTF-8; jsonl: one JSON object a line. Either may be .gz or .zst."},
    {"corpora.*.field", CONFIG_TEXT, "text", ANY, "jsonl: the key that holds the text."},
    {"corpora.*.rows", CONFIG_CHOICE, "file", ONE_OF("file|line|paragraph|huggingface"),
     "text: what a document is: a whole file, a line, lines up to a blank one, or a row as in the "
     "WikiText data set on the Hugging Face hub (a blank line is empty, any other keeps its "
     "newline)."},
    {"corpora.*.join", CONFIG_TEXT, NULL, ANY,
     "Joins all rows by this text into one document, tokenised as a whole."},
    {"corpora.*.limit", CONFIG_INTEGER, "0", FROM(0),
     "First so many documents only (with join: rows); 0: all."},
    {"corpora.*.special", CONFIG_BOOLEAN, "true", ANY,
     "Adds the tokenizer's special tokens once to each document."},
    {"corpora.*.on_invalid", CONFIG_CHOICE, "error", ONE_OF("error|replace"),
     "Bytes that are not UTF-8: stop and name the position, or replace them by U+FFFD."},

    {"benchmarks.*.files", CONFIG_TEXTS, REQUIRED, ANY, "Files or globs, in this order."},
    {"benchmarks.*.format", CONFIG_CHOICE, "pairs", ONE_OF("pairs|tse"),
     "pairs: minimal pairs as JSON lines, as BLiMP has them; tse: the pickles of Marvin and "
     "Linzen's."},
    {"benchmarks.*.convention", CONFIG_CHOICE, NULL, ONE_OF("original|harness"),
     "pairs, tse: original (the default) scores a sentence but for its first token; harness, as "
     "lm-evaluation-harness does, all of a space and the sentence after BOS (else EOS)."},
    {"benchmarks.*.good", CONFIG_TEXT, "sentence_good", ANY,
     "pairs: the key of the acceptable sentence."},
    {"benchmarks.*.bad", CONFIG_TEXT, "sentence_bad", ANY,
     "pairs: the key of the unacceptable sentence."},
    {"benchmarks.*.term", CONFIG_TEXT, "linguistics_term", ANY,
     "pairs: the key of the phenomenon by which results are grouped."},
    {"benchmarks.*.limit", CONFIG_INTEGER, "0", FROM(0),
     "First so many pairs of each file only; 0: all."},
    {"benchmarks.*.special", CONFIG_BOOLEAN, "true", ANY,
     "Adds the tokenizer's special tokens to each sentence (harness: to each context that is not "
     "empty)."},

    {"collect.corpus", CONFIG_TEXT, NULL, ANY, "Name of the corpus whose activations are taken."},
    {"collect.window", CONFIG_INTEGER, "2048", WITHIN(2, 1048576), "Tokens of a window."},
    {"collect.stride", CONFIG_INTEGER, NULL, WITHIN(1, 1048576),
     "Tokens from a window's start to the next one's; by default the window."},
    {"collect.windows", CONFIG_INTEGER, "0", FROM(0), "First so many windows only; 0: all."},
    {"collect.last_window", CONFIG_BOOLEAN, "true", ANY,
     "Keeps a full window that ends exactly at the corpus's end; false drops it, as "
     "range(0, total - window, stride) does."},
    {"collect.mode", CONFIG_CHOICE, "raw", ONE_OF("raw"), "raw: every pre-activation is kept."},
    {"collect.type", CONFIG_CHOICE, "f32", ONE_OF("f32|f16|bf16"),
     "Element type of raw activations on disk."},
    {"collect.layers", CONFIG_INTEGERS, NULL, WITHIN(0, 100000),
     "Layers whose activations are taken, from 0; by default all."},

    {"select.*.by", CONFIG_CHOICE, "wd",
     ONE_OF("wd|mean|variance|skewness|kurtosis|minimum|maximum|negative_fraction|wd_negative|"
            "bimodality|tail_weight"),
     "Statistic that ranks the neurons of a layer."},
    {"select.*.take", CONFIG_CHOICE, NULL, ONE_OF("highest|lowest|all"),
     "Which end of the ranking; all: every neuron."},
    {"select.*.percent", CONFIG_NUMBER, NULL, WITHIN(0, 100),
     "Strictly beyond this percentile of each layer (linear interpolation)."},
    {"select.*.count", CONFIG_INTEGER, NULL, FROM(1), "Exactly so many neurons of each layer."},
    {"select.*.like", CONFIG_TEXT, NULL, ANY,
     "Random neurons, as many in each layer as this cohort has."},
    {"select.*.outside", CONFIG_BOOLEAN, "false", ANY,
     "like: draws from the neurons outside that cohort only."},
    {"select.*.seed", CONFIG_INTEGER, "1", FROM(0), "like: seed of the draw."},
    {"select.*.neurons", CONFIG_TEXT, NULL, ANY,
     "CSV file with the columns layer and neuron, from 0: this explicit cohort."},
    {"select.*.from", CONFIG_TEXT, NULL, ANY,
     "Freezes the cohort of this checkpoint for all of them; by default each has its own."},

    {"evaluate.tasks[].name", CONFIG_TEXT, NULL, ANY,
     "Name of the task in results; by default its kind and its data's name."},
    {"evaluate.tasks[].perplexity", CONFIG_TEXT, NULL, ANY, "Perplexity on this corpus."},
    {"evaluate.tasks[].pairs", CONFIG_TEXT, NULL, ANY, "Minimal pairs of this benchmark."},
    {"evaluate.tasks[].window", CONFIG_INTEGER, "2048", WITHIN(2, 1048576),
     "perplexity: tokens of a window."},
    {"evaluate.tasks[].stride", CONFIG_INTEGER, NULL, WITHIN(1, 1048576),
     "perplexity: tokens from a window's start to the next one's; by default the window."},
    {"evaluate.tasks[].windows", CONFIG_INTEGER, "0", FROM(0),
     "perplexity: first so many windows only; 0: all."},
    {"evaluate.tasks[].score", CONFIG_CHOICE, "sum", ONE_OF("sum|mean"),
     "pairs: compares the sum of the log-probabilities, or their mean per scored token."},
    {"evaluate.conditions[]", CONFIG_CHOICE, NULL, ONE_OF("baseline"),
     "The model as it is; any other condition is a map of the keys below."},
    {"evaluate.conditions[].name", CONFIG_TEXT, NULL, ANY,
     "Name of the condition in results; by default ablation-cohort."},
    {"evaluate.conditions[].ablate", CONFIG_CHOICE, REQUIRED, ONE_OF("negative|positive|both"),
     "What happens to the pre-activation a: negative max(a, 0), positive min(a, 0), both 0."},
    {"evaluate.conditions[].cohort", CONFIG_TEXT, REQUIRED, ANY, "The neurons it happens to."},

    {"resources.chunk", CONFIG_INTEGER, "2048", WITHIN(16, 1048576),
     "Tokens that go through a layer together. Part of the plan: other values round differently."},

    {"resources.memory_per_node", CONFIG_TEXT, "60%", ANY,
     "Memory that the ranks of a node may use together: a share of what it has, or an amount such "
     "as 6GiB. A model whose weights do not fit is streamed from its files."},

    {"report.title", CONFIG_TEXT, NULL, ANY, "Heading of the report; by default the run's name."},
};

const size_t config_key_count = sizeof config_keys / sizeof config_keys[0];
