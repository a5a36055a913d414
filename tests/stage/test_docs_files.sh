#!/usr/bin/env bash
# docs/files.md says what is in the files: every table of it is compared with the files of runs that have
# all kinds of data, dataset by dataset, and the examples of how to read them are run where there is a
# Python with h5py (WN_PYTHON, else python3).
. tests/stage/lib.sh
export BUILD=$build
run=$scratch/run
config=$scratch/config.yaml

# ---- the runs: a model with a gated MLP, two checkpoints, every kind of corpus, benchmark and task ----

mkdir -p "$scratch/model/step0" "$scratch/model/step1"
for name in step0 step1; do "$build/tests/support/make_mistral" "$scratch/model/$name"; done
# Targeted syntactic evaluation: {'simple': [('the dog runs .', 'the dog run .')]}, protocol 0.
printf "(dS'simple'\n(l(S'the dog runs .'\nS'the dog run .'\ntas." > "$scratch/cases.pickle"
cat > "$config" <<END
run: {name: files, directory: "$run"}
model: {path: "$scratch/model", checkpoints: [step0, step1], tokenizer: tests/data/demo/model/tokenizer.json}
corpora:
  text: {files: [tests/data/demo/heldout.txt], rows: line, limit: 60}
benchmarks:
  pairs: {files: [tests/data/demo/pairs/npi_no.jsonl], limit: 6}
  spaced: {files: [tests/data/demo/pairs/npi_no.jsonl], limit: 6, convention: harness, prefix: "<|endoftext|>"}
  cases: {files: ["$scratch/cases.pickle"], format: tse}
  facts: {files: [tests/data/demo/facts.jsonl], format: choice, limit: 6, prefix: "<|endoftext|>"}
  tagged: {files: [tests/data/demo/tagged.conllu], format: conllu, limit: 20}
collect: {corpus: tagged, window: 32, windows: 8, pairs: 60}
reduce: {bootstrap: 3, weights: both, similar: 50, separated: 4}
select:
  top: {by: wd, take: highest, count: 3}
  matched: {like: top, match: variance}
  random: {like: top, seed: 17, draws: 2}
  found:
    {by: wd, take: lowest, until: {condition: negative-top, perplexity: text, window: 32, windows: 4, trials: 3, otherwise: closest}}
evaluate:
  tasks:
    - {perplexity: text, window: 32, windows: 6}
    - {pairs: pairs}
    - {pairs: spaced}
    - {pairs: cases}
    - {choice: facts}
    - {pos: tagged, window: 32}
    - {residual: text, window: 32, windows: 4}
    - {extremes: text, window: 32, windows: 6, cohort: top, count: 3}
  conditions:
    - baseline
    - {ablate: negative, cohort: [top, random]}
report: {bootstrap: 200}
END
run_ok "a run with all kinds of data" ./wn run "$config" -n 2
sketch=(--set "run.directory=$run/sketch" --set collect.mode=sketch --set collect.folds=4 --set collect.every=2)
for stage in shard collect reduce; do
    run_ok "and one of sketches: $stage" ./wn run "$config" -n 2 --only $stage --checkpoint step0 "${sketch[@]}" --set reduce.weights=none
done

# ---- tables against files ----

# Of every table: the file that its heading names, dataset, type, axes, unit; divided by tabs.
awk -F' *\\| *' '
    /^#/ { file = ""; if (match($0, /`[^`]*`/)) file = substr($0, RSTART + 1, RLENGTH - 2) }
    /^\| dataset \| type \| axes \| unit \| what \|$/ { inside = 1; next }
    !/^\|/ { inside = 0 }
    inside && $2 ~ /^`/ { gsub(/`/, "", $2); print file "\t" $2 "\t" $3 "\t" $4 "\t" $5 }
' docs/files.md > "$scratch/documented"
check "the page has tables" test "$(wc -l < "$scratch/documented")" -gt 100

# found PATTERN FILE...: the datasets of these files, likewise; conditions, checkpoints and lists by that
# word, as the page has them.
found()
{
    local pattern=$1 file
    shift
    for file; do
        "$build/bin/wn-inspect" file "$file" | sed -n '/^datasets:$/,$p' | sed 1d
    done 2>&1 | sed -E '
        s#^  ##
        s#^/(baseline|negative-top|negative-random-d[12])/#/<condition>/#
        s#^/(step0|step1)/#/<checkpoint>/#
        s#^/(negative|positive|gate_[a-z_]*)/#/<list>/#' |
        awk -v pattern="$pattern" '
            BEGIN { split("i32 int32 i64 int64 f32 float32 f64 float64 f16 float16 bf16 bfloat16 text text", word, " ")
                    for (i = 1; i < 14; i += 2) type[word[i]] = word[i + 1] }
            match($0, /^[^ ]*  [a-z0-9]* \[[^]]*\] \([^)]*\): ./) {
                line = substr($0, RSTART, RLENGTH - 3)
                split(line, part, " ")
                axes = line; sub(/^[^[]*\[/, "", axes); sub(/\].*/, "", axes)
                gsub(/[0-9]+ /, "", axes)
                unit = line; sub(/^.*\] \(/, "", unit); sub(/\)$/, "", unit)
                print pattern "\t" part[1] "\t" type[part[2]] "\t" axes "\t" unit
                next
            }
            { print pattern "\t" $0 "\tis not described" }' | sort -u
}

files_of()
{
    case $1 in
        'shards/<corpus>.h5') echo "$run/shards/text.h5" ;;
        'shards/<pairs>.h5') echo "$run"/shards/{pairs,spaced,cases}.h5 ;;
        'shards/<choice>.h5') echo "$run/shards/facts.h5" ;;
        'shards/<tagged>.h5') echo "$run/shards/tagged.h5" ;;
        'activations/<checkpoint>.h5') echo "$run/activations/step0.h5" "$run/sketch/activations/step0.h5" ;;
        'statistics/<checkpoint>.h5') echo "$run/statistics/step0.h5" "$run/sketch/statistics/step0.h5" ;;
        'pairs/<checkpoint>.h5') echo "$run/pairs/step0.h5" "$run/sketch/pairs/step0.h5" ;;
        'weights/<checkpoint>/<against>.h5') echo "$run/weights/step0/last.h5" "$run/weights/step1/previous.h5" ;;
        'selection/<cohort>.h5') echo "$run"/selection/{top,matched,found}.h5 ;;
        'results/<checkpoint>/<perplexity>.h5') echo "$run/results/step0/perplexity-text.h5" ;;
        'results/<checkpoint>/<pairs>.h5') echo "$run"/results/step0/pairs-{pairs,spaced,cases}.h5 ;;
        'results/<checkpoint>/<choice>.h5') echo "$run/results/step0/choice-facts.h5" ;;
        'results/<checkpoint>/<tagged>.h5') echo "$run/results/step0/pos-tagged.h5" ;;
        'results/<checkpoint>/<residual>.h5') echo "$run/results/step0/residual-text.h5" ;;
        'results/<checkpoint>/<extremes>.h5') echo "$run/results/step0/extremes-text.h5" ;;
    esac
}

cut -f1 "$scratch/documented" | sort -u > "$scratch/patterns"
while read -r pattern; do
    read -ra files < <(files_of "$pattern")
    if [ ${#files[@]} -eq 0 ]; then fail "$pattern: no file of that kind is known"; continue; fi
    found "$pattern" "${files[@]}" > "$scratch/found"
    # A type in the page may name several; what is found is one of them.
    awk -F'\t' -v pattern="$pattern" '
        NR == FNR { if ($1 == pattern) { type[$2] = $3; rest[$2] = $4 "\t" $5 } next }
        !($2 in type) { print $2 ": in the files, not in the page"; next }
        { seen[$2] = 1 }
        index(" " type[$2] " ", " " $3) == 0 || rest[$2] != $4 "\t" $5 {
            print $2 ": the page says " type[$2] ", " rest[$2] "; the file " $3 ", " $4 "\t" $5
        }
        END { for (name in type) if (!(name in seen)) print name ": in the page, in no file" }
    ' "$scratch/documented" "$scratch/found" > "$scratch/differences"
    if [ -s "$scratch/differences" ]; then fail "$pattern" "$scratch/differences"; else pass "$pattern is as the page says"; fi
done < "$scratch/patterns"

# Every kind of file is in the page.
find "$run" -name '*.h5' -printf '%P\n' | sed 's#^sketch/##' | cut -d/ -f1 | sort -u > "$scratch/kinds"
cut -d/ -f1 "$scratch/patterns" | sort -u | diff - "$scratch/kinds" > "$scratch/differences" && pass "no file is left out" ||
    fail "kinds of files" "$scratch/differences"

# ---- columns of tables ----

columns=$run/report/columns.csv
for file in "$run"/report/*.csv; do
    name=$(basename "$file")
    [ "$name" != columns.csv ] || continue
    check "$name has the columns that columns.csv says" test "$(head -n 1 "$file")" = \
        "$(awk -F, -v file="$name" '$1 == file { printf "%s%s", n++ ? "," : "", $2 }' "$columns")"
    check "$name is in the page" grep -q "^| .*\`$name\`" docs/files.md
done
cut -d, -f1 "$columns" | sed 1d | sort -u | while read -r name; do [ -e "$run/report/$name" ] || echo "$name"; done > "$scratch/unseen"
check "every kind of table was there, but that of many checkpoints" test "$(cat "$scratch/unseen")" = correlations.csv
correlations=$(awk -F, '$1 == "correlations.csv" { print $2 }' "$columns" | paste -sd,)
check "whose columns are those of the code" test "$correlations" = \
    "$(sed -n '/^status_t csv_correlations/,/;$/p' pipeline/report/trajectory.c | grep -oE '"[^"]*"' | tr -d '"\n' | sed 's/\\n$//')"

# ---- attributes of every file ----

for attribute in stage key version numerics configuration; do
    for file in "$run"/*/*.h5 "$run"/*/*/*.h5; do
        "$build/bin/wn-inspect" file "$file" | grep -q "^  $attribute:" || echo "$file"
    done > "$scratch/lacking"
    if [ -s "$scratch/lacking" ]; then fail "attribute $attribute" "$scratch/lacking"; else pass "every file has the attribute $attribute"; fi
done
# ---- the examples ----

# The n-th block of Python of the page.
block()
{
    awk -v wanted="$1" '/^```python$/ { n++; inside = 1; next } /^```/ { inside = 0 } inside && n == wanted' docs/files.md
}

python=${WN_PYTHON:-python3}
# example MODULE N PATTERN: the n-th block, where Python has the module; its output matches.
example()
{
    block "$2" > "$scratch/example.py"
    if ! "$python" -c "import h5py, $1" 2> "$scratch/err"; then
        skip "the example with $1" "no Python with $1 (WN_PYTHON)"
    else
        run_ok "the example with $1" sh -c 'cd "$1" && exec "$2" "$3"' sh "$run" "$python" "$scratch/example.py"
        prints "prints what it finds" "$3"
    fi
}
example lm_eval 1 '\|pairs-pairs +\|'
example h5py 2 '^highest WD: [0-9.]+ at layer [0-2] neuron [0-9]+$'
example pandas 3 '^perplexity-text +step0 +loss '
check "there is no fourth" test -z "$(block 4)"

finish
