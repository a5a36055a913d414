# Every single allocation of a run that fails: a run of a few neurons on one process.
# shellcheck shell=bash

# starved STAGE CALL: a stage whose allocation number CALL fails; 0: none, it counts them.
starved()
{
    rm -f "$scratch/report"
    OMPI_MCA_ess_singleton_isolated=1 OMPI_MCA_orte_tmpdir_base=$scratch/mpi LD_PRELOAD=$build/tests/support/faults.so \
        WN_FAULT=memory WN_FAULT_CALL=$2 WN_FAULT_REPORT=$scratch/report quickly "$build/bin/wn-$1" "$config"
}

# Each job has every so many-th call.
sweep()
{
    local stage=$1 calls n tried=0 step=$jobs label
    fresh "$stage"
    starved "$stage" 0
    calls=$(sed -n 's/^calls //p' "$scratch/report")
    [ -z "$short" ] || step=$((calls / 20 + 1))
    fresh "$stage"
    for ((n = 1 + job; n <= calls; n += step)); do
        label="$stage, allocation $n of $calls"
        starved "$stage" "$n"
        tried=$((tried + 1))
        judge "$stage" "$label" memory 5
        diff -rq "$scratch/before/$stage" "$run" > /dev/null || fresh "$stage"
    done
    echo "torture: $stage: $tried of $calls allocations failed"
}

memory()
{
    local stage scratch=$scratch in run config
    local -A milliseconds
    in_directory "$scratch/small"
    make_experiment
    sed -i -e 's/windows: 32, pairs: 700/windows: 4, pairs: 60, every: 32/' -e 's/bootstrap: 3/bootstrap: 2, separated: 2/' \
        -e 's/windows: 12/windows: 2/' -e 's/step0, //' -e '/positive\|negative, cohort: listed/d' "$config"
    echo 'report: {bootstrap: 100}' >> "$config"
    mkdir -p "$scratch/mpi"
    undisturbed
    for stage in "${stages[@]}"; do sweep "$stage"; done
}
