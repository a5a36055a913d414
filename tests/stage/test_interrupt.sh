#!/usr/bin/env bash
# A signal that asks to stop, to one rank, all of them, the launcher or the driver: within seconds
# every rank ends with exit code 7, nothing looks finished that is not, and a rerun does the rest.
. tests/stage/lib.sh
. tests/stage/experiment.sh

make_experiment
cp "$demo/corpus.txt" "$in/text.txt"
quiet=()
[ "$launcher_kind" != openmpi ] || quiet=(-q)
# after PID FILE: waits until FILE (a pattern below the run) and two ranks are there, or PID has ended.
after()
{
    local waited=0
    until { compgen -G "$run/$2" && [ "$(compgen -G "$scratch/pid.*" | wc -l)" -eq 2 ]; } > /dev/null || [ $waited -gt 3000 ] || ! kill -0 "$1" 2> /dev/null; do
        sleep 0.01
        waited=$((waited + 1))
    done
    sleep 0.5
}

# nobody_left STAGE: no process of the stage runs on this configuration.
nobody_left()
{
    local file words
    for file in /proc/[0-9]*/cmdline; do
        words=$(tr '\0' ' ' 2> /dev/null < "$file")
        case $words in */wn-"$1"\ *"$config"*) return 1 ;; esac
    done
}

# codes: what every rank's wrapper wrote down, each once: "7 " when all ended with 7.
codes()
{
    sort -u "$scratch"/code.* | tr '\n' ' '
}
cat > "$scratch/rank" <<END
#!/bin/bash
# Runs the program as this process's child, and keeps its process id and exit code.
"\$@" & echo \$! > "$scratch/pid.\$\$"
trap '' TERM INT USR1
wait \$!; code=\$?
echo \$code > "$scratch/code.\$\$"
exit \$code
END
chmod +x "$scratch/rank"

# interrupted LABEL SIGNAL WHOM STAGE FILE PAUSE: a stage on 2 ranks is slowed (by so many ms at each look
# for signals), and as soon as FILE is there gets the signal: WHOM is "one" rank, "all" of them, or the "launcher".
interrupted()
{
    local label=$1 signal=$2 whom=$3 stage=$4 file=$5 launched start took victims
    rm -f "$scratch"/pid.* "$scratch"/code.*
    WN_TEST_PAUSE=$6 "$launcher" "${quiet[@]}" -n 2 "$scratch/rank" "$build/bin/wn-$stage" "$config" \
        > "$scratch/out" 2> "$scratch/err" < /dev/null &
    launched=$!
    after $launched "$file"
    mapfile -t victims < <(cat "$scratch"/pid.*)
    start=$EPOCHREALTIME
    case $whom in
        one) kill -"$signal" "${victims[1]}" ;;
        all) kill -"$signal" "${victims[@]}" ;;
        launcher) kill -"$signal" $launched ;;
    esac
    wait $launched
    code=$?
    took=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
    if [ $code -ne 7 ] || [ "$(codes)" != "7 " ]; then
        fail "$label: exit status $code, of the ranks $(codes)" "$scratch/out" "$scratch/err"
    elif [ "$(grep -c 'error:' "$scratch/err")" -ne 1 ] || ! grep -q "wn-$stage: error: .*interrupted by SIG$signal" "$scratch/err"; then
        fail "$label: not one message that names the signal" "$scratch/err"
    elif [ "${took%.*}" -ge 10 ]; then
        fail "$label: took $took s"
    elif ! no_temporaries; then
        fail "$label: temporary files are left"
    else
        pass "$label"
    fi
}

for stage in shard collect reduce select evaluate report; do
    run_ok "undisturbed: $stage" ranks 2 $stage "$config"
done
mv "$run" "$scratch/undisturbed"

mkdir "$run"
interrupted "SIGTERM to all ranks of shard" TERM all shard . 1000
run_ok "shard" ranks 2 shard "$config"
interrupted "SIGTERM to one rank of collect" TERM one collect 'activations/step0.h5.tmp.*' 300
check "no activations look finished" test ! -e "$run/activations/step0.h5"
interrupted "SIGINT to all ranks of collect" INT all collect activations/step0.h5 200
check "a finished unit stays" test -e "$run/activations/step0.h5"
run_ok "collect" ranks 2 collect "$config"
interrupted "SIGUSR1 to the launcher of reduce" USR1 launcher reduce . 1000
run_ok "reduce" ranks 2 reduce "$config"
interrupted "SIGTERM to one rank of select" TERM one select . 1000
run_ok "select" ranks 2 select "$config"
interrupted "SIGTERM to all ranks of evaluate" TERM all evaluate results 500
interrupted "SIGINT to one rank of evaluate" INT one evaluate results 500
interrupted "SIGUSR1 to the launcher of evaluate" USR1 launcher evaluate results/step0/perplexity-heldout.h5 200
check "a finished unit stays" test -e "$run/results/step0/perplexity-heldout.h5"
run_ok "evaluate" ranks 2 evaluate "$config"
interrupted "SIGTERM to all ranks of report" TERM all report report/figures 1000
run_ok "report" ranks 2 report "$config"
check "the outcome is that of the undisturbed run" same_results "$scratch/undisturbed" "$run"

# Through the driver any of them will do, whatever the launcher makes of it.
for signal in TERM INT HUP USR1; do
    rm -rf "$run/results"
    rm -f "$scratch"/pid.*
    touch "$scratch/pid.1" "$scratch/pid.2"
    WN_TEST_PAUSE=200 env --default-signal=INT "$wn" run "$config" -n 2 --from evaluate \
        > "$scratch/out" 2> "$scratch/err" < /dev/null &
    driver=$!
    after $driver results
    kill -$signal $driver
    wait $driver
    code=$?
    check "the driver ends with 7 after SIG$signal" test $code -eq 7
    prints "the stage was asked to stop, not killed" 'wn-evaluate: error: .*interrupted by SIGUSR1'
    prints "and the driver says so" 'stage evaluate was interrupted \(exit code 7\); run again'
    check "and no rank is left" nobody_left evaluate
done
run_ok "run again" "$wn" run "$config" -n 2
rm -rf "$run/report" "$scratch/undisturbed/report"
check "the outcome is that of the undisturbed run" same_results "$scratch/undisturbed" "$run"
finish
