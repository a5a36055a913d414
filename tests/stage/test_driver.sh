#!/usr/bin/env bash
# The driver on stages that only record how they were called, started by the real launcher.
. tests/stage/lib.sh

mkdir -p "$scratch/build/bin" "$scratch/elsewhere"
cp "$build/launcher" "$scratch/build/launcher"
for stage in shard collect reduce select evaluate report; do
    cat > "$scratch/build/bin/wn-$stage" <<END
#!/bin/sh
case "\$*" in *--print*) echo 2; exit ;; esac
rank=\${OMPI_COMM_WORLD_RANK:-\${PMI_RANK:-0}}
sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status >> "$scratch/cpus"
[ "\$rank" -ne 0 ] || echo "$stage: \$* width=\${WN_TERMINAL_WIDTH:-none}" >> "$scratch/calls"
echo . >> "$scratch/ranks.$stage"
[ -e "$scratch/fail.$stage" ] || exit 0
# The others leave it to rank 0: whoever ends first ends them all.
[ "\$rank" -eq 0 ] || sleep 20
echo "wn-$stage: error: what went wrong" >&2
exit "\$(cat "$scratch/fail.$stage")"
END
    chmod +x "$scratch/build/bin/wn-$stage"
done
ln -s "$build/bin/wn-manual" "$scratch/build/bin/wn-manual"
export BUILD=$scratch/build
wn=$PWD/wn

calls()
{
    cut -d ' ' -f "$1" "$scratch/calls" | tr '\n' ' '
}
# fresh: forgets earlier calls.
fresh()
{
    rm -f "$scratch"/calls "$scratch"/cpus "$scratch"/ranks.* "$scratch"/fail.*
}

fresh
run_ok "all stages run" "$wn" run some.yaml -n 3
check "in order" test "$(calls 1)" = "shard: collect: reduce: select: evaluate: report: "
check "with the configuration" test "$(cut -d ' ' -f 2 "$scratch/calls" | sort -u)" = some.yaml
check "on the ranks asked for" test "$(wc -l < "$scratch/ranks.collect")" -eq 3

fresh
run_ok "--from" "$wn" run some.yaml -n 1 --from select
check "starts there" test "$(calls 1)" = "select: evaluate: report: "
fresh
run_ok "--only" "$wn" run some.yaml -n 1 --only reduce --checkpoint step1 --set 'a.b=c d' --set=e=f=g
check "runs that stage with every option" grep -qx \
    'reduce: some.yaml --set a.b=c d --set e=f=g --checkpoint step1 width=none' "$scratch/calls"
fresh
run_ok "--checkpoint" "$wn" run some.yaml -n 1 --checkpoint step1
check "goes to the stages of one checkpoint" test \
    "$(grep -c -- '--checkpoint step1' "$scratch/calls")" -eq 3

fresh
run_ok "--dry-run" "$wn" run some.yaml -n 1 --dry-run
check "asks every stage" test "$(grep -c -- 'some.yaml --dry-run ' "$scratch/calls")" -eq 6
check "and says nothing was done" test "$(grep -c 'done in' "$scratch/err")" -eq 0

fresh
echo 3 > "$scratch/fail.reduce"
expect_fail "a failing stage's exit code" 3 'wn-reduce: error: what went wrong' "$wn" run some.yaml -n 2
check "ends the run" test "$(calls 1)" = "shard: collect: reduce: "
check "with its message and the driver's, nothing else" test "$(grep -vc 'done in' "$scratch/err")" -eq 2
prints "names the stage" 'stage reduce failed \(exit code 3\)'

# Where processes run. The other tests tell Open MPI not to bind: it then does not.
if [ "$launcher_kind" = openmpi ] && [ "$cpus" -ge 2 ]; then
    allowed=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
    binding=(env -u OMPI_MCA_hwloc_base_binding_policy "$wn" run some.yaml --only shard)
    fresh
    run_ok "as many ranks as cores" "${binding[@]}" -n 2
    check "have one each" test "$(sort -u "$scratch/cpus" | wc -l)" -eq 2
    fresh
    run_ok "a rank of two threads" "${binding[@]}" -n 1 --set resources.threads=2
    check "has two cores" grep -q '[-,]' "$scratch/cpus"
    fresh
    run_ok "more ranks than cores" "${binding[@]}" -n $((cpus + 1))
    check "run where the system puts them" test "$(sort -u "$scratch/cpus")" = "$allowed"
    fresh
    run_ok "more threads than cores" "${binding[@]}" -n "$cpus" --set resources.threads=2
    check "likewise" test "$(sort -u "$scratch/cpus")" = "$allowed"
    fresh
    run_ok "a launcher with words about binding" env -u OMPI_MCA_hwloc_base_binding_policy \
        WN_LAUNCHER="$launcher --bind-to none" "$wn" run some.yaml --only shard -n 2
    check "has its way" test "$(sort -u "$scratch/cpus")" = "$allowed"
    fresh
    run_ok "without a number of ranks" "${binding[@]}" --set resources.threads=2
    check "cores are shared out to threads" test "$(wc -l < "$scratch/ranks.shard")" -le $((cpus / 2))
fi

expect_fail "unknown option" 2 'did you mean --from' "$wn" run some.yaml --form select
expect_fail "unknown stage" 2 'did you mean collect' "$wn" run some.yaml --only colect
expect_fail "unknown command" 2 'did you mean run' "$wn" rnu some.yaml
expect_fail "no configuration" 2 'configuration' "$wn" run
expect_fail "two configurations" 2 'other.yaml: one word too many' "$wn" run some.yaml other.yaml
expect_fail "bad number of ranks" 2 '-n zero' "$wn" run some.yaml -n zero
expect_fail "missing programs" 2 'make' env BUILD="$scratch/none" "$wn" run some.yaml
expect_fail "missing launcher" 5 'WN_LAUNCHER' env WN_LAUNCHER=no-such-launcher "$wn" run some.yaml

if command -v script > /dev/null 2>&1; then
    fresh
    run_ok "on a terminal" script -qec "stty cols 97; '$wn' run some.yaml -n 2 --only shard" /dev/null
    check "the stages learn its width" grep -q 'width=97' "$scratch/calls"
fi

fresh
ln -s "$wn" "$scratch/elsewhere/wn"
run_ok "from another directory through a link" \
    sh -c "cd '$scratch/elsewhere' && ./wn run some.yaml -n 1 --only shard"
fresh
mkdir -p "$scratch/prefix/bin" "$scratch/prefix/share/wn"
cp wn "$scratch/build/bin/"* "$scratch/prefix/bin"
cp "$build/launcher" "$scratch/prefix/share/wn"
run_ok "installed" env -u BUILD "$scratch/prefix/bin/wn" run some.yaml -n 2 --only shard
check "with the launcher it was built for" test "$(wc -l < "$scratch/ranks.shard")" -eq 2
if [ -x "$build/bin/wn-collect" ]; then
    cat > "$scratch/run.yaml" <<END
run: {name: driver, directory: $scratch/run}
model: {path: tests/data/demo/model, checkpoints: ["step*"]}
END
    run_ok "checkpoints" env BUILD="$build" "$wn" checkpoints "$scratch/run.yaml"
    check "are listed in the order of training" test "$(head -n 3 "$scratch/out" | tr '\n' ' ')" = \
        "step0 step16 step64 "
    run_ok "print" env BUILD="$build" "$wn" print "$scratch/run.yaml" resources.threads --set resources.threads=3
    check "shows a key's value" test "$(cat "$scratch/out")" = 3
    expect_fail "print of no key" 2 'resources.thread: no such key.*; did you mean resources.threads\?' \
        env BUILD="$build" "$wn" print "$scratch/run.yaml" resources.thread
fi
run_ok "--help" "$wn" --help
prints "tells the usage" 'usage: wn run'
run_ok "--help of a command" "$wn" status --help
prints "tells its usage" 'usage: wn status CONFIG'
expect_fail "missing configuration" 3 "$scratch/rnu.yaml: cannot open: .*; did you mean $scratch/run.yaml\?" \
    env BUILD="$build" "$wn" status "$scratch/rnu.yaml"
finish
