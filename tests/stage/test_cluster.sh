#!/usr/bin/env bash
# The project's jobs under a real SLURM, on a cluster of this machine alone: the chain, arrays over
# checkpoints, time limits, cancelled and failed jobs, and submitting again. Skipped where no SLURM
# starts.
. tests/stage/lib.sh
. tests/stage/experiment.sh
. tests/slurm/cluster.sh

[ "$launcher_kind" = openmpi ] || skip_all "srun starts programs of this MPI in a way of its own"
cluster_start || skip_all "$cluster_why"
submit=$PWD/slurm/submit
job=$PWD/slurm/stage.sbatch
export WN=$wn

make_experiment
cp "$demo/corpus.txt" "$in/text.txt"
sed -i 's/, pairs: 700}/}/' "$config"
# A chain of jobs has 1 GB at most, and no more ranks than two at a time.
options=(--ranks 2 --memory 500)

# state JOB: what SLURM says of it.
state()
{
    scontrol -o show job "$1" 2> /dev/null | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p' | sort -u | paste -sd' '
}

is_state()
{
    [ "$(state "$1")" = "$2" ]
}

# restarts JOB
restarts()
{
    scontrol -o show job "$1" | sed -n 's/.* Restarts=\([0-9]*\).*/\1/p'
}

# number STAGE: of its last job.
number()
{
    awk -v stage="$1" '$1 == stage { n = $2 } END { print n }' "$run/slurm/jobs.txt"
}

# Nothing of ours is in the queue, but the jobs given.
only_left()
{
    ! squeue -h -o %F | grep -qvxF "$(printf '%s\n' "$@")"
}

# same_but_jobs A B [--but ATTRIBUTE]: the same results, whatever jobs made them.
same_but_jobs()
{
    rm -rf "$1/slurm" "$2/slurm" "$1/report" "$2/report"
    same_results "$@"
}

run_ok "undisturbed" "$wn" run "$config" -n 2
mv "$run" "$scratch/undisturbed"

# --- A time limit, beside all that follows ----------------------------------------------------

# A hundred small units, parts of a corpus, that take some 70 s together. The limit is a minute, and
# the signal comes 10 to 40 s before it.
limited=$scratch/limited
parts=(--set run.directory="$limited" --set collect.windows=200 --set collect.parts=50)
mkdir "$limited"
cp -r "$scratch/undisturbed/shards" "$limited"
run_ok "undisturbed, in many parts" "$wn" run "$config" -n 2 --only collect "${parts[@]}"
mv "$limited/activations" "$scratch/activations"
limited_id=$(WN_TEST_PAUSE=100 sbatch --parsable --ntasks=2 --mem=500 --time=1 --signal=B:USR1@10 \
    --output="$scratch/limited.log" "$job" collect "$config" "${parts[@]}")
check "a job with a time limit is submitted" test -n "$limited_id"

# --- A damaged checkpoint -----------------------------------------------------------------------

cp "$in/model/step512/model.safetensors" "$scratch/weights"
truncate -s 1000 "$in/model/step512/model.safetensors"
run_ok "a submission" "$submit" "$config" "${options[@]}" --no-plan --time 10 --signal 60 -- --begin=now+10
check "keeps six numbers" test "$(wc -l < "$run/slurm/jobs.txt")" -eq 6
cp "$run/slurm/jobs.txt" "$scratch/jobs"
run_ok "submitted again at once" "$submit" "$config" "${options[@]}" --no-plan --time 10 --signal 60
check "nothing is submitted twice" cmp -s "$scratch/jobs" "$run/slurm/jobs.txt"
check "all wait in the queue" test "$(squeue -h -r -o %i | wc -l)" -eq 10
check "the chain ends" cluster_wait 60 only_left "$limited_id"
check "shard has run" is_state "$(number shard)" COMPLETED
check "one task of the array has run, one failed" is_state "$(number collect)" "COMPLETED FAILED"
check "the failed one says why" grep -q 'error: .*step512/model.safetensors' "$run/slurm/collect-$(number collect)_1.log"
for stage in reduce select evaluate report; do
    check "$stage never runs" is_state "$(number $stage)" CANCELLED
done
check "nor does it write" test ! -e "$run/statistics"

# --- Going on, with ranks of srun -----------------------------------------------------------------

cp "$scratch/weights" "$in/model/step512/model.safetensors"
run_ok "a plan" "$submit" "$config" "${options[@]}" --dry-run
check "collect is planned for the other checkpoint only" grep -q -- '--job-name=config-collect .*--array=0-0 ' "$scratch/out"
check "in the time that it takes" grep -q -- '--job-name=config-collect --time=[1-9][0-9] ' "$scratch/out"
check "shard is not planned" test "$(grep -c 'job-name=config-shard' "$scratch/out")" -eq 0
run_ok "submitted again" "$submit" "$config" "${options[@]}" --launcher "srun --mpi=pmix" --time 10 --signal 60
check "five more jobs" test "$(wc -l < "$run/slurm/jobs.txt")" -eq 11
check "for the checkpoint that failed" test "$(cat "$run/slurm/collect-2.checkpoints")" = step512
check "the chain ends" cluster_wait 90 only_left "$limited_id"
for stage in collect reduce select evaluate report; do
    check "$stage has run" is_state "$(number $stage)" COMPLETED
done
run_ok "submitted once more" "$submit" "$config" "${options[@]}"
check "there is nothing to do" test "$(grep -c 'nothing to do' "$scratch/err")" -eq 6
check "nothing is in the queue" only_left "$limited_id"
check "the results are those without SLURM" same_but_jobs "$scratch/undisturbed" "$run"

# --- Cancelled, and signalled ---------------------------------------------------------------------

# A slowed job: sets id, and waits until it is in the middle of its unit.
slowed()
{
    rm -rf "$run/results"
    id=$(WN_TEST_PAUSE=200 sbatch --parsable --ntasks=2 --mem=500 --time=5 --signal=B:USR1@60 --output="$scratch/slowed.log" "$@" \
        "$job" evaluate "$config")
    cluster_wait 30 test -d "$run/results/step0"
    sleep 1
}
slowed
scancel "$id"
check "a cancelled job ends" cluster_wait 30 only_left "$limited_id"
check "and does not come back" is_state "$id" CANCELLED
check "it was interrupted, and says so" grep -q 'stage evaluate was interrupted (exit code 7)' "$scratch/slowed.log"
check "nothing looks finished" test -z "$(find "$run/results" -name '*.h5')"

# To the ranks alone, as srun's tasks; then to everything.
slowed --export=ALL,WN_REQUEUES=1,WN_LAUNCHER="srun --mpi=pmix"
check "srun's ranks are a step of the job" eval 'squeue -h -s -o %i | grep -qx "$id.0"'
scancel --signal=USR1 "$id"
check "a signalled job goes back into the queue" cluster_wait 30 eval '[ "$(restarts $id)" = 1 ]'
check "and starts again" cluster_wait 40 is_state "$id" RUNNING
sleep 2
scancel --signal=TERM --full "$id"
check "not more often than it may" cluster_wait 30 is_state "$id" FAILED
check "it says so" grep -q 'requeued 1 times already: not again' "$scratch/slowed.log"
check "with the exit code of an interruption" eval 'scontrol show job $id | grep -q ExitCode=7:0'
run_ok "run again" "$wn" run "$config" -n 2 --from evaluate
check "the results are those of the undisturbed run" same_but_jobs "$scratch/undisturbed" "$run"

# --- The time limit -------------------------------------------------------------------------------

check "the job with a time limit ends" cluster_wait 240 only_left
check "it is done" is_state "$limited_id" COMPLETED
check "it was requeued" test "$(restarts "$limited_id")" -ge 1
check "before its limit" test "$(grep -c 'interrupted by SIGUSR1' "$scratch/limited.log")" -eq "$(restarts "$limited_id")"
echo "# note: requeued $(restarts "$limited_id") times"
check "the results are those of the undisturbed run" same_results "$scratch/activations" "$limited/activations"
ours=$cluster
cluster_stop
no_daemon()
{
    ! grep -qsF "$ours" /proc/[0-9]*/cmdline
}
check "no daemon is left" no_daemon
finish
