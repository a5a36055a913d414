#!/usr/bin/env bash
# What stages ask of the file system that the run is on: bounded for each output, and no more with more
# windows, chunks, neurons or conditions; ranks that do not write ask next to nothing.
. tests/stage/lib.sh
. tests/stage/experiment.sh

[ "$launcher_kind" = openmpi ] || skip_all "the counts are of Open MPI's ranks"
[ -z "${WN_SANITIZED:-}" ] || skip_all "nothing can be preloaded before the sanitizer"
make_experiment

# counted STAGE OPTION...: the stage on 2 ranks; $scratch/calls.STAGE has lines "RANK KIND COUNT".
counted()
{
    local stage=$1
    shift
    rm -f "$scratch/calls.$stage"
    LD_PRELOAD=$build/tests/support/calls.so WN_CALLS=$scratch/calls.$stage WN_CALLS_BELOW=$run \
        run_ok "$stage $*" "$launcher" -q -x LD_PRELOAD -n 2 "$build/bin/wn-$stage" "$config" "$@"
    LC_ALL=C sort -o "$scratch/calls.$stage" "$scratch/calls.$stage"
}

# most STAGE RANK KIND BOUND: whether there were no more.
most()
{
    local is
    is=$(sed -n "s/^$2 $3 //p" "$scratch/calls.$1")
    check "$1: rank $2 has at most $4 calls of $3 (${is:-none})" test "${is:-9999}" -le "$4"
}

# bounded STAGE UNITS: for each output of the writing rank, and for all of the other.
bounded()
{
    most "$1" 0 open $((20 * $2))
    most "$1" 0 stat $((24 * $2))
    most "$1" 0 change $((16 * $2))
    most "$1" 0 sync $((5 * $2))
    most "$1" 1 open $((7 * $2))
    most "$1" 1 stat $((10 * $2))
    # of which Open MPI makes and removes a file for each that it opens
    most "$1" 1 change $((3 * $2))
}

for stage in shard collect reduce select evaluate report; do counted $stage; done
bounded shard 3
bounded collect 2
bounded reduce 4
bounded evaluate 4
for stage in select report; do
    for kind in open stat change sync bytes; do most $stage 1 $kind 0; done
done
most select 0 change $((8 * 4))
most select 0 sync $((2 * 4))
written=$(find "$run/report" -type f | wc -l)
most report 0 change $((3 * written))
most report 0 sync $((2 * written))
mkdir "$scratch/few"
mv "$scratch"/calls.* "$scratch/few"

# Twice the windows in smaller chunks of more neurons, and twice the conditions.
rm -r "$run"
counted shard
counted collect --set collect.windows=64 --set resources.chunk=64
counted reduce --set collect.windows=64 --set resources.chunk=64
counted select --set collect.windows=64 --set resources.chunk=64
counted evaluate --set collect.windows=64 --set resources.chunk=64 --set 'evaluate.tasks[0].windows=24' \
    --set 'evaluate.conditions=[baseline, {ablate: [negative, positive, both], cohort: [top, random, frozen, listed]}]'
# same STAGE: whether calls are as many, but for the journal's syncs, which follow the clock.
same()
{
    check "$1: as many calls for more work" diff \
        <(grep -v "bytes\|sync" "$scratch/few/calls.$1") <(grep -v "bytes\|sync" "$scratch/calls.$1")
}
for stage in shard collect reduce evaluate; do same $stage; done
finish
