#!/usr/bin/env bash
# wn-shard as a whole: what it writes, that ranks do not matter, what it does again, and errors.
. tests/stage/lib.sh

model=$PWD/tests/data/demo/model
demo=$PWD/tests/data/demo
in=$scratch/in
run=$scratch/run
mkdir -p "$in/pairs"
head -c 60000 "$demo/corpus.txt" > "$in/train.txt"
head -n 200 "$demo/heldout.txt" > "$in/heldout.txt"
for name in agreement_simple npi_no; do
    head -n 30 "$demo/pairs/$name.jsonl" > "$in/pairs/$name.jsonl"
done

# config LINE...: a configuration with these corpora, benchmarks and uses.
config()
{
    printf '%s\n' "run: {name: test, directory: \"$run\"}" "model: {path: \"$model\", checkpoints: [step0]}" \
        "$@" > "$scratch/config.yaml"
}
# use FILES [OPTIONS]: the corpus "text", and it is used.
use()
{
    config "corpora: {text: {files: $1${2:+, $2}}}" "collect: {corpus: text}"
}
benchmark()
{
    config "benchmarks: {pairs: {files: $1${2:+, $2}}}" "evaluate: {tasks: [{pairs: pairs}]}"
}
usual()
{
    config "corpora:" "  train: {files: [\"$in/train.txt\"], rows: line}" \
        "  heldout: {files: [\"$in/heldout.txt\"], rows: huggingface, join: \"\\n\\n\"}" \
        "  spare: {files: [nowhere]}" \
        "benchmarks: {pairs: {files: [\"$in/pairs/*.jsonl\"]}}" "collect: {corpus: train}" \
        "evaluate: {tasks: [{perplexity: heldout}, {pairs: pairs}]}"
}
same_shards()
{
    local name
    for name in train heldout pairs; do
        cmp "$scratch/one/shards/$name.h5" "$run/shards/$name.h5" || return 1
    done
}
nothing_written()
{
    [ ! -e "$run/shards" ] || [ -z "$(ls -A "$run/shards")" ]
}
# What changes when a file is written anew.
state()
{
    stat -c '%n %i %Y' "$run"/shards/*.h5
}

usual
run_ok "one rank" ranks 1 shard "$scratch/config.yaml"
prints "says what is not used" 'corpora.spare is not used'
mv "$run" "$scratch/one"
for n in 2 3 4; do
    run_ok "$n ranks" ranks "$n" shard "$scratch/config.yaml"
    check "the same bytes on $n ranks as on one" same_shards
    [ "$n" -eq 4 ] || rm -rf "$run"
done

before=$(state)
run_ok "again" ranks 2 shard "$scratch/config.yaml"
prints "nothing to do" 'train.h5 is up to date'
check "nothing was written" test "$before" = "$(state)"
echo 'One more line.' >> "$in/train.txt"
run_ok "after a change" ranks 2 shard "$scratch/config.yaml"
prints "that corpus is stale" 'train.h5 is stale'
prints "the other is not" 'heldout.h5 is up to date'
run_ok "with another setting" ranks 2 shard "$scratch/config.yaml" --set corpora.heldout.limit=5
prints "its corpus is stale" 'heldout.h5 is stale'
prints "no other" 'train.h5 is up to date'

if command -v zstd > /dev/null && command -v gzip > /dev/null; then
    gzip -k "$in/train.txt"
    zstd -q "$in/heldout.txt"
    use "[\"$in/train.txt\", \"$in/heldout.txt\"]"
    rm -rf "$run"
    run_ok "plain files" ranks 1 shard "$scratch/config.yaml"
    "$build/bin/wn-inspect" file "$run/shards/text.h5" > "$scratch/plain"
    rm -rf "$run"
    use "[\"$in/train.txt.gz\", \"$in/heldout.txt.zst\"]"
    run_ok "compressed files" ranks 2 shard "$scratch/config.yaml"
    "$build/bin/wn-inspect" file "$run/shards/text.h5" > "$scratch/packed"
    check "give as many tokens" cmp <(grep "^  tokens: [1-9]" "$scratch/plain") <(grep "^  tokens: " "$scratch/packed")
fi

# A seed shuffles a corpus of files by itself: the same documents in another order.
tokens()
{
    sed -n 's/^  tokens: \([0-9]*\).*/\1/p' <("$build/bin/wn-inspect" file "$run/shards/text.h5")
}
rm -rf "$run"
use "[\"$in/heldout.txt\"]" "rows: line"
run_ok "in order" ranks 1 shard "$scratch/config.yaml"
whole=$(tokens)
use "[\"$in/heldout.txt\"]" "rows: line, seed: 5"
run_ok "shuffled" ranks 1 shard "$scratch/config.yaml"
check "as many tokens" test "$(tokens)" = "$whole"
cp "$run/shards/text.h5" "$scratch/shuffled.h5"
before=$(stat -c '%i %Y' "$run/shards/text.ordered.h5")
run_ok "another seed" ranks 2 shard "$scratch/config.yaml" --set corpora.text.seed=6
check "another order" test -n "$(cmp "$run/shards/text.h5" "$scratch/shuffled.h5" 2>&1)"
run_ok "a limit" ranks 2 shard "$scratch/config.yaml" --set corpora.text.limit=7
check "takes that many documents" grep -q ' 7 documents' "$scratch/err" "$scratch/out"
run_ok "a budget" ranks 3 shard "$scratch/config.yaml" --set corpora.text.tokens=1000
check "takes that many tokens" test "$(tokens)" = 1000
check "what they are drawn from stays" test "$before" = "$(stat -c '%i %Y' "$run/shards/text.ordered.h5")"
run_ok "the first seed, on three ranks" ranks 3 shard "$scratch/config.yaml"
check "the same bytes" cmp "$run/shards/text.h5" "$scratch/shuffled.h5"
expect_fail "a seed for one document" 2 'corpora.text.seed: join makes one document' \
    "$build/bin/wn-shard" "$scratch/config.yaml" --set "corpora.text.join= "

printf 'first\nse\xffcond\n' > "$in/invalid.txt"
printf '{"text": "a"}\n{"text" "b"}\n' > "$in/syntax.jsonl"
printf '{"text": "a"}\n\n{"test": "b"}\n' > "$in/field.jsonl"
: > "$in/empty.txt"
printf '{"sentence_good": "a b", "sentence_bad": "a c"}\n{"sentence_good": "a", "sentence_bad": "a c"}\n' \
    > "$in/short.jsonl"
: > "$in/none.jsonl"
head -c 3000 "$in/train.txt" | gzip 2> /dev/null | head -c 500 > "$in/cut.txt.gz"
# Without a launcher, and on three ranks.
for n in 1 3; do
    shard=("$build/bin/wn-shard")
    [ "$n" -eq 1 ] || shard=(ranks "$n" shard)
    rm -rf "$run"
    use "[\"$in/trian.txt\"]"
    expect_fail "a missing file, $n ranks" 3 'trian.txt: no such file; did you mean .*/train.txt\?' \
        "${shard[@]}" "$scratch/config.yaml"
    use "[\"$in/*.text\"]"
    expect_fail "a glob that matches nothing, $n ranks" 3 'no file matches' "${shard[@]}" "$scratch/config.yaml"
    use "[\"$in\"]"
    expect_fail "a directory, $n ranks" 3 'a directory; a file or a glob is expected' \
        "${shard[@]}" "$scratch/config.yaml"
    use "[\"$in/empty.txt\"]"
    expect_fail "an empty corpus, $n ranks" 3 'corpora.text: an empty corpus: no token in .*empty.txt' \
        "${shard[@]}" "$scratch/config.yaml"
    use "[\"$in/invalid.txt\"]" "rows: line"
    expect_fail "invalid UTF-8, $n ranks" 3 'invalid.txt:2: invalid UTF-8 at byte 8 of the text \(0xff\)' \
        "${shard[@]}" "$scratch/config.yaml"
    use "[\"$in/syntax.jsonl\"]" "format: jsonl"
    expect_fail "bad JSON, $n ranks" 3 'syntax.jsonl:2: not valid JSON' "${shard[@]}" "$scratch/config.yaml"
    use "[\"$in/field.jsonl\"]" "format: jsonl"
    expect_fail "a missing field, $n ranks" 3 'field.jsonl:3: the key "text" is missing; did you mean "test"\?' \
        "${shard[@]}" "$scratch/config.yaml"
    use "[\"$in/cut.txt.gz\"]"
    expect_fail "a truncated archive, $n ranks" 3 'cut.txt.gz: truncated' "${shard[@]}" "$scratch/config.yaml"
    benchmark "[\"$in/short.jsonl\"]"
    expect_fail "a sentence that has no score, $n ranks" 3 'short.jsonl:2: "a" has 1 tokens, at least 2' \
        "${shard[@]}" "$scratch/config.yaml"
    benchmark "[\"$in/pairs/npi_no.jsonl\", \"$in/none.jsonl\"]"
    expect_fail "a file without pairs, $n ranks" 3 'none.jsonl: no pair in it' "${shard[@]}" "$scratch/config.yaml"
    benchmark "[\"$in/pairs/npi_no.jsonl\"]" "good: good_sentence"
    expect_fail "a missing key, $n ranks" 3 'npi_no.jsonl:1: the key "good_sentence" is missing' \
        "${shard[@]}" "$scratch/config.yaml"
    usual
    expect_fail "an unknown corpus, $n ranks" 2 "corpora has no 'trian'; did you mean 'train'" \
        "${shard[@]}" "$scratch/config.yaml" --set collect.corpus=trian
    expect_fail "an unknown benchmark, $n ranks" 2 "benchmarks has no 'pears'; did you mean 'pairs'" \
        "${shard[@]}" "$scratch/config.yaml" --set "evaluate.tasks[1].pairs=pears"
    check "nothing was written, $n ranks" nothing_written
    expect_fail "an output directory that cannot be, $n ranks" 4 'cannot create directory' \
        "${shard[@]}" "$scratch/config.yaml" --set "run.directory=$in/empty.txt/run"
done
use "[\"$in/invalid.txt\"]" "on_invalid: replace"
run_ok "invalid UTF-8 replaced" ranks 2 shard "$scratch/config.yaml"
finish
