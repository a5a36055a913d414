# kill -9 of one rank or all at random moments. Stages are killed again while they make up for it, until
# one gets through.
# shellcheck shell=bash

# gone PID...: waits until these processes have ended.
gone()
{
    local pid waited=0
    for pid; do
        while kill -0 "$pid" 2> /dev/null && ! grep -qs '^State:.*Z' "/proc/$pid/status"; do
            sleep 0.01
            waited=$((waited + 1))
            [ $waited -lt 2000 ] || return 1
        done
    done
}

# killed STAGE LABEL: starts a stage on 2 ranks and kills at a random moment of the time it needs.
# $ended: yes where the stage was faster.
killed()
{
    local stage=$1 launched victims=() waited=0 delay whom quiet=()
    [ "$launcher_kind" != openmpi ] || quiet=(-q)
    at_random "${milliseconds[$stage]}"; delay=$random
    at_random 3; whom=$random
    label="$2 (rank $whom, 2: both, after $delay ms)"
    timeout 120 "$launcher" "${quiet[@]}" -n 2 "$build/bin/wn-$stage" "$config" > "$scratch/out" 2> "$scratch/err" < /dev/null &
    launched=$!
    until [ ${#victims[@]} -eq 2 ] || ! kill -0 $launched 2> /dev/null || [ $waited -gt 3000 ]; do
        sleep 0.01
        waited=$((waited + 1))
        mapfile -t victims < <(pgrep -P "$(pgrep -P $launched -d,)" -f "wn-$stage" 2> /dev/null)
    done
    sleep "$((delay / 1000)).$(printf %03d $((delay % 1000)))"
    case $whom in
        2) kill -9 "${victims[@]}" ;;
        *) kill -9 "${victims[$whom]}" ;;
    esac 2> /dev/null
    wait $launched 2> /dev/null
    code=$?
    [ $code -ne 124 ] || problem hangs "$label" "$scratch/err"
    gone "${victims[@]}" || problem hangs "$label: a rank is left"
    ended=
    [ $code -ne 0 ] || ended=yes
}

kills()
{
    local stage n ended label kept
    for stage in "${stages[@]}"; do
        n=0
        while [ $n -lt "$runs" ]; do
            fresh "$stage"
            kept=
            ended=
            while [ -z "$ended" ] && [ $n -lt "$runs" ]; do
                killed "$stage" "$stage, kill $n"
                n=$((n + 1))
                LC_ALL=C comm -23 <(echo "$kept") <(units) | grep -q . &&
                    [ -n "$kept" ] && problem lost "$label"
                kept=$(units)
            done
            outcome "$stage" "$label" && survived=$((survived + 1))
            LC_ALL=C comm -23 <(echo "$kept") <(units) | grep -q . && problem lost "$label"
        done
        echo "torture: $stage: $n kills"
    done
}
