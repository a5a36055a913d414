#!/usr/bin/env bash
# The SLURM scripts without SLURM: what submit would submit, and what a job's script does with the
# environment that SLURM gives it. sbatch, scontrol and the driver are stand-ins that record.
. tests/stage/lib.sh

mkdir -p "$scratch/bin" "$scratch/root/slurm"
cp slurm/* "$scratch/root/slurm"
printf 'step0\nstep10\nstep2\nstep 30\nlast\n' > "$scratch/names"
: > "$scratch/my run.yaml"

cat > "$scratch/bin/sbatch" <<END
#!/bin/sh
echo "\$*" >> "$scratch/submitted"
wc -l < "$scratch/submitted" | sed 's/^ */10/; s/\$/;cluster/'
END
cat > "$scratch/bin/scontrol" <<END
#!/bin/sh
case \$1 in
    show) echo "MaxArraySize            = \${ARRAY_SIZE:-1001}" ;;
    requeue) echo "\$2" >> "$scratch/requeued" ;;
esac
END
cat > "$scratch/root/wn" <<END
#!/bin/bash
[ "\$1" != checkpoints ] || { cat "$scratch/names"; exit; }
[ "\$1" != print ] || { [ "\$3" = resources.threads ] && echo 6; exit; }
printf '%s|' "\$@" >> "$scratch/ran"
echo >> "$scratch/ran"
[ "\${WN_WAITS:-}" != yes ] || { trap 'exit 7' USR1; echo ready >> "$scratch/ready"; for i in {1..100}; do sleep 0.1; done; }
exit "\${WN_CODE:-0}"
END
chmod +x "$scratch/bin"/* "$scratch/root/wn"
export PATH=$scratch/bin:$PATH
submit=$scratch/root/slurm/submit
job=$scratch/root/slurm/stage.sbatch
cd "$scratch" || exit 1

run_ok "a dry run" "$submit" "my run.yaml" --dry-run --ranks 8 --partition p --set a.b=1
check "prints six commands" test "$(grep -c '^sbatch ' out)" -eq 6
check "submits nothing" test ! -e submitted
check "leaves nothing behind" test ! -e slurm-logs

run_ok "a submission" "$submit" "my run.yaml" --ranks 8 --time 60 --at-once 2 --set a.b=1 -- --exclusive
check "submits six jobs" test "$(wc -l < submitted)" -eq 6
dependencies()
{
    sed -n 's/.*--dependency=\([^ ]*\).*/\1/p' submitted | tr '\n' ' '
}
check "each after the one before" test "$(dependencies)" = "afterok:101 afterok:102 afterok:103 afterok:104 afterok:105 "
check "three are arrays over five checkpoints" test "$(grep -c -- '--array=0-4%2 ' submitted)" -eq 3
check "all may be requeued, and end with a failed one before them" test \
    "$(grep -c -- '--requeue .*--kill-on-invalid-dep=yes' submitted)" -eq 6
check "each rank has the cores of its threads" test "$(grep -c -- '--cpus-per-task=6 ' submitted)" -eq 6
check "options of the user's own go along" test "$(grep -c -- '--exclusive' submitted)" -eq 6
check "the stage, the configuration and its settings come last" \
    grep -q "stage.sbatch select $scratch/my run.yaml --set a.b=1\$" submitted
check "the job ids are kept" test "$(tail -n 1 'slurm-logs/my run/jobs.txt')" = "report 106"
check "the checkpoints are kept" cmp -s names 'slurm-logs/my run/checkpoints.txt'

rm submitted
run_ok "more checkpoints than an array holds" env ARRAY_SIZE=2 "$submit" "my run.yaml" --from evaluate
check "share tasks" grep -q -- '--array=0-1 ' submitted
check "and --from starts in the middle" test "$(wc -l < submitted)" -eq 2

expect_fail "an unknown option" 2 'unknown option' "$submit" "my run.yaml" --nods 3
expect_fail "a missing configuration" 2 'none.yaml' "$submit" none.yaml
expect_fail "an unknown stage" 2 'known: shard' "$submit" "my run.yaml" --from colect
expect_fail "a bad number" 2 'positive' "$submit" "my run.yaml" --ranks many

# --- A job's script -----------------------------------------------------------------------------

export WN=$scratch/root/wn WN_CHECKPOINTS=$scratch/names SLURM_JOB_ID=77
run_ok "a job" "$job" shard "my run.yaml" --set a.b=1
check "runs its stage" grep -qxF 'run|my run.yaml|--only|shard|--set|a.b=1|' ran
rm ran
run_ok "a task of two" env SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_COUNT=2 \
    "$job" collect "my run.yaml"
check "takes its share of the checkpoints" grep -qxF \
    'run|my run.yaml|--only|collect|--checkpoint|step10|--checkpoint|step 30|' ran
capture env WN_CODE=3 "$job" collect "my run.yaml"
check "a stage's exit code is the job's" test "$code" -eq 3
check "and a failure is not requeued" test ! -e requeued

sed -i 's/sleep 60/sleep 0/' "$job"
WN_WAITS=yes "$job" collect "my run.yaml" > out 2> err &
pid=$!
for _ in $(seq 100); do [ -e ready ] && break; sleep 0.1; done
kill -USR1 $pid
wait $pid
check "a signal before the time limit reaches the stage, whose exit code is the job's" test $? -eq 7
check "and the job is requeued" grep -qx 77 requeued
capture env WN_CODE=7 WN_REQUEUES=3 SLURM_RESTART_COUNT=3 "$job" collect "my run.yaml"
check "but not for ever" test "$(wc -l < requeued)" -eq 1
finish
