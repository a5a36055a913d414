# A small experiment of all stages for tests of whole programs: sourced after lib.sh.
#
# $in holds its inputs (copies of parts of the demo's, which a test may damage), $run its outputs,
# $config its configuration. There are two checkpoints of the demo's model, a corpus for the
# statistics, one for perplexity, minimal pairs, and a list of neurons.
# shellcheck shell=bash

demo=$PWD/tests/data/demo
wn=$PWD/wn
compare_h5=$build/tests/support/compare_h5
in=$scratch/in
run=$scratch/run
config=$scratch/config.yaml
# The driver looks for the programs there.
export BUILD=$build

make_experiment()
{
    local name
    mkdir -p "$in/model/step0" "$in/model/step512" "$in/pairs"
    cp "$demo/model/tokenizer.json" "$in/model"
    for name in step0 step512; do cp "$demo/model/$name"/* "$in/model/$name"; done
    head -c 40000 "$demo/corpus.txt" > "$in/text.txt"
    head -n 40 "$demo/heldout.txt" | head -c 8000 > "$in/heldout.txt"
    for name in agreement_simple npi_no; do
        head -n 12 "$demo/pairs/$name.jsonl" > "$in/pairs/$name.jsonl"
    done
    printf 'layer,neuron\n0,3\n0,200\n2,17\n3,255\n' > "$in/list.csv"
    write_config
}

# The chunks are small so that there is work for every rank.
write_config()
{
    cat > "$config" <<END
run: {name: test, directory: "$run"}
model: {path: "$in/model", checkpoints: [step0, step512]}
corpora:
  text: {files: ["$in/text.txt"]}
  heldout: {files: ["$in/heldout.txt"], rows: line}
benchmarks:
  grammar: {files: ["$in/pairs/*.jsonl"]}
collect: {corpus: text, window: 64, windows: 32}
select:
  top: {by: wd, take: highest, percent: 5}
  random: {like: top, seed: 17}
  frozen: {by: kurtosis, take: lowest, count: 3, from: step512}
  listed: {neurons: "$in/list.csv"}
evaluate:
  tasks: [{perplexity: heldout, window: 64, windows: 12}, {pairs: grammar}]
  conditions:
    - baseline
    - {ablate: negative, cohort: top}
    - {ablate: both, cohort: random}
    - {ablate: positive, cohort: frozen}
    - {ablate: negative, cohort: listed}
resources: {chunk: 192}
END
}

# files DIRECTORY: every file below it, sorted.
files()
{
    (cd "$1" && find . -type f | LC_ALL=C sort)
}

# same_results A B [--but ATTRIBUTE]: whether the runs in two directories have the same files with
# the same data: HDF5 files as compare_h5 sees them, others byte for byte.
same_results()
{
    local name failed=0
    diff <(files "$1") <(files "$2") || return 1
    for name in $(files "$1"); do
        case $name in
            *.h5) "$compare_h5" "${@:3}" "$1/$name" "$2/$name" || failed=1 ;;
            *) cmp "$1/$name" "$2/$name" || failed=1 ;;
        esac
    done
    return $failed
}

# no_temporaries: nothing half-written lies about.
no_temporaries()
{
    [ -z "$(find "$run" -name '*.tmp.*')" ]
}
