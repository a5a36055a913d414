#include "report/section.h"

const section_info_t sections[SECTIONS] = {
    [SECTION_RESULT] = {.id = "result",
                        .title = "Result",
                        .lead = "",
                        .needs = "results of conditions at one checkpoint (stage evaluate)"},
    [SECTION_SETTING] = {.id = "setting",
                         .title = "Setting",
                         .lead = "What was run, on what, and how each number is made. Cohorts are "
                                 "sets of neurons; a condition is an ablation of a cohort."},
    [SECTION_DISTRIBUTION] =
        {.id = "distribution",
         .title = "Distribution of WD per layer",
         .lead = "WD is the 1-Wasserstein distance between a neuron's pre-activations, "
                 "standardised by their mean and population standard deviation, and N(0,1), in "
                 "closed form: 0 for a Gaussian, in standard deviations.",
         .needs = "statistics of neurons (stages collect and reduce)"},
    [SECTION_NEURONS] =
        {.id = "neurons",
         .title = "Single neurons",
         .lead = "The neurons of highest, median and lowest WD of all layers at the last "
                 "checkpoint: chosen by this rule, not by looks.",
         .convention =
             "Histograms go from the 0.05th to the 99.95th percentile and at least three standard "
             "deviations; the Gaussian has the neuron's mean and deviation; modes are peaks of a "
             "Gaussian kernel estimate (Silverman's bandwidth) that stand out by 5 % of the "
             "highest; what lies left of zero, the clamp removes. Pairs are seeded random disjoint "
             "pairs of tokens, distances those of the MLP's inputs (Euclidean) and of the outputs; "
             "mapping difficulty (md) is the mean over pairs of the normalised output distance "
             "over the normalised input distance.",
         .needs = "activations or pairs of tokens (stages collect and reduce)"},
    [SECTION_CONDITIONS] =
        {.id = "conditions",
         .title = "Perplexity and grammar",
         .lead = "Each condition at the last checkpoint with results. Changes are of the same "
                 "items under both conditions. Intervals draw other items or windows of the same "
                 "kind; they say nothing of other cohorts or models.",
         .needs = "results of conditions (stage evaluate)"},
    [SECTION_DISSOCIATION] =
        {.id = "dissociation",
         .title = "Double dissociation",
         .lead = "What grammar loses under one condition more than under another, against what "
                 "other tasks lose: an effect on grammar alone shows on one side only.",
         .needs = "minimal pairs, another task, and a condition with a control (report.grammar, "
                  "report.other)"},
    [SECTION_SURPRISAL] =
        {.id = "surprisal",
         .title = "Excess surprisal by part of speech",
         .lead = "How many nats less probable a condition makes tokens than the unchanged model. "
                 "Each token takes the tag of the word that it overlaps most.",
         .needs = "a task of parts of speech (pos: in evaluate.tasks)"},
    [SECTION_LAYERS] = {.id = "layers",
                        .title = "Layers, single and cumulative",
                        .lead = "The same ablation in one group of layers at a time, in all groups "
                                "from the first on, and what it does to the residual stream.",
                        .needs = "conditions with groups of layers (layers: {groups: ...}), or a "
                                 "task of residual streams"},
    [SECTION_TRAINING] =
        {.id = "training",
         .title = "Training",
         .lead = "Everything along the checkpoints of the run. The axis is logarithmic from the "
                 "first positive step on; step 0 stands before a break.",
         .needs = "two checkpoints or more with results or statistics"},
    [SECTION_PROXIES] = {.id = "proxies",
                         .title = "Proxies of WD",
                         .lead = "Whether a cheaper statistic would choose the same neurons: rank "
                                 "correlation with WD over all neurons of the last checkpoint, and "
                                 "how many of the highest neurons of each layer are the same.",
                         .needs = "statistics of neurons (stage reduce)"},
    [SECTION_MISSING] = {.id = "missing",
                         .title = "What could not be computed, and why",
                         .lead = ""},
};
