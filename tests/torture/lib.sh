# What the parts of tests/torture/torture share.
# shellcheck shell=bash

export WN_MPI_TIMEOUT=20
survived=0 lost=0 differing=0 hangs=0 unclear=0 failing=0
declare -A milliseconds

# in_directory DIRECTORY: that is where the experiment is from here on.
in_directory()
{
    scratch=$1 in=$1/in run=$1/run config=$1/config.yaml
    mkdir -p "$1"
}

# problem COUNTER TEXT [FILE...]: adds to a count, and says what happened where.
problem()
{
    printf -v "$1" %d $((${!1} + 1))
    echo "torture: $1: $2"
    shift 2
    local file
    for file; do tail -n 8 "$file" | sed 's/^/    /'; done
}

summary()
{
    printf '%s: %s\n' "interruptions and faults survived" "$survived" "units lost" "$lost" \
        "results differing" "$differing" "hangs" "$hangs" "messages unclear" "$unclear" \
        "reruns failing" "$failing" "seed" "$seed" "minutes" $((SECONDS / 60))
    [ $((lost + differing + hangs + unclear + failing)) -eq 0 ]
}

# together FILE...: the summaries of several jobs as one.
together()
{
    local key value
    while IFS=: read -r key value; do
        case $key in
            "interruptions and faults survived") survived=$((survived + value)) ;;
            "units lost") lost=$((lost + value)) ;;
            "results differing") differing=$((differing + value)) ;;
            hangs) hangs=$((hangs + value)) ;;
            "messages unclear") unclear=$((unclear + value)) ;;
            "reruns failing") failing=$((failing + value)) ;;
        esac
    done < <(cat "$@")
    summary
}

now()
{
    echo $((${EPOCHREALTIME/./} / 1000))
}

# at_random N: a number from 0 to N - 1 in $random.
at_random()
{
    random=$(((RANDOM << 15 | RANDOM) % ($1 > 0 ? $1 : 1)))
}

# Runs all stages, keeps how long each takes, and the run before it in $scratch/before/STAGE.
undisturbed()
{
    local stage start
    mkdir -p "$scratch/before"
    for stage in shard collect reduce select evaluate report; do
        mkdir -p "$run"
        cp -r "$run" "$scratch/before/$stage"
        start=$(now)
        capture ranks 2 $stage "$config"
        [ "$code" -eq 0 ] || { cat "$scratch/err"; exit 1; }
        milliseconds[$stage]=$(($(now) - start))
    done
    mv "$run" "$scratch/whole"
}

# fresh STAGE: the run as it was before a stage.
fresh()
{
    rm -rf "$run"
    cp -r "$scratch/before/$1" "$run"
}

# Units that are finished: outputs that are there, with their inodes. Pairs are of one unit with statistics,
# which come last.
units()
{
    (cd "$run" && find . -name '*.h5' -not -path './pairs/*' -printf '%p %i\n' | LC_ALL=C sort)
}

# outcome STAGE LABEL: reruns a stage without disturbance; its outcome must be the undisturbed one's.
outcome()
{
    local stage=$1
    capture ranks 2 "$stage" "$config"
    if [ "$code" -ne 0 ]; then
        [ "$code" -ne 124 ] || { problem hangs "$2, then rerun" "$scratch/err"; return 1; }
        problem failing "$2: the rerun ends with $code" "$scratch/err"
        return 1
    fi
    same_outcome "$stage" "$2"
}

# next_of STAGE: the undisturbed run after a stage, in $next.
next_of()
{
    case $1 in
        shard) next=collect ;;
        collect) next=reduce ;;
        reduce) next=select ;;
        select) next=evaluate ;;
        evaluate) next=report ;;
        report) next=../whole ;;
    esac
    next=$scratch/before/$next
}

# same_outcome STAGE LABEL: whether what a stage made is what it made undisturbed.
same_outcome()
{
    local next
    next_of "$1"
    if ! same_results "$next" "$run" > "$scratch/check" 2>&1; then
        problem differing "$2" "$scratch/check"
    elif ! no_temporaries; then
        problem unclear "$2: temporary files are left"
    else
        return 0
    fi
    return 1
}

# untouched STAGE: whether the run is as before a stage, but for outputs that are there as the stage makes
# them undisturbed: what a rerun does then is to go on after them.
untouched()
{
    local name next
    next_of "$1"
    diff -rq "$scratch/before/$1" "$run" > /dev/null && return
    for name in $(files "$scratch/before/$1"); do [ -f "$run/$name" ] || return 1; done
    for name in $(files "$run"); do
        cmp -s "$scratch/before/$1/$name" "$run/$name" || cmp -s "$next/$name" "$run/$name" || return 1
    done
}

# settled STAGE LABEL: after a stage that failed, the run is untouched, or a rerun (that also shows now and
# then) has the undisturbed outcome.
settled()
{
    no_temporaries || { problem unclear "$2: temporary files are left"; return 1; }
    at_random 16
    if [ "$random" -ne 0 ] && [ ! -d "$run/journal" ] && untouched "$1"; then return; fi
    outcome "$@"
}

# clear LABEL STAGE PATTERN CODE...: whether a stage that failed said so in one line that matches, with one
# of these exit codes.
clear()
{
    local label=$1 stage=$2 pattern=$3 wanted
    shift 3
    for wanted; do
        [ "$wanted" != "$code" ] || {
            wanted=$(grep -c 'error:' "$scratch/err")
            [ "$wanted" -eq 1 ] || { problem unclear "$label: $wanted lines with errors" "$scratch/err"; return 1; }
            grep "^wn-$stage: error: " "$scratch/err" | grep -qE -- "$pattern" && return 0
            problem unclear "$label: the message does not match '$pattern'" "$scratch/err"
            return 1
        }
    done
    problem unclear "$label: exit status $code" "$scratch/err"
    return 1
}

# judge STAGE LABEL PATTERN CODE...: what became of a stage with a fault that was run by quickly: it did its work
# all the same, or says so (clear) and leaves a run that goes on.
judge()
{
    if [ "$code" = hang ]; then
        problem hangs "$2" "$scratch/err"
    elif [ "$code" = 0 ]; then
        same_outcome "$1" "$2" && survived=$((survived + 1))
    elif clear "$2" "$1" "${@:3}"; then
        settled "$1" "$2" && survived=$((survived + 1))
    fi
}

# quickly COMMAND...: capture, with a time limit that shows a hang.
quickly()
{
    TEST_SECONDS=60 capture "$@"
    if [ "$code" -eq 124 ] || [ "$code" -eq 137 ]; then code=hang; fi
}
