#!/usr/bin/env bash
# What the ranks of a node share: memory for the weights, which needs no /dev/shm and leaves nothing
# behind when they are killed, and cores.
. tests/stage/lib.sh
. tests/stage/experiment.sh

make_experiment
for stage in shard collect reduce select evaluate; do
    run_ok "undisturbed: $stage" ranks 2 $stage "$config"
done
mv "$run/results" "$scratch/undisturbed"
again()
{
    rm -rf "$run/results"
}

# --- A rank that never comes ---------------------------------------------------------------------

if [ "$launcher_kind" = openmpi ]; then
    expect_fail "MPI that does not start is given up" 5 'MPI has not started for 2 s .*: a rank or the launcher is missing' \
        env WN_MPI_TIMEOUT=2 "$launcher" -q -n 1 "$build/bin/wn-shard" "$config" : -n 1 sleep 60
fi

# --- Cores --------------------------------------------------------------------------------------

warning='ranks? x [0-9]+ threads? share 1 core; more than cores makes it slower'
if command -v taskset > /dev/null 2>&1; then
    one=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*\([0-9]*\).*/\1/p' /proc/self/status)
    capture taskset -c "$one" "$launcher" -n 2 "$build/bin/wn-shard" "$config"
    prints "two ranks on a core: a warning" "2 ranks x 1 thread share 1 core"
    check "once" test "$(grep -cE "$warning" "$scratch/err")" -eq 1
    capture taskset -c "$one" "$launcher" -n 1 "$build/bin/wn-shard" "$config"
    check "one rank: none" test "$code$(grep -cE "$warning" "$scratch/err")" = 00
    capture taskset -c "$one" "$launcher" -n 1 "$build/bin/wn-shard" "$config" --set resources.threads=3
    prints "three threads: one" "1 rank x 3 threads share 1 core"
fi
cores=$(lscpu -p=core,socket 2> /dev/null | grep -v '^#' | sort -u | wc -l)
if [ "$cpus" -ge 2 ] && [ "$cores" -ge 2 ] && [ "$cores" -le 8 ]; then
    capture ranks 2 shard "$config"
    check "two ranks on two cores or more: no warning" test "$code$(grep -c 'more than cores' "$scratch/err")" = 00
    capture ranks 16 shard "$config"
    prints "sixteen: a warning" "16 ranks x 1 thread share [0-9] cores"
fi

# --- A small /dev/shm ---------------------------------------------------------------------------

# Other MPIs have their own needs of it, and start ranks from a process in between.
[ "$launcher_kind" = openmpi ] || finish
# shm SIZE COMMAND...: with a /dev/shm of its own, which others do not see.
cat > "$scratch/shm" <<'END'
#!/bin/sh
size=$1
shift
own=-m
[ "$(id -u)" -eq 0 ] || own=-rm
export size
# shellcheck disable=SC2016 # for the inner shell
exec unshare $own sh -c 'mount -t tmpfs -o size="$size" none /dev/shm && exec "$@"' sh "$@"
END
chmod +x "$scratch/shm"
"$scratch/shm" 64k true 2> "$scratch/check" || {
    echo "# note: no tests with a /dev/shm of their own: $(tail -n 1 "$scratch/check")"
    finish
}

# Open MPI's own messages go another way where /dev/shm is too small for it.
export OMPI_MCA_btl=self,vader,tcp
for size in 4k 5m; do
    again
    run_ok "a /dev/shm of $size" "$scratch/shm" $size "$launcher" -n 2 "$build/bin/wn-evaluate" "$config"
    check "and no copies for that" test "$(grep -c 'copy' "$scratch/err")" -eq 0
    check "the results are those of a large one" same_results "$scratch/undisturbed" "$run/results"
done

# --- Killed -------------------------------------------------------------------------------------

# Starts a stage on 2 ranks, waits for the moment WHEN (started, shared: the weights are in shared
# memory, or a time in seconds), kills the ranks and, with all, the launcher; then says what is in
# /dev/shm. Open MPI's launcher takes its own files away; when it is killed too, they stay.
cat > "$scratch/kill" <<'END'
when=$1 who=$2
shift 2
alive() { grep -q '^State:[[:space:]]*[^ZX]' "/proc/$1/status" 2> /dev/null; }
"$@" > "$scratch/out" 2> "$scratch/err" < /dev/null &
launcher=$!
ranks=
until [ "$(echo $ranks | wc -w)" -eq 2 ] || ! alive $launcher; do
    ranks=$(cat /proc/$launcher/task/*/children 2> /dev/null)
done
case $when in
    started) ;;
    shared)
        for rank in $ranks; do
            until grep -q memfd:wn /proc/"$rank"/maps 2> /dev/null || ! alive "$rank"; do :; done
            grep -q memfd:wn /proc/"$rank"/maps && echo shared
        done ;;
    *) sleep "$when" ;;
esac
[ "$who" = ranks ] || kill -9 $launcher
kill -9 $ranks
wait $launcher
for rank in $ranks; do
    while alive "$rank"; do sleep 0.01; done
done
if [ "$who" = ranks ]; then ls -A /dev/shm; else ls -A /dev/shm | grep -v '^vader_segment'; fi
END
export scratch
for how in started:ranks shared:ranks shared:all 0.3:ranks 0.8:ranks; do
    again
    left=$("$scratch/shm" 100m bash "$scratch/kill" "${how%:*}" "${how#*:}" \
        "$launcher" -n 2 "$build/bin/wn-evaluate" "$config" --set resources.chunk=16 2> "$scratch/check")
    case $how in
        shared:*) check "killed ($how) with weights in memory" test "$(echo "$left" | grep -c '^shared$')" -ge 1 ;;
    esac
    check "killed ($how): nothing is left" test -z "$(echo "$left" | grep -v '^shared$')"
done
finish
