#!/usr/bin/env bash
# The configurations of configs/: those of full size are understood by every stage that can tell without
# the model, and those of the demo's size run from end to end.
. tests/stage/lib.sh
# The driver looks for the programs there.
export BUILD=$build

for paper in configs/paper/*.yaml; do
    name=$(basename "$paper" .yaml)
    check "$name has a small one" test -f "configs/small/$name.yaml"
    frozen=()
    [ "$name" != trajectory ] || frozen=(--set select.last.from=step4000 --set select.early.from=step64)
    run_ok "$name is understood" ranks 1 report "$paper" --set "run.directory=$scratch/none" \
        --set model.path=tests/data/demo/model --set "model.checkpoints=[step64, step4000]" "${frozen[@]}"
    # Only the sizes differ: the same keys stand in both, apart from data and benchmarks.
    keys()
    {
        sed -n '/^select:/,$p' "$1" | sed 's/#.*//' | grep -oE '[a-z_]+:' | grep -vE 'windows|otherwise|choice' | sort -u
    }
    check "$name asks the same at both sizes" test "$(keys "$paper")" = "$(keys "configs/small/$name.yaml")"
done

study()
{
    report=$scratch/$1/report
    run_ok "$1" ./wn run "configs/small/$1.yaml" -n 2 --set "run.directory=$scratch/$1" \
        --set report.bootstrap=1000 "${@:2}"
    check "$1: nothing is missing" grep -q '^Nothing: everything' "$report/report.md"
    check "$1: every setting of intervals is told" \
        grep -q '^| intervals of scores | 95 %, bootstrap (BCa) of 1,000 replicates, seed 1' "$report/report.md"
}
line()
{
    check "$1" grep -qE "$2" "$scratch/$3"
}

study strength
line "a sweep over strengths" '"?step4000"?.*negative-top-p50,baseline,all,,perplexity_ratio' strength/report/contrasts.csv
line "and its draws" '^step4000,perplexity-valid,negative-random-p10.*,3,all,,perplexity' strength/report/draws.csv

study layers
for group in group1of4 group4of4 groups1to4of4; do
    line "layers: $group against random" \
        "^step4000,pairs-pairs,negative-top-$group,negative-random-$group,all,,accuracy_change" layers/report/contrasts.csv
done

study surprisal
line "surprisal of determiners" '^step4000,pos-tagged,negative-top,negative-random \(mean of 3\),upos,DET,' surprisal/report/surprisal.csv
line "by frequency in another text" ',frequency,' surprisal/report/surprisal.csv

study ablations
for ablate in negative positive both posrelu signflip mean scale0.5; do
    line "ablation $ablate" "^step4000,pairs-pairs,$ablate-top,baseline,all,,accuracy_change,[^,]*,200," ablations/report/contrasts.csv
done

study neurons
line "a cohort by mapping difficulty" '^step4000,pairs-pairs,negative-top,negative-difficult,all,' neurons/report/contrasts.csv
line "matched by magnitude" '^step4000,perplexity-valid,negative-top,negative-magnitude,all,' neurons/report/contrasts.csv
line "signs of separated pairs" '^step4000,top,separated,' neurons/report/pair_signs.csv

study dissociation
line "grammar against facts" '^step1000,negative-top,negative-random \(mean of 5\),1,200,share,.*,1,18,share,' dissociation/report/dissociation.csv
line "perplexity-matched" '^step1000,negative-top,negative-matched,1,200,share,' dissociation/report/dissociation.csv

study trajectory --set "model.checkpoints=[step0, step64, step512, step4000]"
line "a cohort followed" '^last,step4000,step0,' trajectory/report/drift.csv
line "emergence" '^step512,512,,top,' trajectory/report/emergence.csv
line "WD and grammar over checkpoints" '^last,step4000,pairs-pairs,all,,accuracy,baseline,4,' trajectory/report/correlations.csv

finish
