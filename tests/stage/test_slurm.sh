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
echo "\$WN_MODULES \$WN_LAUNCHER \$WN_REQUEUES" >> "$scratch/environment"
wc -l < "$scratch/submitted" | sed 's/^ */10/; s/\$/;cluster/'
END
cat > "$scratch/bin/scontrol" <<END
#!/bin/sh
case \$1 in
    -o) echo "JobId=77 JobState=\${JOB_STATE:-RUNNING} Reason=None" ;;
    show) echo "MaxArraySize            = \${ARRAY_SIZE:-1001}" ;;
    requeue) echo "\$2" >> "$scratch/requeued" ;;
esac
END
cat > "$scratch/bin/squeue" <<END
#!/bin/sh
cat "$scratch/queue"
END
cat > "$scratch/bin/scancel" <<END
#!/bin/sh
echo "\$1" >> "$scratch/cancelled"
END
cat > "$scratch/bin/apptainer" <<END
#!/bin/sh
echo "\$1 \$2 \$3" >> "$scratch/contained"
shift 3
exec "$scratch/root/wn" "\$@"
END
cat > "$scratch/root/wn" <<END
#!/bin/bash
[ "\$1" != checkpoints ] || { cat "$scratch/names"; exit; }
[ "\$1" != print ] || case \$3 in
    resources.threads) echo 6; exit ;;
    run.directory) echo "my runs/a"; exit ;;
esac
for last; do :; done
if [ "\$last" = --dry-run=json ]; then
    [ ! -e "$scratch/no-plan" ] || exit 3
    while [ "\$1" != --as ]; do shift; done
    awk -v as="\$2" 'BEGIN { split(as, n, "x"); nodes = n[2] ? n[2] : 1 }
        { gsub(/MEMORY/, 1000000000 + 100000000 * n[1] / nodes)
          while (match(\$0, /WORK[0-9]+/)) sub(/WORK[0-9]+/, substr(\$0, RSTART + 4, RLENGTH - 4) / n[1]) } 1' "$scratch/dry"
    exit
fi
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
: > queue

# unit NAME SECONDS MEMORY CHUNKS [BOUND]: one that is to do.
unit()
{
    printf '{"unit":"%s","current":false,"bound":"'"${5:-exact}"'","chunks":%s,"rows":1000,"flops":null,"bytes_read":5,"memory_per_node":%s,"bytes_written":7,"seconds":%s},' "$1" "$4" "$3" "$2"
}
current_unit()
{
    printf '{"unit":"%s","current":true},' "$1"
}
# stage NAME UNIT...: a line of a dry run.
stage()
{
    local name=$1
    shift
    printf '{"stage":"%s","ranks":1,"nodes":1,"todo":1,"unknown":0,"total":{"chunks":1,"seconds":99},"conditions":["a\\"b"],"units":[%s],"flops_per_second_per_rank":null}\n' "$name" "$(printf '%s' "$@" | sed 's/,$//')"
}
checkpoints=(step0 step10 step2 "step 30" last)
# dry SHARD COLLECT EVALUATE: a dry run; what makes the stages' units, or "current". A rank takes 100 MB
# and all of them together 1 GB, and WORK is divided among them.
dry()
{
    local name words
    {
        words=()
        if [ "$1" = current ]; then words=("$(current_unit shards/t.h5)"); else words=("$(unit shards/t.h5 WORK3 MEMORY 1)"); fi
        stage shard "${words[@]}"
        for name in collect reduce evaluate; do
            words=()
            for checkpoint in "${checkpoints[@]}"; do
                case $name-$2-$3 in
                    collect-todo-* | collect-"$checkpoint"-*) words+=("$(unit "activations/$checkpoint.part1.h5" WORK8000 MEMORY 500)" "$(unit "activations/$checkpoint.h5" null null null)") ;;
                    collect-*) words+=("$(current_unit "activations/$checkpoint.h5")") ;;
                    reduce-*) words+=("$(current_unit "statistics/$checkpoint.h5")") ;;
                    evaluate-*-todo) words+=("$(unit "results/$checkpoint/a.h5" null null null unknown)" "$(current_unit "results/$checkpoint/b.h5")") ;;
                    evaluate-*) words+=("$(current_unit "results/$checkpoint/a.h5")") ;;
                esac
            done
            stage $name "${words[@]}"
            [ $name != reduce ] || stage select "$(current_unit selection/top.h5)"
        done
        stage report "$(unit report null null null)"
    } > dry
}

# --- What is planned ----------------------------------------------------------------------------

dry todo todo todo
run_ok "a dry run" "$submit" "my run.yaml" --dry-run --ranks 8 --partition p --set a.b=1
check "prints six commands" test "$(grep -c '^sbatch ' out)" -eq 6
check "submits nothing" test ! -e submitted
check "leaves nothing behind" test ! -e "my runs"
# 8000 s are 1000 s on 8 ranks; twice that, 300 s and the signal's 300 s are 2600 s. One node
# with 8 ranks takes 1 GB and 8 times 100 MB; a quarter more and 200 MB are 2450 MB.
check "time and memory are planned from the dry run" grep -q 'job-name=my\\ run-collect --time=44 --mem=2450M --ntasks=8 ' out
check "of each node" grep -q -- '--mem=1950M' <("$submit" "my run.yaml" --dry-run --ranks 8 --nodes 2 2> /dev/null | grep collect)
# A task of three checkpoints, 2000 s each on 4 ranks.
check "what takes several rounds takes longer" grep -q -- '--time=110 ' \
    <("$submit" "my run.yaml" --dry-run --ranks 4 --array-tasks 2 --margin 1 2> /dev/null | grep run-collect)
check "no more than allowed" grep -q -- '--time=30 ' <("$submit" "my run.yaml" --dry-run --ranks 8 --max-time 30 2> /dev/null | grep run-collect)
check "the unknown gets the default" grep -q 'run-evaluate --time=04:00:00 --ntasks=8' out
check "so does what is up to date and will not stay so" grep -q 'run-reduce --time=04:00:00 --ntasks=8' out
run_ok "with limits of one's own" "$submit" "my run.yaml" --dry-run --time 1-0 --memory 5G --no-plan
check "these are taken" test "$(grep -c -- '--time=1-0 --mem=5G' out)" -eq 6
touch no-plan
expect_fail "a run that cannot be planned" 2 'dry run failed' "$submit" "my run.yaml"
rm no-plan
check "is not submitted" test ! -e submitted

# --- What is submitted ------------------------------------------------------------------------

run_ok "a submission" "$submit" "my run.yaml" --ranks 8 --time 60 --at-once 2 --set a.b=1 --tasks-per-node 4 \
    --account me --qos low --module gcc --launcher srun --requeues 7 --signal 120 -- --exclusive
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
check "options go along" test "$(grep -c -- '--signal=B:USR1@120 .*--ntasks-per-node=4 --account=me --qos=low .*--exclusive' submitted)" -eq 6
check "the job's environment too" test "$(sort -u environment)" = "gcc srun 7"
check "the stage, the configuration and its settings come last" \
    grep -q "stage.sbatch select $scratch/my run.yaml --set a.b=1\$" submitted
check "the numbers are kept" test "$(tail -n 1 'my runs/a/slurm/jobs.txt')" = "report 106 1 -"
check "the checkpoints are kept" cmp -s names 'my runs/a/slurm/collect-1.checkpoints'

# in_queue LINE...: what squeue says.
in_queue()
{
    printf '%s\n' "$@" > queue
}
all_tasks()
{
    local task
    for task in 0 1 2 3 4; do echo "$1 $task PENDING my run-$2"; done
}
in_queue "101 N/A RUNNING my run-shard" "$(all_tasks 102 collect)" "$(all_tasks 103 reduce)" \
    "104 N/A PENDING my run-select" "$(all_tasks 105 evaluate)" "106 N/A PENDING my run-report"
run_ok "submitted again at once" "$submit" "my run.yaml" --ranks 8 --time 60
check "submits nothing" test "$(wc -l < submitted)" -eq 6

# One task has failed, one still runs; what waited for the array is gone, or would wait in vain.
dry current "step 30" current
in_queue "102 1 RUNNING my run-collect" "$(all_tasks 103 reduce)" "104 N/A PENDING my run-select" \
    "105 N/A PENDING someone else's-evaluate"
rm submitted
run_ok "submitted after a failure" "$submit" "my run.yaml" --ranks 8 --time 60
check "the failed checkpoint is" test "$(cat 'my runs/a/slurm/collect-2.checkpoints')" = "step 30"
check "the jobs that would wait in vain are withdrawn" test "$(tr '\n' ' ' < cancelled)" = "103 104 "
check "only what is to do is collected and reduced" test "$(grep -c -- '--array=0-0 ' submitted)" -eq 2
check "what follows waits for both" grep -q -- '--dependency=afterok:101:102_1 .*stage.sbatch reduce' submitted
check "cohorts and results follow for all" grep -q -- '--array=0-4 .*--dependency=afterok:103 .*stage.sbatch evaluate' submitted
check "a job of that number with another name is not ours" test "$(wc -l < submitted)" -eq 5

dry current current current
in_queue
rm submitted
mkdir -p 'my runs/a/report'
touch 'my runs/a/report/index.html'
run_ok "when all is done" "$submit" "my run.yaml"
check "nothing is submitted" test ! -e submitted
prints "and it says so" 'evaluate: nothing to do'

dry todo todo todo
run_ok "more checkpoints than an array holds" env ARRAY_SIZE=2 "$submit" "my run.yaml" --from evaluate --container wn.sif
check "share tasks" grep -q -- '--array=0-1 ' submitted
check "and --from starts in the middle" test "$(wc -l < submitted)" -eq 2
check "a container is asked itself" grep -qxF 'exec wn.sif wn' contained
rm submitted
run_ok "up to a stage" "$submit" "my run.yaml" --to collect
check "two jobs" test "$(wc -l < submitted)" -eq 2

expect_fail "an unknown option" 2 'unknown option' "$submit" "my run.yaml" --nods 3
expect_fail "a missing configuration" 2 'none.yaml' "$submit" none.yaml
expect_fail "an unknown stage" 2 'known: shard' "$submit" "my run.yaml" --from colect
expect_fail "a bad number" 2 'positive' "$submit" "my run.yaml" --ranks many
expect_fail "a bad time" 2 'soon: a time such as' "$submit" "my run.yaml" --time soon
expect_fail "a time that leaves none to work" 2 'less than a minute' "$submit" "my run.yaml" --time 5
for time in 6 06:00 00:06:00 0-1 0-0:6 0-0:6:0; do
    run_ok "the time $time" "$submit" "my run.yaml" --dry-run --time $time
done
flock "my runs/a/slurm/lock" sleep 3 &
sleep 0.5
expect_fail "while another submits" 2 'another submit is at work' "$submit" "my run.yaml"
wait

# --- The guide's commands ----------------------------------------------------------------------

cp "my run.yaml" my-run.yaml
rm -f submitted
commands=0
while read -r line; do
    commands=$((commands + 1))
    config=$(grep -oE '[^ ]+\.yaml' <<< "$line")
    mkdir -p "root/$(dirname "$config")"
    cp my-run.yaml "root/$config"
    run_ok "$line" bash -c "cd $scratch/root && $line"
    rm -rf "root/my runs"
done < <(sed -n 's/^    \(\(slurm\/submit\|sbatch\) .*\)/\1/p' "$OLDPWD"/docs/*.md "$OLDPWD/README.md" | sed -E 's/ +# .*//')
check "the guide has commands" test $commands -ge 12
check "and they submit jobs" test "$(wc -l < submitted)" -ge 40

# --- A job's script -----------------------------------------------------------------------------

export WN=$scratch/root/wn WN_CHECKPOINTS=$scratch/names SLURM_JOB_ID=77
run_ok "a job" "$job" shard "my run.yaml" --set a.b=1
check "runs its stage" grep -qxF 'run|my run.yaml|--only|shard|--set|a.b=1|' ran
rm ran
run_ok "a task of two" env SLURM_ARRAY_JOB_ID=76 SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_COUNT=2 \
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
capture env WN_CODE=7 JOB_STATE=CANCELLED "$job" collect "my run.yaml"
check "not when it was cancelled" test "$(wc -l < requeued)" -eq 1
capture env WN_CODE=7 SLURM_ARRAY_JOB_ID=76 SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_COUNT=2 "$job" collect "my run.yaml"
check "of an array the task alone" test "$(tail -n 1 requeued)" = 76_1
capture env WN_CODE=7 WN_REQUEUES=3 SLURM_RESTART_COUNT=3 "$job" collect "my run.yaml"
check "but not for ever" test "$(wc -l < requeued)" -eq 2

mkdir -p modules/init
echo 'module() { echo "$*" >> loaded; [ "$2" != absent ]; }' > modules/init/bash
run_ok "modules" env MODULESHOME="$scratch/modules" WN_MODULES="gcc openmpi/4" "$job" shard "my run.yaml"
check "are loaded" test "$(paste -sd, loaded)" = "load gcc,load openmpi/4"
capture env MODULESHOME="$scratch/modules" WN_MODULES="absent" "$job" shard "my run.yaml"
check "or the job ends" test "$code" -eq 5
rm contained
run_ok "a container" env WN_CONTAINER="my wn.sif" "$job" shard "my run.yaml"
check "is where wn runs" grep -qxF 'exec my wn.sif wn' contained
finish
