#!/usr/bin/env bash
# What collect can be asked for: parts that merge to the whole, several corpora, some neurons,
# compression, sketches in place of values.
. tests/stage/lib.sh
. tests/stage/experiment.sh

make_experiment

fails()
{
    ! "$@"
}

# stage N STAGE ARGUMENT...
stage()
{
    run_ok "$2 on $1 ranks ${*:3}" "$wn" run "$config" -n "$1" --only "$2" "${@:3}"
}

stage 2 shard --set 'collect.also=[heldout]'
for mode in raw sketch; do
    stage 2 collect --set collect.mode=$mode
    mv "$run/activations" "$scratch/$mode"
    stage 3 collect --set collect.mode=$mode --set collect.parts=4 --set collect.part=3
    stage 1 collect --set collect.mode=$mode --set collect.parts=4 --set collect.part=1
    check "$mode: these parts are there" test "$(cd "$run/activations" && echo step0*)" = "step0.part1.h5 step0.part3.h5"
    run_ok "$mode: the rest, and all of them" "$wn" run "$config" -n 2 --only collect --set collect.mode=$mode --set collect.parts=4
    prints "$mode: what is there is not made again" 'step0.part3.h5 is up to date'
    check "$mode: parts are gone" test "$(cd "$run/activations" && echo step0*)" = step0.h5
    check "$mode: merged, they are the whole" "$compare_h5" --but configuration "$scratch/$mode/step0.h5" "$run/activations/step0.h5"
    stage 2 collect --set collect.mode=$mode
    prints "$mode: and count as it" 'step0.h5 is up to date'
    rm -r "$run/activations"
done
stage 3 collect --set collect.mode=raw --set collect.deflate=6
check "compressed values are the same" "$compare_h5" --but configuration,key "$scratch/raw/step0.h5" "$run/activations/step0.h5"
check "and smaller" test "$(stat -c %s "$run/activations/step0.h5")" -lt "$(stat -c %s "$scratch/raw/step0.h5")"
check "nothing temporary is left" no_temporaries

stage 2 collect --set 'collect.also=[heldout]'
stage 2 reduce --set 'collect.also=[heldout]'
mv "$run/statistics" "$scratch/both"
stage 2 collect --set collect.corpus=heldout
stage 2 reduce --set collect.corpus=heldout
check "a second corpus is as by itself" "$compare_h5" --but configuration "$scratch/both/heldout/step0.h5" "$run/statistics/step0.h5"

# dumped DATASET FILE ROW: its values at a layer and a neuron, in the file's order.
dumped()
{
    h5dump -d "$1" -s "$3" -c 1,1 -y -w 0 "$2" | sed -n 's/^ *\([-0-9.enai+]*\)$/\1/p' | head -n 1
}

printf 'layer,neuron\n1,14\n3,7\n' > "$in/list.csv"
for mode in raw sketch; do
    stage 2 collect --set collect.mode=$mode
    stage 2 reduce --set collect.mode=$mode
    mv "$run/statistics" "$run/pairs" "$scratch/$mode"
    stage 3 collect --set collect.mode=$mode --set collect.every=7 --set 'collect.layers=[1, 3]'
    stage 2 reduce --set collect.mode=$mode --set collect.every=7 --set 'collect.layers=[1, 3]'
    for what in md dip; do
        check "$mode: $what of some neurons is as of all" test "$(dumped /$what "$scratch/$mode/statistics/step0.h5" 3,14)" = "$(dumped /$what "$run/statistics/step0.h5" 1,14)"
    done
    check "$mode: so are their pairs" test "$(dumped /output_medians "$scratch/$mode/pairs/step0.h5" 3,14)" = "$(dumped /output_medians "$run/pairs/step0.h5" 1,2)"
    check "$mode: errors of WD are there" test -n "$(dumped /wd_error "$run/statistics/step0.h5" 1,14)"
    check "$mode: whose numbers are there" test "$(dumped /neurons "$run/pairs/step0.h5" 1,2)" = 14
    stage 2 select --set collect.mode=$mode --set collect.every=7 --set 'collect.layers=[1, 3]'
    check "$mode: and cohorts find their signs" grep -q '[1-9]' <(h5dump -d /step0/pair_signs -y "$run/selection/top.h5" | sed -n '/DATA {/,/}/p')
    rm -r "$run"/{activations,statistics,pairs,selection}
done

stage 2 collect --set collect.mode=sketch --set collect.folds=0
expect_fail "no folds to draw" 3 'a bootstrap takes raw activations, or sketches with folds' "$wn" run "$config" -n 2 --only reduce --set collect.mode=sketch --set collect.folds=0
stage 2 reduce --set collect.mode=sketch --set collect.folds=0 --set reduce.bootstrap=0
check "without folds, no errors" fails h5dump -d /wd_error -A "$run/statistics/step0.h5"
rm -r "$run"/{activations,statistics,pairs}
# Tagged text: sentences of nine words.
awk -v RS='[[:space:]]+' '
    /^[A-Za-z]+$/ {
        rows = rows sprintf("%d\t%s\t_\t%s\t_\t_\t0\troot\t_\t_\n", ++n, $0, length($0) < 4 ? "DET" : "NOUN")
        text = text (n > 1 ? " " : "") $0
    }
    n == 9 { printf "# text = %s\n%s\n", text, rows; n = 0; text = rows = "" }' "$in/text.txt" > "$in/text.conllu"
tagged=(--set 'benchmarks.tagged={files: ["'"$in"'/text.conllu"], format: conllu}' --set collect.corpus=tagged)
stage 2 shard "${tagged[@]}"
stage 3 collect "${tagged[@]}"
mv "$run/activations" "$scratch/tagged"
stage 2 collect "${tagged[@]}" --set collect.parts=3
check "tags of parts are those of the whole" "$compare_h5" --but configuration "$scratch/tagged/step0.h5" "$run/activations/step0.h5"
stage 2 reduce "${tagged[@]}"
check "tags of pairs have names" grep -q NOUN <(h5dump -d /tag_names "$run/pairs/step0.h5")
for pair in 0 7 123; do
    place=$(dumped /pairs "$run/pairs/step0.h5" 0,$pair)
    tag=$(h5dump -d /upos -s "$place" -c 1 -y -w 0 "$run/shards/tagged.h5" | sed -n 's/^ *\([0-9]*\)$/\1/p' | head -n 1)
    check "pair $pair has its token's tag, $tag" test "$(dumped /tags "$run/pairs/step0.h5" 0,$pair)" = "$tag" -a -n "$tag"
done
rm -r "$run"/{activations,statistics,pairs}

expect_fail "a corpus twice" 2 'collect.also: heldout is collected twice' "$wn" run "$config" -n 2 --only collect --set 'collect.also=[heldout, heldout]'
expect_fail "a part too many" 2 'collect.part: there are collect.parts: 2' "$wn" run "$config" -n 2 --only collect --set collect.parts=2 --set collect.part=3
printf 'layer,neuron\n9,3\n' > "$scratch/list.csv"
expect_fail "a neuron too many" 3 'list.csv: line 2: layer 9, neuron 3; the model has layers 0 to 3' "$wn" run "$config" -n 2 --only collect --set collect.neurons="$scratch/list.csv"
expect_fail "sketches that need too much" 5 'take 0.0[0-9]* GB on a node \([0-9]* bytes a neuron\) beside 0.0[0-9]* GB of weights, resources.memory_per_node is' "$wn" run "$config" -n 2 --only collect --set collect.mode=sketch --set resources.memory_per_node=20MB
finish
