#!/usr/bin/env bash
# paths.scratch: files are written there and published in the run's directory, whatever happens; and
# resources.hints, which change no result.
. tests/stage/lib.sh
. tests/stage/experiment.sh

make_experiment
fast="$scratch/fast"
options=(--set "paths.scratch=$fast")

# in_fast: how many things are in the scratch directory.
in_fast()
{
    find "$fast" -mindepth 1 2> /dev/null | wc -l
}

run_ok "undisturbed" "$wn" run "$config" -n 2
mv "$run" "$scratch/undisturbed"
# In a directory that hands on its group, with a umask that shuts others out.
other=$(id -G | tr ' ' '\n' | grep -vx "$(id -g)" | head -n 1)
[ "$(id -u)" -ne 0 ] || other=12345
mkdir "$run"
[ -z "$other" ] || chgrp "$other" "$run"
chmod g+s "$run"
umask 027
run_ok "with a scratch directory and hints" "$wn" run "$config" -n 2 "${options[@]}" \
    --set resources.hints.cb_nodes=1 --set resources.hints.romio_cb_write=enable --set resources.hints.nobody_knows=1
check "the results are the same" same_results "$scratch/undisturbed" "$run" --but configuration
umask 022
check "files have the umask's mode" test -z "$(find "$run" -mindepth 1 -type f -not -perm 640)"
check "directories, too" test -z "$(find "$run" -mindepth 1 -type d -not -perm 2750)"
check "and the group of the run's directory" test -z "$(find "$run" -not -group "$(stat -c %g "$run")")"
check "nothing is left there" test "$(in_fast)" -eq 0
run_ok "without them" "$wn" run "$config" -n 1
check "all is up to date" test "$(grep -c 'is up to date' "$scratch/err")" -eq "$(find "$run" -name '*.h5' | wc -l)"

# --- What is found out --------------------------------------------------------------------------

rm "$run"/activations/step0.h5
mkdir -p "$scratch/a/local" "$scratch/b/local"
wide=("$launcher")
[ "$launcher_kind" != openmpi ] || wide+=(-q)
# Two nodes' directories of the same name are not the same directory.
wide+=(-n 1 -wdir "$scratch/a" "$build/bin/wn-collect" "$config" --set paths.scratch=local
    : -n 1 -wdir "$scratch/b" "$build/bin/wn-collect" "$config" --set paths.scratch=local)
expect_fail "one that ranks do not share" 2 "paths.scratch: 'local' is not the same directory on all nodes \(rank 1 on .* does not see what rank 0 made there\)" "${wide[@]}"
check "leaves nothing" test -z "$(find "$scratch/a/local" "$scratch/b/local" -mindepth 1)"
check "and makes nothing" test ! -e "$run/activations/step0.h5"

ways="1 2"
refused "a variable that is not set" 2 'paths.scratch: \$WN_NOT_SET is not set in the environment' collect --set 'paths.scratch=$WN_NOT_SET/x'
refused "no variable" 2 "paths.scratch: .*a variable's name is expected" collect --set 'paths.scratch=/tmp/$(id)'
refused "a place that cannot be written" 4 'paths.scratch: /proc/wn.*: cannot create' collect --set paths.scratch=/proc/wn
refused "a hint without a value" 2 'resources.hints.cb_nodes: MPI takes' collect --set 'resources.hints.cb_nodes=""'
refused "a hint with a long name" 2 "resources.hints.$(printf 'x%.0s' {1..99}): MPI takes" collect --set "resources.hints.$(printf 'x%.0s' {1..99})=1"
refused "hints that are no map" 2 'resources.hints: a map of keys is expected' collect --set 'resources.hints=[1]'
run_ok "a dry run does without" env -u WN_NOT_SET "$launcher" -n 1 "$build/bin/wn-collect" "$config" --dry-run --set 'paths.scratch=$WN_NOT_SET'

export WN_TEST_FAST=$fast
[ "$launcher_kind" != openmpi ] || wide=(-x WN_TEST_FAST)

# --- Signals and deaths -------------------------------------------------------------------------

# met LABEL SIGNAL CODE: collect on 2 ranks, slowed, gets a signal when a file is being written.
met()
{
    local launched waited=0 victims
    WN_TEST_PAUSE=300 "$launcher" -n 2 "$build/bin/wn-collect" "$config" --set 'paths.scratch=${WN_TEST_FAST}' \
        > "$scratch/out" 2> "$scratch/err" < /dev/null &
    launched=$!
    until compgen -G "$fast/wn.*/*.h5.tmp.*" > /dev/null || [ $waited -gt 3000 ]; do
        sleep 0.01
        waited=$((waited + 1))
    done
    sleep 0.3
    find "$fast" > "$scratch/during"
    victims=$(grep -l "wn-collect" /proc/[0-9]*/comm 2> /dev/null | cut -d / -f 3)
    for pid in $victims; do
        ! tr '\0' '\n' 2> /dev/null < "/proc/$pid/cmdline" | grep -qxF "$config" || kill -"$2" "$pid"
    done
    wait $launched
    code=$?
    if [ "$3" = any ] && [ $code -ne 0 ] || [ $code = "$3" ]; then pass "$1"
    else fail "$1: exit status $code" "$scratch/out" "$scratch/err"; fi
}

met "SIGTERM while it writes" TERM 7
check "was met in the scratch directory" grep -q 'step0.h5.tmp' "$scratch/during"
check "inputs of pairs are there, too" grep -q 'step0.h5.inputs.tmp' "$scratch/during"
check "leaves nothing there" test "$(in_fast)" -eq 0
check "nor in the run" no_temporaries
met "SIGKILL while it writes" KILL any
check "leaves what it wrote" test "$(in_fast)" -gt 1
check "no activations look finished" test ! -e "$run/activations/step0.h5"
run_ok "another run" ranks 2 collect "$config" "${options[@]}"
check "takes that away" test "$(in_fast)" -eq 0
check "here and there" no_temporaries
check "gives the same" same_results "$scratch/undisturbed" "$run" --but configuration

# --- Every call on the way from there to here, and every reading there -------------------------------

# faulty KIND CALL ERROR BELOW RANKS OPTION...: collect of one checkpoint, of which the so many-th call of this
# kind below a directory fails.
faulty()
{
    local words=("$launcher")
    [ "$launcher_kind" != openmpi ] || words+=(-q -x LD_PRELOAD)
    rm -f "$run/activations/step0.h5" "$scratch/report"
    LD_PRELOAD=$build/tests/support/faults.so WN_FAULT=$1 WN_FAULT_CALL=$2 WN_FAULT_ERROR=$3 \
        WN_FAULT_BELOW=$4 WN_FAULT_RANK=0 WN_FAULT_REPORT=$scratch/report \
        capture "${words[@]}" -n "$5" "$build/bin/wn-collect" "$config" "${options[@]}" --checkpoint step0 "${@:6}"
}
if [ -z "${WN_SANITIZED:-}" ]; then
    faulty write 0 ENOSPC "$run" 1
    calls=$(sed -n 's/^calls //p' "$scratch/report")
    problems=0
    for ((n = 1; n <= calls; n++)); do
        faulty write "$n" ENOSPC "$run" 1
        if [ "$code" -ne 0 ] && [ "$code" -ne 4 ] || [ "$(in_fast)" -ne 0 ] || ! no_temporaries ||
            { [ "$code" -eq 0 ] && ! "$compare_h5" --but configuration "$scratch/undisturbed/activations/step0.h5" "$run/activations/step0.h5" > "$scratch/check"; } ||
            { [ "$code" -eq 4 ] && [ -e "$run/activations/step0.h5" ]; }; then
            fail "call $n of $calls: exit status $code" "$scratch/report" "$scratch/err"
            problems=1
        fi
    done
    check "a full disk at any of $calls calls: said, and nothing left" test "$problems$((calls > 8))" = 01

    # What waits there is compressed, and inputs of pairs become distances.
    packed=(--set collect.mode=raw --set collect.deflate=1)
    faulty read 0 EIO "$fast" 2 "${packed[@]}"
    calls=$(sed -n 's/^calls //p' "$scratch/report")
    cp "$run/activations/step0.h5" "$scratch/packed.h5"
    said=0 problems=0
    for ((n = 1; n <= calls; n += calls / 8 + 1)); do
        for error in EIO short; do
            faulty read "$n" $error "$fast" 2 "${packed[@]}"
            if [ "$code" -ne 0 ]; then said=$((said + 1))
            elif ! "$compare_h5" "$scratch/packed.h5" "$run/activations/step0.h5" > "$scratch/check" 2>&1; then
                fail "reading call $n of $calls, $error: other data" "$scratch/report" "$scratch/check"
                problems=1
            fi
        done
    done
    check "what cannot be read is not taken for zeros ($calls calls, $said ended the run)" test "$problems$((said > 4))" = 01
fi
finish
