# Files between stages that are damaged: cut off, or with a bit turned over. The stage that reads one names
# it, or the results are right; once it is removed, it is made again.
# shellcheck shell=bash

# hurt FILE: cuts it off, or turns over one bit at a random place; says which in $hurt.
hurt()
{
    local size byte
    size=$(stat -c %s "$1")
    at_random 6
    if [ "$random" -eq 0 ]; then
        at_random "$size"
        truncate -s "$random" "$1"
        hurt="cut off at $random"
    else
        at_random "$size"
        byte=$(od -An -tu1 -j "$random" -N 1 "$1")
        hurt="a bit of byte $random turned over"
        printf "\\x$(printf %02x $((byte ^ 1 << (RANDOM % 8))))" |
            dd of="$1" bs=1 seek="$random" conv=notrunc status=none
    fi
}

# damaged FILE STAGE READER OPTION...: the file that STAGE makes and READER reads is damaged, time and
# again.
damaged()
{
    local file=$1 maker=$2 reader=$3 i label refused=0 hurt
    shift 3
    [ -n "$(compgen -G "$made/$file")" ] || { echo "torture: no $file"; exit 1; }
    for ((i = 0; i < (runs + 3) / 4; i++)); do
        fresh "$reader"
        hurt "$run/$file"
        label="$file, $hurt, read by $reader"
        quickly ranks 2 "$reader" "$config" "$@"
        if [ "$code" = hang ]; then
            problem hangs "$label" "$scratch/err"
        elif [ "$code" = 0 ]; then
            cp "$made/$file" "$run/$file"
            same_outcome "$reader" "$label" && survived=$((survived + 1))
        elif clear "$label" "$reader" "$run/$file" 3; then
            refused=$((refused + 1))
            no_temporaries || problem unclear "$label: temporary files are left"
            rm "$run/$file"
            capture ranks 2 "$maker" "$config" "$@"
            [ "$code" -eq 0 ] || problem failing "$label: it cannot be made again" "$scratch/err"
            outcome "$reader" "$label" && survived=$((survived + 1))
        fi
    done
    echo "torture: $file damaged $i times: $reader refused it $refused times"
}

# A journal of an evaluation that was killed.
damaged_journal()
{
    local i launched waited hurt label
    for ((i = 0; i < (runs + 15) / 16; i++)); do
        fresh evaluate
        WN_TEST_PAUSE=30 "$launcher" -n 2 "$build/bin/wn-evaluate" "$config" > "$scratch/out" 2> "$scratch/err" < /dev/null &
        launched=$!
        waited=0
        until [ -s "$run/journal/step0/perplexity-heldout.0" ] || [ $waited -gt 3000 ]; do
            sleep 0.01
            waited=$((waited + 1))
        done
        pkill -9 -P $launched
        wait $launched 2> /dev/null
        hurt=none
        [ ! -s "$run/journal/step0/perplexity-heldout.0" ] || hurt "$run/journal/step0/perplexity-heldout.0"
        label="journal, $hurt"
        outcome evaluate "$label" && survived=$((survived + 1))
    done
    echo "torture: journal damaged $i times"
}

damage()
{
    local made=$scratch/whole
    damaged shards/text.h5 shard collect
    damaged activations/step0.h5 collect reduce
    damaged statistics/step0.h5 reduce select
    damaged pairs/step0.h5 reduce report
    damaged shards/heldout.h5 shard evaluate
    damaged shards/grammar.h5 shard evaluate
    damaged selection/top.h5 select evaluate
    damaged results/step512/perplexity-heldout.h5 evaluate report
    damaged results/step512/pairs-grammar.h5 evaluate report
    damaged_journal
}
