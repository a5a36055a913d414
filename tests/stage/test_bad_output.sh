#!/usr/bin/env bash
# Outputs that cannot be written: the stage says so and leaves nothing half-written.
. tests/stage/lib.sh
. tests/stage/experiment.sh

make_experiment
printf 'a file\n' > "$scratch/file"

ways="1 2 3 driver"
refused "a run below a plain file" 4 "cannot create directory $scratch/file: Not a directory|$scratch/file.*: cannot create directory" \
    shard --set run.directory="$scratch/file/run"
for stage in shard collect reduce select evaluate report; do
    run_ok "$stage" ranks 2 $stage "$config"
done
cp -r "$run" "$scratch/whole"

# --- No permission ------------------------------------------------------------------------------

# Root may write anywhere, so the programs run as somebody who may not.
somebody=()
[ "$(id -u)" -ne 0 ] || somebody=(setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/tmp)
if [ "$(id -u)" -ne 0 ] || "${somebody[@]}" test -x "$build/bin/wn-shard" 2> /dev/null; then
    # denied STAGE DIRECTORY OUTPUT: the stage that should write in a directory that may only be read.
    denied()
    {
        rm -r "${run:?}/$2"
        mkdir -p "$run/$(dirname "$3")"
        chmod 555 "$run/$(dirname "$3")"
        launched_by="${somebody[*]}" refused "$1 where it may not" 4 "$3.*: cannot create.*: Permission denied" "$1"
        chmod 755 "$run/$(dirname "$3")"
        rm -r "${run:?}/$2"
        cp -r "$scratch/whole/$2" "$run"
    }
    denied shard shards shards/text.h5
    ways="3 driver"
    denied collect activations activations/step0.h5
    denied reduce pairs pairs/step0.h5
    chmod 777 "$run/pairs"
    denied reduce statistics statistics/step0.h5
    denied select selection selection/top.h5
    denied evaluate results results/step0/perplexity-heldout.h5
    denied report report report/index.html
else
    check "a directory that may not be written # SKIP nobody cannot run the programs" true
fi

# --- A full disk --------------------------------------------------------------------------------

# full STAGE KIB DIRECTORY: the stage, with so much room where it writes.
mounted=
full()
{
    rm -rf "${run:?}/$3"
    mkdir "$run/$3"
    mount -t tmpfs -o size="$2k" none "$run/$3" || return 1
    mounted=$run/$3
    refused "$1 with $2 KiB of disk" 4 "/$3/.*: (cannot (create|write|reserve [0-9]+ bytes): No space left|gnuplot could not write all)" "$1"
    umount "$run/$3"
    mounted=
}
trap '[ -z "$mounted" ] || umount "$mounted"' EXIT
mkdir "$scratch/mount"
if mount -t tmpfs -o size=64k none "$scratch/mount" 2> /dev/null; then
    umount "$scratch/mount"
    ways="1 2 3 driver"
    full shard 16 shards
    rm -rf "$run" && cp -r "$scratch/whole" "$run"
    full collect 2048 activations
    ways="3 driver"
    full collect 12 activations
    rm -rf "$run" && cp -r "$scratch/whole" "$run"
    full reduce 64 statistics
    rm -rf "$run" && cp -r "$scratch/whole" "$run"
    full reduce 64 pairs
    rm -rf "$run" && cp -r "$scratch/whole" "$run"
    full select 4 selection
    rm -rf "$run" && cp -r "$scratch/whole" "$run"
    full evaluate 12 results
    rm -rf "$run" && cp -r "$scratch/whole" "$run"
    # Whole files of a report may stand alone.
    others_may_be=yes
    for room in 12 72 100 280 420; do full report $room report; done
else
    check "a full disk # SKIP no file system can be mounted here" true
fi
finish
