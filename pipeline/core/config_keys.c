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

    {"paths.scratch", CONFIG_TEXT, NULL, ANY,
     "Directory on a fast disk for files until they are finished, then copied to run.directory; "
     "all "
     "ranks must see it. $NAME and ${NAME} are taken from the environment. By default they are "
     "written beside their places."},

    {"model.path", CONFIG_TEXT, REQUIRED, ANY,
     "Hugging Face model directory, or the directory that holds one for each checkpoint."},
    {"model.checkpoints", CONFIG_TEXTS, NULL, ANY,
     "Names of directories below path, or globs, in training order; without it, path itself is "
     "the only checkpoint."},
    {"model.tokenizer", CONFIG_TEXT, NULL, ANY,
     "tokenizer.json or its directory; by default that of path, else of the first checkpoint."},
    {"model.arithmetic", CONFIG_CHOICE, "float32", ONE_OF("float32|bfloat16"),
     "Of the matrix products of collect and evaluate. bfloat16 rounds their factors and adds up in "
     "float32: faster, on processors with AMX or AVX512-BF16 and a build with oneDNN; results say "
     "how far it is from float32."},

    {"corpora.*.files", CONFIG_TEXTS, NULL, ANY,
     "Files or globs, read in this order. Either these or mix."},
    {"corpora.*.format", CONFIG_CHOICE, NULL, ONE_OF("text|jsonl|npy|megatron"),
     "By default what the first file's name says: .jsonl, .npy, .bin (megatron), else text. text: "
     "plain UTF-8; jsonl: one JSON object a line; either may be .gz or .zst. Token ids: npy: "
     "NumPy arrays, a document each, or one a row; megatron: .bin files with .idx beside them."},
    {"corpora.*.field", CONFIG_TEXT, "text", ANY,
     "jsonl: the key that holds the text; within objects and lists a path, as meta.text."},
    {"corpora.*.rows", CONFIG_CHOICE, "file", ONE_OF("file|line|paragraph|huggingface"),
     "text: what a document is: a whole file, a line, lines up to a blank one, or a row as in the "
     "WikiText data set on the Hugging Face hub (a blank line is empty, any other keeps its "
     "newline)."},
    {"corpora.*.join", CONFIG_TEXT, NULL, ANY,
     "Joins all rows by this text into one document, tokenised as a whole."},
    {"corpora.*.limit", CONFIG_INTEGER, "0", FROM(0),
     "First so many documents only (with join: rows), with a seed those of its order; 0: all."},
    {"corpora.*.special", CONFIG_BOOLEAN, "true", ANY,
     "Adds the tokenizer's special tokens once to each document of text."},
    {"corpora.*.on_invalid", CONFIG_CHOICE, "error", ONE_OF("error|replace"),
     "Bytes that are not UTF-8: stop and name the position, or replace them by U+FFFD."},
    {"corpora.*.mix.*", CONFIG_NUMBER, NULL, FROM(0),
     "Name of another corpus and its weight: documents of all of them, so that their tokens (with "
     "limit: their documents) are in this proportion throughout."},
    {"corpora.*.tokens", CONFIG_INTEGER, "0", FROM(0),
     "So many tokens, the last document cut; 0: all, or as many documents as limit says (mix: "
     "until one of the corpora has no more)."},
    {"corpora.*.seed", CONFIG_INTEGER, NULL, FROM(0),
     "Shuffles the documents, in a mix those of each corpus; without it they keep their order."},

    {"benchmarks.*.files", CONFIG_TEXTS, REQUIRED, ANY, "Files or globs, in this order."},
    {"benchmarks.*.format", CONFIG_CHOICE, "pairs", ONE_OF("pairs|tse|conllu|choice"),
     "pairs: minimal pairs as JSON lines, as BLiMP has them; tse: the pickles of Marvin and "
     "Linzen's; conllu: tagged text; choice: multiple-choice questions as JSON lines."},
    {"benchmarks.*.convention", CONFIG_CHOICE, NULL, ONE_OF("original|harness"),
     "pairs, tse: original (the default) scores a sentence but for its first token; harness, as "
     "lm-evaluation-harness does, all of a space and the sentence after BOS (else EOS)."},
    {"benchmarks.*.good", CONFIG_TEXT, "sentence_good", ANY,
     "pairs: the key of the acceptable sentence, or a path, as sentences.0."},
    {"benchmarks.*.bad", CONFIG_TEXT, "sentence_bad", ANY,
     "pairs: the key of the unacceptable sentence."},
    {"benchmarks.*.term", CONFIG_TEXT, "linguistics_term", ANY,
     "pairs: the key of the phenomenon by which results are grouped."},
    {"benchmarks.*.limit", CONFIG_INTEGER, "0", FROM(0),
     "First so many pairs or questions of each file only (conllu: documents of all); 0: all."},
    {"benchmarks.*.special", CONFIG_BOOLEAN, "true", ANY,
     "Adds the tokenizer's special tokens to each sentence or document (choice, and pairs by the "
     "harness's convention: to each context that is not empty)."},
    {"benchmarks.*.prefix", CONFIG_TEXT, NULL, ANY,
     "choice, harness: the token that stands for an empty context, as the tokenizer's file spells "
     "it; by default BOS, else EOS."},
    {"benchmarks.*.query", CONFIG_TEXT, "{query}", ANY,
     "choice: what stands before the continuation, as 'Question: {question}\\nAnswer:'. {path} is "
     "a "
     "field's text: choices.text, choices.0; {choice} the choice at hand; {{ and }} are braces. "
     "Filters follow as {path|strip|capitalize}: strip, lstrip, rstrip, capitalize, lower, upper, "
     "before:TEXT, after:TEXT, spaces (for each _), wikihow."},
    {"benchmarks.*.choices", CONFIG_TEXTS, "{choices}", ANY,
     "choice: the choices, as templates; a single one is a field that holds a list."},
    {"benchmarks.*.continuation", CONFIG_TEXT, "{choice}", ANY,
     "choice: what is scored, as a template; by default the choice."},
    {"benchmarks.*.delimiter", CONFIG_TEXT, " ", ANY,
     "choice: stands between the query and the continuation, and is scored."},
    {"benchmarks.*.gold", CONFIG_TEXT, "{gold}", ANY, "choice: the right choice, as a template."},
    {"benchmarks.*.gold_is", CONFIG_CHOICE, "index", ONE_OF("index|position|letter|label|text"),
     "choice: how gold names it: a number from 0 (or false and true), one from 1, A B C ..., one "
     "of "
     "labels, or the choice's own text."},
    {"benchmarks.*.labels", CONFIG_TEXT, "{choices.label}", ANY,
     "choice: the field with the list of labels, for gold_is: label."},
    {"benchmarks.*.answers", CONFIG_TEXTS, NULL, ANY,
     "choice: files with a line for each question, one for each of files; gold: '{answer}' is that "
     "line."},
    {"benchmarks.*.group", CONFIG_TEXT, NULL, ANY,
     "choice: by which results are grouped, as a template; by default the file's name."},
    {"benchmarks.*.clean", CONFIG_CHOICE, "none", ONE_OF("none|wikihow"),
     "choice: wikihow cleans query and choices as lm-evaluation-harness does for HellaSwag."},

    {"collect.corpus", CONFIG_TEXT, NULL, ANY,
     "Name of the corpus whose activations are taken; or of tagged text of benchmarks (conllu), "
     "whose "
     "tags then stand beside the tokens of pairs."},
    {"collect.also", CONFIG_TEXTS, NULL, ANY,
     "Further corpora to collect from each checkpoint while it is open; their files lie in "
     "activations/CORPUS, what is reduced from them in statistics/CORPUS."},
    {"collect.window", CONFIG_INTEGER, "2048", WITHIN(2, 1048576), "Tokens of a window."},
    {"collect.stride", CONFIG_INTEGER, NULL, WITHIN(1, 1048576),
     "Tokens from a window's start to the next one's; by default the window (less BOS)."},
    {"collect.windows", CONFIG_INTEGER, "0", FROM(0), "First so many windows only; 0: all."},
    {"collect.last_window", CONFIG_BOOLEAN, "true", ANY,
     "Keeps a full window that ends exactly at the corpus's end; false drops it, as "
     "range(0, total - window, stride) does."},
    {"collect.bos", CONFIG_BOOLEAN, "false", ANY,
     "Begins each window with the tokenizer's BOS, which counts as one of its tokens."},
    {"collect.mode", CONFIG_CHOICE, "auto", ONE_OF("auto|raw|sketch"),
     "raw: every pre-activation is kept. sketch: counts and sums that say the same within stated "
     "bounds (WD 1e-3), 38 KB of a node's memory for each neuron, whatever the corpus. auto: raw "
     "up to "
     "64 GB a checkpoint, then sketch."},
    {"collect.type", CONFIG_CHOICE, "f32", ONE_OF("f32|f16|bf16"),
     "Element type of raw activations on disk."},
    {"collect.layers", CONFIG_INTEGERS, NULL, WITHIN(0, 100000),
     "Layers whose activations are taken, from 0; by default all."},
    {"collect.neurons", CONFIG_TEXT, NULL, ANY,
     "CSV file with the columns layer and neuron, from 0: only these neurons of the layers taken."},
    {"collect.every", CONFIG_INTEGER, "1", WITHIN(1, 1000000),
     "Only neurons 0, n, 2n ... of each layer."},
    {"collect.parts", CONFIG_INTEGER, "1", WITHIN(1, 1000000),
     "Collects so many parts of the corpus one after the other, each into a file of its own, and "
     "merges these: the result is the same. A run that was stopped goes on after its last part."},
    {"collect.part", CONFIG_INTEGER, "0", WITHIN(0, 1000000),
     "Collects only this part, from 1, and leaves it for a run with 0, which makes what is missing "
     "and "
     "merges all."},
    {"collect.deflate", CONFIG_INTEGER, "0", WITHIN(0, 9),
     "Level at which raw activations are compressed; 0: not at all. The file is written a second "
     "time "
     "for it."},

    {"collect.folds", CONFIG_INTEGER, "20", WITHIN(0, 200),
     "sketch: so many equal runs of the corpus's windows are counted apart, in coarser bins, for "
     "the "
     "standard error of WD and the stability of cohorts; 0: none. Each takes 1.2 KB of a node's "
     "memory "
     "for a neuron."},
    {"collect.pairs", CONFIG_INTEGER, NULL, WITHIN(0, 1000000000),
     "Disjoint pairs of tokens drawn for the mapping difficulty, at most half of the tokens; 0: "
     "none. By default 50,000, or as many as keep their MLP inputs and, of sketches, their outputs "
     "within 20 GB."},
    {"collect.seed", CONFIG_INTEGER, "1", FROM(0), "Seed of that draw."},

    {"reduce.seed", CONFIG_INTEGER, "1", FROM(0),
     "Seed of the sample from N(0,1) that wd_sampled compares with, of the bootstrap, and of the "
     "controls of pairs."},
    {"reduce.bootstrap", CONFIG_INTEGER, "0", WITHIN(0, 100000),
     "Replicates of a bootstrap over windows, of sketches over their folds, for the standard error "
     "of "
     "WD and the stability of "
     "cohorts; 0: none. Each takes about a quarter of the time of all other statistics."},
    {"reduce.similar", CONFIG_NUMBER, "10", WITHIN(0.001, 100),
     "Per cent of the pairs of tokens, those of smallest input distance, that count as similar."},
    {"reduce.separated", CONFIG_INTEGER, "20", WITHIN(1, 10000),
     "Similar pairs that are kept for each neuron, those that it moves apart most; at most a "
     "quarter of the similar ones."},

    {"reduce.weights", CONFIG_CHOICE, "none", ONE_OF("none|previous|last|both"),
     "Compares every neuron's input and output weights with those of the checkpoint before, of the "
     "last one, or of both; reads the models once more."},

    {"select.*.by", CONFIG_CHOICE, "wd",
     ONE_OF("wd|mean|variance|skewness|kurtosis|minimum|maximum|negative_fraction|wd_negative|"
            "bimodality|tail_weight|dip|tail_excess|wd_sampled|md|iqr"),
     "Statistic that ranks the neurons of a layer."},
    {"select.*.take", CONFIG_CHOICE, NULL, ONE_OF("highest|lowest|all"),
     "Which end of the ranking; all: every neuron."},
    {"select.*.percent", CONFIG_NUMBERS, NULL, WITHIN(0, 100),
     "Strictly beyond this percentile of each layer (linear interpolation). A list stands for a "
     "cohort for each: of top with [1, 5], top-p1 and top-p5."},
    {"select.*.count", CONFIG_INTEGERS, NULL, FROM(1),
     "Exactly so many neurons of each layer; a list for a cohort each: top-n20."},
    {"select.*.until.condition", CONFIG_TEXT, REQUIRED, ANY,
     "take: in place of percent and count, so many per cent m of the neurons of each layer that "
     "ablating them raises the perplexity as much as this condition does; found by bisection at "
     "each checkpoint, which runs the model."},
    {"select.*.until.perplexity", CONFIG_TEXT, REQUIRED, ANY,
     "Name of the corpus whose perplexity is meant."},
    {"select.*.until.window", CONFIG_INTEGER, "2048", WITHIN(2, 1048576),
     "Tokens of its windows; these keys are those of a task."},
    {"select.*.until.stride", CONFIG_INTEGER, NULL, WITHIN(1, 1048576),
     "Tokens from a window's start to the next one's; by default the window (less BOS)."},
    {"select.*.until.windows", CONFIG_INTEGER, "0", FROM(0), "First so many windows only; 0: all."},
    {"select.*.until.bos", CONFIG_BOOLEAN, "false", ANY,
     "Begins each window with the tokenizer's BOS."},
    {"select.*.until.ablate", CONFIG_CHOICE, NULL,
     ONE_OF("negative|positive|both|posrelu|signflip|mean"),
     "What happens to the neurons of this cohort; by default what the condition does."},
    {"select.*.until.tolerance", CONFIG_NUMBER, "0.05", WITHIN(0, 1),
     "How far off the perplexity may be, as a share of its rise under the condition."},
    {"select.*.until.least", CONFIG_NUMBER, "0", WITHIN(0, 100), "Smallest m, in per cent."},
    {"select.*.until.most", CONFIG_NUMBER, "100", WITHIN(0, 100), "Largest m, in per cent."},
    {"select.*.until.trials", CONFIG_INTEGER, "20", WITHIN(1, 1000),
     "At most so many values of m are tried at each checkpoint."},
    {"select.*.until.counts", CONFIG_CHOICE, "equal", ONE_OF("equal|matched"),
     "equal: m % of every layer. matched: m % of the layer in which the condition's cohort has "
     "most neurons, of the others in the proportions of that cohort."},
    {"select.*.until.otherwise", CONFIG_CHOICE, "stop", ONE_OF("stop|closest"),
     "Where no m that was tried comes that close: stop ends the stage with exit code 8; closest "
     "goes on with the one that came closest. Either is in the cohort's file and in the report."},
    {"select.*.like", CONFIG_TEXT, NULL, ANY,
     "Random neurons, as many in each layer as this cohort has; of an entry that stands for "
     "several cohorts, a cohort for each."},
    {"select.*.outside", CONFIG_BOOLEAN, "false", ANY,
     "like: draws from the neurons outside that cohort only."},
    {"select.*.seed", CONFIG_INTEGER, "1", FROM(0), "like: seed of the draw."},
    {"select.*.draws", CONFIG_INTEGER, NULL, WITHIN(1, 1000),
     "like: so many cohorts, random-d1, random-d2 ... with the seeds seed, seed + 1 ..."},
    {"select.*.match", CONFIG_CHOICE, NULL, ONE_OF("magnitude|variance"),
     "like: in place of a random draw, for each neuron of that cohort the one outside of it, not "
     "taken yet, whose absolute mean or variance is nearest."},
    {"select.*.union", CONFIG_TEXTS, NULL, ANY, "Neurons that are in any of these cohorts."},
    {"select.*.intersection", CONFIG_TEXTS, NULL, ANY, "Neurons that are in all of these cohorts."},
    {"select.*.difference", CONFIG_TEXTS, NULL, ANY,
     "Neurons that are in the first of these cohorts and in none of the others."},
    {"select.*.neurons", CONFIG_TEXT, NULL, ANY,
     "CSV file with the columns layer and neuron, from 0: this explicit cohort."},
    {"select.*.from", CONFIG_TEXT, NULL, ANY,
     "Freezes the cohort of this checkpoint for all of them; by default each has its own."},

    {"evaluate.tasks[].name", CONFIG_TEXT, NULL, ANY,
     "Name of the task in results; by default its kind and its data's name."},
    {"evaluate.tasks[].perplexity", CONFIG_TEXT, NULL, ANY, "Perplexity on this corpus."},
    {"evaluate.tasks[].pairs", CONFIG_TEXT, NULL, ANY, "Minimal pairs of this benchmark."},
    {"evaluate.tasks[].pos", CONFIG_TEXT, NULL, ANY,
     "Surprisal by part of speech on this benchmark of tagged text."},
    {"evaluate.tasks[].choice", CONFIG_TEXT, NULL, ANY,
     "Multiple-choice questions of this benchmark."},
    {"evaluate.tasks[].residual", CONFIG_TEXT, NULL, ANY,
     "Mean, variance and extreme values of the residual stream on this corpus, by layer and "
     "channel, "
     "and how far each condition shifts it."},
    {"evaluate.tasks[].extremes", CONFIG_TEXT, NULL, ANY,
     "The contexts in this corpus in which neurons have their lowest and highest pre-activations, "
     "and of gated MLPs the joint signs of gate and up projection; without any ablation."},
    {"evaluate.tasks[].cohort", CONFIG_TEXT, NULL, ANY,
     "extremes: the neurons, a cohort of select."},
    {"evaluate.tasks[].count", CONFIG_INTEGER, "8", WITHIN(1, 10000),
     "extremes: contexts at each end, and in each quadrant of signs."},
    {"evaluate.tasks[].parts", CONFIG_INTEGER, "1", WITHIN(1, 1000000),
     "extremes: runs so many parts of the corpus one after the other, each into a file of its own, "
     "and "
     "merges these: the result is the same. A run that was stopped goes on after its last part."},
    {"evaluate.tasks[].part", CONFIG_INTEGER, "0", WITHIN(0, 1000000),
     "extremes: runs only this part, from 1, and leaves it for a run with 0, which makes what is "
     "missing and merges all."},
    {"evaluate.tasks[].context", CONFIG_INTEGER, "16", WITHIN(0, 1024),
     "extremes: tokens of text on each side of the one that is meant."},
    {"evaluate.tasks[].window", CONFIG_INTEGER, "2048", WITHIN(2, 1048576),
     "Tokens of a window, but for pairs and choice; of pos they start anew at each document."},
    {"evaluate.tasks[].stride", CONFIG_INTEGER, NULL, WITHIN(1, 1048576),
     "perplexity, residual, extremes: tokens from a window's start to the next one's; by default "
     "the window (less BOS)."},
    {"evaluate.tasks[].windows", CONFIG_INTEGER, "0", FROM(0),
     "First so many windows only; 0: all."},
    {"evaluate.tasks[].tail", CONFIG_BOOLEAN, "false", ANY,
     "perplexity: scores what is left after the last full window as a shorter one; windows then "
     "count "
     "by their scored tokens."},
    {"evaluate.tasks[].bos", CONFIG_BOOLEAN, "false", ANY,
     "Begins each window with the tokenizer's BOS, which counts as one of its "
     "tokens and is not scored."},
    {"evaluate.tasks[].score", CONFIG_CHOICE, "sum", ONE_OF("sum|mean"),
     "pairs: compares the sum of the log-probabilities, or their mean per scored token."},
    {"evaluate.conditions[]", CONFIG_CHOICE, NULL, ONE_OF("baseline"),
     "The model as it is; any other condition is a map of the keys below."},
    {"evaluate.conditions[].name", CONFIG_TEXT, NULL, ANY,
     "Name of a single condition in results; by default ablation-cohort, as negative-top."},
    {"evaluate.conditions[].ablate", CONFIG_CHOICES, REQUIRED,
     ONE_OF("negative|positive|both|posrelu|signflip|mean|scale"),
     "What happens to the pre-activation a: negative max(a, 0), positive min(a, 0), both 0; mean: "
     "a "
     "negative one becomes the neuron's mean over all tokens of the statistics; scale: it is "
     "multiplied by factor. To the activation function: posrelu a where a > 0, signflip |act(a)|. "
     "Lists here and in the next two keys stand for a condition for each combination."},
    {"evaluate.conditions[].factor", CONFIG_NUMBERS, NULL, WITHIN(-1000, 1000),
     "scale: what negative pre-activations are multiplied by; 0 is the same as negative."},
    {"evaluate.conditions[].cohort", CONFIG_TEXTS, REQUIRED, ANY,
     "The neurons it happens to; an entry of select that stands for several cohorts means each."},
    {"evaluate.conditions[].layers.groups", CONFIG_INTEGER, NULL, WITHIN(1, 1000),
     "Divides the model's layers into so many groups (of sizes that differ by one at most): a "
     "condition for each, negative-top-group2of8."},
    {"evaluate.conditions[].layers.mode", CONFIG_CHOICE, "single", ONE_OF("single|cumulative"),
     "groups: each alone, or from the first group up to it, negative-top-groups1to2of8."},
    {"evaluate.conditions[].layers.first", CONFIG_INTEGER, NULL, WITHIN(0, 100000),
     "In place of groups: only from this layer on, from 0."},
    {"evaluate.conditions[].layers.last", CONFIG_INTEGER, NULL, WITHIN(0, 100000),
     "Only up to this layer, negative-top-layers0to3; by default the model's last."},

    {"resources.chunk", CONFIG_INTEGER, "2048", WITHIN(16, 1048576),
     "Tokens that go through a layer together. Part of the plan: other values round differently."},

    {"resources.threads", CONFIG_INTEGER, "1", WITHIN(1, 1024),
     "Threads of each rank. They share its memory for activations, so that a node needs less with "
     "fewer ranks of more threads; results are the same."},

    {"resources.memory_per_node", CONFIG_TEXT, "60%", ANY,
     "Memory that the ranks of a node may use together: a share of what it has, or an amount such "
     "as 6GiB. A model whose weights do not fit is streamed from its files."},

    {"resources.share", CONFIG_CHOICE, "node", ONE_OF("node|numa|none"),
     "Which ranks use one copy of the weights: all of a node, those of each NUMA domain (faster "
     "where memory is spread over several; ranks must be bound to cores), or none."},

    {"resources.hints.*", CONFIG_TEXT, NULL, ANY,
     "Hints for MPI-IO by their names, as cb_nodes or striping_factor, for the files that ranks "
     "write "
     "together; MPI passes over those that it does not know. Results are the same."},

    {"resources.timeout", CONFIG_NUMBER, "600", WITHIN(1, 1e6),
     "Seconds without a sign of life after which a rank that was stopped, or cannot run, is given "
     "up by "
     "the others of its node: the stage ends with exit code 5 and names it."},

    {"report.confidence", CONFIG_NUMBER, "0.95", WITHIN(0.5, 0.9999), "Level of all intervals."},
    {"report.bootstrap", CONFIG_INTEGER, "10000", WITHIN(100, 1000000),
     "Replicates of the bootstrap that all intervals of scores come from: items are drawn anew "
     "within each file and phenomenon, windows as a whole; intervals are BCa."},
    {"report.seed", CONFIG_INTEGER, "1", FROM(0), "Seed of the bootstrap of scores."},
    {"report.contrasts[].of", CONFIG_TEXT, REQUIRED, ANY,
     "A condition, or what several draws of a random cohort have in common, that is compared on "
     "the "
     "same items with ..."},
    {"report.contrasts[].against", CONFIG_TEXT, REQUIRED, ANY,
     "... another one. Each condition is compared with the baseline and each cohort with its "
     "controls anyway: random, matched, perplexity-matched."},
    {"report.grammar", CONFIG_TEXTS, NULL, ANY,
     "Tasks that measure grammar in the dissociation; by default the minimal pairs."},
    {"report.other", CONFIG_TEXTS, NULL, ANY,
     "Tasks that measure other things; by default multiple choice (acc), and where there is none "
     "the perplexities. TASK-acc_norm is a multiple-choice task by acc_norm."},
    {"report.frequencies", CONFIG_TEXT, NULL, ANY,
     "Corpus or benchmark whose shard tells how frequent tokens are, for surprisal by frequency; "
     "by "
     "default the tagged text itself."},
    {"report.bands", CONFIG_INTEGER, "5", WITHIN(1, 100),
     "Bands of frequency, each with about as many scored tokens."},
    {"report.percent", CONFIG_NUMBER, "1", WITHIN(0, 100),
     "Comparisons of statistics tell how many neurons are common to both tops: those above this "
     "percentile of each layer, counted from its highest value."},
    {"report.compare", CONFIG_TEXTS, NULL, ANY,
     "Directories of other runs (another corpus, seed or mode) whose statistics are compared at "
     "each checkpoint that both have."},
    {"report.title", CONFIG_TEXT, NULL, ANY, "Heading of the report; by default the run's name."},
};

const size_t config_key_count = sizeof config_keys / sizeof config_keys[0];
