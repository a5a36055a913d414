#!/usr/bin/env bash
# wn-inspect as a whole: its command line, tokens, and what files hold.
. tests/stage/lib.sh

inspect=$build/bin/wn-inspect
model=tests/data/demo/model

# tokens_of OPTION...: standard input through the subcommand, output in $scratch/tokens.
tokens_of()
{
    "$inspect" tokens --tokenizer "$model" "$@" > "$scratch/tokens" 2> "$scratch/err"
}

run_ok "--help" "$inspect" --help
prints "names the commands" 'wn-inspect statistics --input'
run_ok "--version" "$inspect" --version
for name in 'MPI: ' 'HDF5 1\.' jansson libyaml PCRE2 utf8proc zstd zlib xxHash OpenSSL; do prints "names $name" "^$name *[^ ]"; done
expect_fail "no command" 2 'a command is expected, one of tokens forward' "$inspect"
expect_fail "an unknown command" 2 'tokenz: unknown command; did you mean tokens\?' "$inspect" tokenz
expect_fail "an unknown option" 2 'did you mean --tokenizer' "$inspect" tokens --tokeniser x
expect_fail "an option of another command" 2 'unknown option' "$inspect" tokens --model x
expect_fail "a missing option" 2 '--tokenizer FILE is expected, .*; see wn-inspect tokens --help' "$inspect" tokens
expect_fail "a missing value" 2 'a value is expected' "$inspect" tokens --tokenizer

printf '"The farmer."\n""\n"caf\\u00e9 \xc3\xa9"\n' | tokens_of
check "a line for each line" test "$(wc -l < "$scratch/tokens")" -eq 3
check "as JSON" grep -qxE '\{"ids":\[[0-9,]+\],"offsets":\[(\[[0-9]+,[0-9]+\],?)+\]\}' "$scratch/tokens"
check "nothing for nothing" test "$(sed -n 2p "$scratch/tokens")" = '{"ids":[],"offsets":[]}'
check "offsets in code points" grep -qE ',6\]\]\}$' <(sed -n 3p "$scratch/tokens")
printf '"a"\n["b"]\n' | tokens_of
check "what is no string is refused" grep -q 'error: standard input, line 2: a JSON string is expected' "$scratch/err"
printf '"a\n' | tokens_of
check "nor what is no JSON" grep -q 'error: standard input, line 1: not valid JSON' "$scratch/err"
expect_fail "a tokenizer that is not there" 3 'nowhere' "$inspect" tokens --tokenizer nowhere

run_ok "a model directory" "$inspect" file "$model/step0"
prints "its architecture" '^architecture: gpt_neox'
prints "its tensors" 'gpt_neox.embed_in.weight  F[0-9]+ \[[0-9]+, [0-9]+\]'
run_ok "for programs" "$inspect" file --json "$model/step0"
prints "likewise" '"architecture":"gpt_neox","layers":4,.*"tensors":\[\{"name":"[^"]+","type":"F[0-9]+","shape":\['
run_ok "a tokenizer for programs" "$inspect" file --json "$model/tokenizer.json"
prints "its size" '"kind":"tokenizer","ids":[0-9]+,'
expect_fail "a model without weights for programs" 3 'config.json' "$inspect" file --json tests/stage
expect_fail "a name that is nearly there" 3 "did you mean $model/step0\\?" "$inspect" file "$model/stpe0"
run_ok "a tokenizer" "$inspect" file "$model/tokenizer.json"
prints "its size" '^tokenizer: [0-9]+ ids'
expect_fail "a directory of something else" 3 'config.json' "$inspect" file tests/stage
expect_fail "a file of something else" 3 'cannot open as HDF5' "$inspect" file Makefile
expect_fail "nothing" 3 'nowhere: no such file' "$inspect" file nowhere
cat > "$scratch/config.yaml" <<END
run: {name: test, directory: "$scratch/run"}
model: {path: $model, checkpoints: [step0]}
benchmarks: {pairs: {files: [tests/data/demo/pairs/npi_no.jsonl]}}
evaluate: {tasks: [{pairs: pairs}]}
END
run_ok "wn-shard" ranks 1 shard "$scratch/config.yaml"
run_ok "its file" "$inspect" file "$scratch/run/shards/pairs.h5"
prints "what made it" '^  stage: shard'
for name in 'MPI: ' 'HDF5 1\.' jansson zlib OpenSSL; do prints "what it ran with: $name" "^    $name *[^ ]"; done
prints "its datasets" '^  /ids  i32 \[[0-9]+ tokens\] \(token id\): Tokens'
run_ok "its file for programs" "$inspect" file --json "$scratch/run/shards/pairs.h5"
prints "likewise" '"stage":"shard".*\{"name":"/ids","type":"i32","shape":\[[0-9]+\],"attributes":\{.*"unit":"token id"'
run_ok "its file" "$inspect" file "$scratch/run/shards/pairs.h5"
prints "its texts" '^  /terms  text \[1 terms\]'
finish
