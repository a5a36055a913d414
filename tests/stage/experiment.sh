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
collect: {corpus: text, window: 64, windows: 32, pairs: 700}
reduce: {bootstrap: 3}
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

# files DIRECTORY: every file below it, sorted, but for journals, which a failed run leaves, and the
# digests of inputs, which know these by their places on the disk.
files()
{
    (cd "$1" && find . -path ./journal -prune -o -path ./digests -o -type f -print | LC_ALL=C sort)
}

# same_results A B [--but ATTRIBUTE]: whether the runs in two directories have the same files with
# the same data: HDF5 files as compare_h5 sees them, others byte for byte.
same_results()
{
    local name failed=0
    diff -rq "$1" "$2" > /dev/null && return
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

# --- Refusals -----------------------------------------------------------------------------------

# Lines on standard error that are neither messages of the stage nor, of the driver, which one failed; nor
# what Open MPI's launcher, as it ends on a busy machine, now and then lets libevent say.
strange_lines()
{
    grep -vE "^\[warn\] Epoll |^$1: |^wn-$1: error: |^wn: stage $1 failed \(exit code [0-9]+\); later stages were not started\$" "$scratch/err"
}

# objection STAGE CODE PATTERN: what is wrong with how the last command ended, or nothing.
objection()
{
    local errors
    errors=$(grep -c 'error:' "$scratch/err")
    if [ "$code" -ne "$2" ]; then echo "exit status $code, not $2"
    elif [ "$errors" -ne 1 ]; then echo "$errors lines with errors, not one"
    elif ! grep 'error:' "$scratch/err" | grep -qE -- "$3"; then echo "the message does not match '$3'"
    elif strange_lines "$1" > /dev/null; then echo "lines that are no message of ours"
    elif [ -s "$scratch/out" ]; then echo "something on standard output"
    elif [ -d "$run" ] && ! no_temporaries; then echo "temporary files are left"
    elif [ -z "${others_may_be:-}" ] && ! diff <(cd "$run" 2> /dev/null && files .) "$scratch/before" > "$scratch/check"; then echo "other files than before"
    fi
}

# refused LABEL CODE PATTERN STAGE OPTION...: on 1, 2 and 3 ranks, and through the driver (or as many
# of these as $ways says), the stage ends soon, with this exit status and one line of error that
# matches, prints nothing that is not ours, and leaves the files of the run as they were.
# $launched_by: words before the command; $others_may_be: not empty when other files may be there.
ways="1 2 3 driver"
refused()
{
    local label=$1 wanted=$2 pattern=$3 stage=$4 how words why
    shift 4
    (cd "$run" 2> /dev/null && files .) > "$scratch/before"
    for how in $ways; do
        case $how in
            driver) words=("$wn" run "$config" -n 2 --only "$stage" "$@") ;;
            *)
                words=("$launcher" -n $how "$build/bin/wn-$stage" "$config" "$@")
                [ "$launcher_kind" != openmpi ] || words=("$launcher" -q "${words[@]:1}") ;;
        esac
        TEST_SECONDS=60 capture ${launched_by:-} "${words[@]}"
        why=$(objection "$stage" "$wanted" "$pattern")
        [ -z "$why" ] || { fail "$label ($how): $why" "$scratch/out" "$scratch/err"; return; }
    done
    pass "$label"
}
