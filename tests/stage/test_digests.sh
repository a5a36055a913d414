#!/usr/bin/env bash
# Large inputs are hashed once, not at each start: their digests stay in the run's directory, and are
# believed only while the file has not changed.
. tests/stage/lib.sh
. tests/stage/experiment.sh

[ "$launcher_kind" = openmpi ] || skip_all "the counts are of Open MPI's ranks"
[ -z "${WN_SANITIZED:-}" ] || skip_all "nothing can be preloaded before the sanitizer"
make_experiment

# enlarge FILE: adds a tensor of 2 MB that no model has, so that the file is large.
enlarge()
{
    local length size text i
    length=$(od -An -t u8 -N 8 "$1" | tr -d ' ')
    size=$(($(stat -c %s "$1") - 8 - length))
    text=$(tail -c +9 "$1" | head -c "$length" | sed 's/[[:space:]]*$//; s/}$//')
    text+=",\"extra\":{\"dtype\":\"F32\",\"shape\":[500000],\"data_offsets\":[$size,$((size + 2000000))]}}"
    {
        for ((i = 0; i < 8; i++)); do printf "\\x$(printf %x $((${#text} >> 8 * i & 255)))"; done
        printf %s "$text"
        tail -c +$((9 + length)) "$1"
        head -c 2000000 /dev/zero
    } > "$1.new"
    mv "$1.new" "$1"
}
for step in step0 step512; do enlarge "$in/model/$step/model.safetensors"; done
large=$(stat -c %s "$in/model/step0/model.safetensors")

# looked LABEL COMMAND...: runs it, and sets bytes to what was read of the models, and kept to the lines
# of digests.
looked()
{
    rm -f "$scratch/calls"
    LD_PRELOAD=$build/tests/support/calls.so WN_CALLS=$scratch/calls WN_CALLS_BELOW=$in/model run_ok "$@"
    bytes=$(awk '$2 == "bytes" { sum += $3 } END { print sum + 0 }' "$scratch/calls")
    kept=$(cat "$run/digests" 2> /dev/null | wc -l)
}
preloaded=("$launcher" -q -x LD_PRELOAD -n 2)
collect=("${preloaded[@]}" "$build/bin/wn-collect" "$config")

# fresh LABEL...: touched a moment ago, and not believed.
run_ok "shard" ranks 2 shard "$config"
touch "$in"/model/step*/model.safetensors
looked "collect, of files that are new" "${collect[@]}"
check "keeps nothing of them" test "$kept" -eq 0
sleep 5
looked "again, when they have settled" "${collect[@]}"
check "reads them" test "$bytes" -gt $((2 * large))
check "keeps two digests" test "$kept" -eq 2
looked "once more" "${collect[@]}"
check "reads none of the weights" test "$bytes" -lt $((large / 8))
prints "all is up to date" 'step512.h5 is up to date'
looked "status" env WN_CALLS=$scratch/calls "$wn" status "$config"
check "reads none either" test "$bytes" -lt $((large / 4))
looked "a dry run" "${collect[@]}" --dry-run
check "reads none either" test "$bytes" -lt $((large / 4))

# A change that leaves size and time as they were.
file=$in/model/step0/model.safetensors
cp -p "$file" "$scratch/original"
touch -r "$file" "$scratch/time"
printf '\x01' | dd of="$file" bs=1 seek=$((large - 5000)) conv=notrunc 2> "$scratch/check"
touch -r "$scratch/time" "$file"
check "size and time are the same" test "$(stat -c '%s %Y' "$file")" = "$(stat -c '%s %Y' "$scratch/original")"
looked "status after a change" "$wn" status "$config"
prints "tells that its output is stale" 'activations/step0.h5 +stale'
check "reads that file alone" test "$bytes" -gt "$large" -a "$bytes" -lt $((2 * large))
sleep 5
looked "collect" "${collect[@]}"
prints "makes it anew" 'step0.h5 is stale'
check "keeps its digest, too" test "$kept" -eq 3
cat "$scratch/original" > "$file"
sleep 5
run_ok "collect, of the file as it was" "${collect[@]}"
prints "makes it anew" 'step0.h5 is stale'

# Damage, and a file that cannot be written.
head -c 300 /dev/urandom > "$run/digests"
looked "collect with damaged digests" "${collect[@]}"
check "reads the weights" test "$bytes" -gt $((2 * large))
prints "finds all up to date" 'step0.h5 is up to date'
check "keeps them anew" test "$kept" -eq 2
rm "$run/digests"
mkdir "$run/digests"
looked "collect where they cannot be kept" "${collect[@]}"
prints "says so" 'digests: .*; files will be hashed again'
check "reads the weights" test "$bytes" -gt $((2 * large))
rmdir "$run/digests"

# Two at once.
"${collect[@]}" --checkpoint step0 > "$scratch/one" 2>&1 < /dev/null &
run_ok "two at once" "${collect[@]}" --checkpoint step512
wait $!
check "both well" test $? -eq 0
looked "afterwards" "${collect[@]}"
check "what was kept is right" grep -q 'step0.h5 is up to date' "$scratch/err"
check "nothing else is left" no_temporaries
finish
