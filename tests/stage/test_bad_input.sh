#!/usr/bin/env bash
# Inputs that are missing, damaged or do not belong together: texts, tokenizers, models, lists, and
# the files of earlier stages.
. tests/stage/lib.sh
. tests/stage/experiment.sh

make_experiment
weights=$in/model/step512/model.safetensors

# --- Stages before their turn -------------------------------------------------------------------

ways="2 driver"
refused "collect before shard" 3 "shards/text.h5: no such file; run the stage 'shard' first$" collect
run_ok "shard" ranks 2 shard "$config"
refused "reduce before collect" 3 "activations/step0.h5: no such file; run the stage 'collect' first$" reduce
run_ok "collect" ranks 2 collect "$config"
refused "select before reduce" 3 "statistics/step0.h5: no such file; run the stage 'reduce' first$" select
run_ok "reduce" ranks 2 reduce "$config"
refused "evaluate before select" 3 "selection/top.h5: no such file; run the stage 'select' first$" evaluate
run_ok "select" ranks 2 select "$config"
run_ok "evaluate" ranks 2 evaluate "$config"
cp -r "$run" "$scratch/whole"
all_ways="1 2 3 driver"
few_ways="2"
ways=$all_ways

# --- Models -------------------------------------------------------------------------------------

# Every case starts from the whole model of the second checkpoint.
restore()
{
    cp "$demo/model/step512"/* "$in/model/step512"
    cp "$demo/model/tokenizer.json" "$in/model"
}
# header SED: edits the header of the weights, whose length stays.
header()
{
    local size
    restore
    size=$(stat -c %s "$weights")
    LC_ALL=C sed -i -E "$1" "$weights"
    [ "$(stat -c %s "$weights")" -eq "$size" ] && ! cmp -s "$weights" "$demo/model/step512/model.safetensors" ||
        fail "the header was not edited by $1"
}
# start_of TENSOR: where its data begin in the file.
start_of()
{
    local length
    length=$(od -An -tu8 -N8 "$weights")
    echo $((8 + length + $(head -c $((8 + length)) "$weights" | tail -c +9 |
        sed -E "s/.*\"$1\":\{[^}]*\"data_offsets\":\[([0-9]+),.*/\1/")))
}
# poke FILE OFFSET BYTES, as printf writes them
poke()
{
    # shellcheck disable=SC2059 # the bytes are a format
    printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
mlp=gpt_neox.layers.1.mlp.dense_h_to_4h.weight

header "s/($mlp\":\{\"dtype\":\"F16\",\"shape\":\[)256,64/\164,256/"
refused "a tensor of another shape" 3 "model.safetensors: the tensor '$mlp' has the shape \[64, 256\], \[256, 64\] is expected$" collect
header "s/$mlp/gpt_neox.layers.1.mlp.dense_h_to_4x.weight/"
refused "a missing tensor" 3 "step512: the tensor '$mlp' is missing$" collect
header "s/($mlp\":\{\"dtype\":\")F16/\1F61/"
ways=$few_ways refused "an unknown type" 3 "step512: tensor '$mlp': its type is F61; F32, F16, BF16 and F64 are read$" collect
header "s/($mlp\":[^}]*\"data_offsets\":\[)([0-9]+),[0-9]+/\1\2,999999/"
refused "offsets that leave the file" 3 "model.safetensors.*$mlp" collect
header 's/^(.{8})\{"/\1{{/'
ways=$few_ways refused "a header that is no JSON" 3 "model.safetensors: .*JSON" collect
restore
poke "$weights" 0 '\377\377\377\377\377\377\377\177'
ways=$few_ways refused "a header longer than the file" 3 "model.safetensors.*header" collect
restore
truncate -s -1000 "$weights"
refused "truncated weights" 3 "model.safetensors" collect
truncate -s 5 "$weights"
ways=$few_ways refused "weights of five bytes" 3 "model.safetensors: 5 bytes are too few for a safetensors header$" evaluate
rm "$weights"
ways=$few_ways refused "no weights" 3 "step512.*no.*weights|step512.*safetensors" collect
restore
poke "$weights" $(($(start_of $mlp) + 20)) '\000\176'
refused "NaN in the weights" 6 "model.safetensors: the tensor '$mlp' has the value -?nan at element 10, layer 1, neuron 0$" collect
# One that a rank alone reads where there are several.
restore
poke "$weights" "$(start_of gpt_neox.final_layer_norm.bias)" '\000\174'
refused "infinity in the weights" 6 "the tensor 'gpt_neox.final_layer_norm.bias' has the value inf at element 0$" evaluate
# A neuron that few tokens drive beyond the range of f16: some ranks fail, others do not.
restore
poke "$weights" $(($(start_of $mlp) + 20)) '\000\170'
refused "a value beyond f16" 6 "step512: layer 1, neuron 0: the pre-activation .* is beyond f16; use collect.type f32 or bf16$" \
    collect --checkpoint step512 --set collect.type=f16
restore
sed -i 's/"hidden_size": 64/"hidden_size": 96/' "$in/model/step512/config.json"
ways=$few_ways refused "another width" 3 "model.safetensors: the tensor .* has the shape .* is expected$" collect
restore
sed -i 's/gpt_neox/gpt_moon/' "$in/model/step512/config.json"
ways=$few_ways refused "an unknown architecture" 3 "config.json: .*gpt_moon" collect
restore
head -c 200 "$demo/model/step512/config.json" > "$in/model/step512/config.json"
ways=$few_ways refused "a truncated configuration" 3 "config.json:.*JSON" collect
rm "$in/model/step512/config.json"
ways=$few_ways refused "no configuration" 3 "config.json: cannot open: No such file" collect
restore
rm -rf "$run"
cp -r "$scratch/whole" "$run"

# --- Tokenizers and texts -----------------------------------------------------------------------

sed -i 's/"¡":95,//; s/"z":90,//' "$in/model/tokenizer.json"
echo 'A zebra grazes.' > "$in/zebra.txt"
refused "a tokenizer without a piece of the text" 3 "zebra.txt:1: character U\+007A has no token \(byte 0x7A\), and the tokenizer has no unknown token$" \
    shard --set "corpora.text.files=[$in/zebra.txt]"
restore
sed -i 's/"merges":\[/"merges":[["Q","Q"],/' "$in/model/tokenizer.json"
ways=$few_ways refused "a merge of no piece" 3 "tokenizer.json: .*QQ?" shard
head -c 5000 "$demo/model/tokenizer.json" > "$in/model/tokenizer.json"
refused "a truncated tokenizer" 3 "tokenizer.json, line 1 column [0-9]+: premature end of input" shard
rm "$in/model/tokenizer.json"
ways=$few_ways refused "no tokenizer" 2 "$config:2: model.path: no tokenizer.json in " shard
restore
# Other ids for the same texts: what the shards hold is no longer this model's.
sed -i 's/"a":65,"b":66/"a":66,"b":65/' "$in/model/tokenizer.json"
refused "shards of another tokenizer, collect" 3 "shards/text.h5: made with another tokenizer.*run the stage 'shard' again$" collect
refused "shards of another tokenizer, evaluate" 3 "shards/heldout.h5: made with another tokenizer.*run the stage 'shard' again$" evaluate
restore
printf 'first\nse\xffcond\n' > "$in/invalid.txt"
refused "a missing text" 3 "nowhere.txt: no such file" shard --set "corpora.text.files=[$in/nowhere.txt]"
: > "$in/empty.txt"
refused "an empty text" 3 "corpora.text: an empty corpus: no token in .*/empty.txt$" shard --set "corpora.text.files=[$in/empty.txt]"
refused "no UTF-8" 3 "invalid.txt:2: invalid UTF-8 at byte [0-9]+ .*0xff" shard --set "corpora.text.files=[$in/invalid.txt]" --set corpora.text.rows=line
ways=$few_ways refused "a text shorter than a window" 3 "heldout.h5: [0-9]+ tokens do not fill one window of 100000" evaluate --set 'evaluate.tasks[0].window=100000'
rm -rf "$run"
run_ok "no UTF-8, replaced" ranks 2 shard "$config" --set "corpora.text.files=[$in/invalid.txt]" --set corpora.text.on_invalid=replace
rm -rf "$run"
cp -r "$scratch/whole" "$run"

# --- Lists of neurons ---------------------------------------------------------------------------

# listed LINE MESSAGE
listed()
{
    echo "$1" >> "$in/list.csv"
    ways=$few_ways refused "a list with the line $1" 3 "$2" select
    sed -i '$d' "$in/list.csv"
}
listed 4,0 "list.csv: line 6: .*layer 4"
listed 0,256 "list.csv: line 6: .*neuron 256"
listed 0,-1 "list.csv: line 6: '-1' is not the number of a neuron"
listed 0 "list.csv: line 6: '0': \"layer,neuron\" is expected"
ways=$few_ways refused "a missing list" 3 "nowhere.csv: cannot open: No such file" select --set select.listed.neurons="$in/nowhere.csv"
ways=$few_ways refused "more neurons than there are" 3 "cohort 'frozen' at step512: layer 0: 300 neurons are wanted" select --set select.frozen.count=300

# --- Outputs of earlier stages ------------------------------------------------------------------

# damaged FILE MAKER STAGE: a stage that reads a file that is cut in half, or empty, names it and the
# stage that makes it.
damaged()
{
    local file=$run/$1 size
    size=$(stat -c %s "$file")
    truncate -s $((size / 2)) "$file"
    ways="3 driver" refused "half of $1" 3 "$1: cannot open as HDF5: .*; run the stage '$2' again$" "${@:3}"
    : > "$file"
    ways=$few_ways refused "nothing of $1" 3 "$1: cannot open as HDF5: .*; run the stage '$2' again$" "${@:3}"
    cp "$scratch/whole/$1" "$file"
}
damaged shards/text.h5 shard collect
damaged activations/step512.h5 collect reduce
damaged statistics/step512.h5 reduce select
damaged selection/random.h5 select evaluate
damaged shards/grammar.h5 shard evaluate
damaged results/step512/pairs-grammar.h5 evaluate report
run_ok "all is well again" ranks 2 evaluate "$config"
: > "$run/activations/step0.h5"
run_ok "a damaged output of its own is made anew" ranks 2 collect "$config"
prints "and it says so" 'activations/step0.h5 is stale \(damaged: .*\) and will be made anew'
check "as it was" same_results "$scratch/whole/activations" "$run/activations"
finish
