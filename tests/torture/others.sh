# Clocks that jump, two runs at once, a rank that stops answering.
# shellcheck shell=bash

# What was made in the future, or long ago, is what it is.
jumping_clock()
{
    local when stage
    for when in "1990-01-01" "2100-01-01"; do
        rm -rf "$run"
        cp -r "$scratch/whole" "$run"
        find "$run" "$in" -exec touch -d "$when" {} +
        units > "$scratch/units"
        for stage in shard collect reduce select evaluate report; do
            outcome_of_all $stage "files of $when" && survived=$((survived + 1))
        done
        units | cmp -s - "$scratch/units" || problem lost "files of $when: units were made anew"
    done
}

# outcome_of_all STAGE LABEL: a stage of a run that is complete leaves all as it is.
outcome_of_all()
{
    capture ranks 2 "$1" "$config"
    [ "$code" -eq 0 ] || { problem failing "$2: $1" "$scratch/err"; return 1; }
    same_results "$scratch/whole" "$run" > "$scratch/check" 2>&1 || { problem differing "$2: $1" "$scratch/check"; return 1; }
}

# Two runs of a stage, started within a moment of each other: each does it, or says that the other does.
two_runs()
{
    local stage i first second
    for stage in "${stages[@]}"; do
        for ((i = 0; i < (runs + 15) / 16; i++)); do
            fresh "$stage"
            timeout 120 "$launcher" -n 2 "$build/bin/wn-$stage" "$config" > "$scratch/first.out" 2> "$scratch/first.err" < /dev/null &
            first=$!
            at_random "${milliseconds[$stage]}"
            sleep "$((random / 1000)).$(printf %03d $((random % 1000)))"
            quickly ranks 2 "$stage" "$config"
            second=$code
            wait $first
            first=$?
            case $first,$second in
                0,0) ;;
                0,5) clear "$stage, two runs" "$stage" 'is being run by process|several runs want' 5 ;;
                5,0) cp "$scratch/first.err" "$scratch/err"; code=5
                    clear "$stage, two runs" "$stage" 'is being run by process|several runs want' 5 ;;
                5,5) ;;
                124,* | *,hang) problem hangs "$stage, two runs" "$scratch/first.err" "$scratch/err" ;;
                *) problem unclear "$stage, two runs end with $first and $second" "$scratch/first.err" "$scratch/err" ;;
            esac
            outcome "$stage" "$stage, two runs" && survived=$((survived + 1))
        done
    done
}

# A rank that is stopped (SIGSTOP): the others say which, and end.
silent_ranks()
{
    local stage which launched victims waited
    for stage in "${stages[@]}"; do
        at_random 2; which=$random
        fresh "$stage"
        WN_TEST_PAUSE=3000 setsid "$launcher" -q -n 2 "$build/bin/wn-$stage" "$config" > "$scratch/out" 2> "$scratch/err" < /dev/null &
        launched=$!
        waited=0
        mapfile -t victims < /dev/null
        until [ ${#victims[@]} -eq 2 ] || [ $waited -gt 1000 ]; do
            sleep 0.05
            waited=$((waited + 1))
            mapfile -t victims < <(pgrep -P "$(pgrep -P $launched -d,),$launched" -f "bin/wn-$stage" 2> /dev/null)
        done
        sleep 2
        kill -STOP "${victims[$which]}"
        waited=0
        while kill -0 $launched 2> /dev/null && [ $waited -lt 600 ]; do
            sleep 0.1
            waited=$((waited + 1))
        done
        kill -CONT "${victims[$which]}" 2> /dev/null
        if [ $waited -ge 600 ]; then
            problem hangs "$stage, a stopped rank" "$scratch/err"
            kill -9 "${victims[@]}"
        fi
        wait $launched
        code=$?
        clear "$stage, a stopped rank" "$stage" "rank [01] \(process ${victims[$which]} on .*\) has not answered for 8 s" 5
        outcome "$stage" "$stage, a stopped rank" && survived=$((survived + 1))
        echo "torture: $stage: a stopped rank was named after $waited tenths of a second"
    done
}

others()
{
    jumping_clock
    two_runs
    silent_ranks
}
