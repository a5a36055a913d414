# Calls that fail: the n-th that writes, reads or takes memory.
# shellcheck shell=bash

# faulty STAGE KIND ERROR CALL RANK: a stage on 2 ranks with a fault. The report says whether it was met.
faulty()
{
    local words=("$launcher" -n 2)
    [ "$launcher_kind" != openmpi ] || words=("$launcher" -q -x LD_PRELOAD -n 2)
    rm -f "$scratch/report"
    LD_PRELOAD=$build/tests/support/faults.so WN_FAULT=$2 WN_FAULT_ERROR=$3 WN_FAULT_CALL=$4 WN_FAULT_RANK=$5 \
        WN_FAULT_BELOW=$scratch WN_FAULT_REPORT=$scratch/report \
        quickly "${words[@]}" "$build/bin/wn-$1" "$config"
}

# Exit codes that a fault may lead to: output, input, resources; never a bug.
declare -A codes=([write]="4" [read]="3 4 5" [memory]="5")
declare -A patterns=([write]="cannot|No space|quota|Input/output|could not" [read]="cannot|Input/output|read" [memory]="out of memory|memory")

# one STAGE KIND ERROR CALL RANK
one()
{
    local label="$1, $2 call $4 of rank $5: $3" met
    fresh "$1"
    faulty "$@"
    met=$(head -n 1 "$scratch/report" 2> /dev/null)
    label="$label (${met:-not met})"
    judge "$1" "$label" "${patterns[$2]}" ${codes[$2]}
}

# some_of STAGE KIND ERROR...: as many calls as are wanted, the errors in turn.
some_of()
{
    local stage=$1 kind=$2 errors=("${@:3}") rank calls n i=0 most=$(((runs + 3) / 4))
    for rank in 0 1; do
        fresh "$stage"
        faulty "$stage" "$kind" "${errors[0]}" 0 $rank
        calls=$(sed -n 's/^calls //p' "$scratch/report" 2> /dev/null | head -n 1)
        [ "${calls:-0}" -gt 0 ] || continue
        [ $rank -eq 0 ] || most=$(((most + 3) / 4))
        at_random $(((calls + most - 1) / most))
        for ((n = 1 + random; n <= calls; n += (calls + most - 1) / most)); do
            one "$stage" "$kind" "${errors[i++ % ${#errors[@]}]}" $n $rank
        done
        echo "torture: $stage: rank $rank has $calls calls of $kind (${errors[*]}); $i tried"
    done
}

faults()
{
    local stage
    for stage in "${stages[@]}"; do
        some_of "$stage" write ENOSPC EDQUOT EIO
        some_of "$stage" write short
        some_of "$stage" read EIO
        some_of "$stage" read short
        some_of "$stage" memory -
    done
}
