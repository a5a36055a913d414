# A SLURM cluster of this machine alone, for tests: sourced after tests/stage/lib.sh. munged,
# slurmctld and slurmd run as the user who calls, on ports, with a key and in a directory of their
# own, without cgroups, systemd or a database; nothing of a SLURM that is installed here is touched.
#
#     cluster_start || skip_all "$cluster_why"
#     sbatch ...
#
# The node pretends to have $CLUSTER_CPUS CPUs (default 8), so that several jobs run beside each
# other on any machine. A time limit is a whole minute and is looked at every few seconds; jobs that
# are requeued start again within $CLUSTER_EXPIRE seconds (SLURM holds them back for as long as a
# credential lives). Everything ends with the test, however it ends.
# shellcheck shell=bash

cluster_why='' cluster='' cluster_pids=()

# Debian keeps the daemons where a user's PATH does not go.
PATH=$PATH:/usr/sbin:/sbin

# free_port: a TCP port nobody listens on now, below those that the system hands out.
free_port()
{
    local port
    while :; do
        port=$((20000 + RANDOM % 10000))
        (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null || break
    done
    echo "$port"
}

cluster_missing()
{
    local program
    for program in munged slurmctld slurmd sbatch squeue scontrol scancel srun; do
        command -v $program > /dev/null || { cluster_why="$program is not installed (Debian: slurm-wlm, munge)"; return; }
    done
    return 1
}

write_cluster_configuration()
{
    local host user plugins
    host=$(hostname -s)
    user=$(id -un)
    plugins=none
    ls /usr/lib*/slurm*/mpi_pmix.so /usr/lib/*/slurm*/mpi_pmix.so > /dev/null 2>&1 && plugins=pmix
    cat > "$cluster/slurm.conf" <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$user
SlurmdUser=$user
SlurmctldPort=$cluster_port
SlurmdPort=$(free_port)
AuthType=auth/munge
AuthInfo=socket=$cluster/munge.socket,cred_expire=${CLUSTER_EXPIRE:-5}
CryptoType=crypto/munge
CredType=cred/munge
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/slurmd.pid
SlurmctldLogFile=$cluster/slurmctld.log
SlurmdLogFile=$cluster/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0,sched_min_interval=0
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$cluster/completed
MpiDefault=$plugins
MaxArraySize=${CLUSTER_ARRAY:-1001}
ReturnToService=2
InactiveLimit=0
KillWait=5
OverTimeLimit=0
MinJobAge=300
SlurmctldTimeout=30
SlurmdTimeout=30
SlurmdParameters=config_overrides
NodeName=$host NodeAddr=127.0.0.1 CPUs=${CLUSTER_CPUS:-8} RealMemory=${CLUSTER_MEMORY:-4096} State=UNKNOWN
PartitionName=test Nodes=$host Default=YES MaxTime=INFINITE State=UP DefMemPerCPU=100
END
}

# launch_daemon NAME COMMAND...: in the background, its output kept.
launch_daemon()
{
    local name=$1
    shift
    "$@" > "$cluster/$name.out" 2>&1 < /dev/null &
    cluster_pids+=($!)
}

# cluster_start: 0 when jobs can be submitted; else $cluster_why says why not, and nothing is left.
cluster_start()
{
    cluster_missing && return 1
    # A socket's path is short; nobody else may write where munge keeps its.
    cluster=$(mktemp -d "${TMPDIR:-/tmp}/wn-slurm.XXXXXX") || { cluster_why="no temporary directory"; return 1; }
    trap cluster_stop EXIT
    trap 'exit 130' INT TERM HUP
    mkdir "$cluster/state" "$cluster/spool"
    chmod 755 "$cluster"
    cluster_port=$(free_port)
    (umask 077; dd if=/dev/urandom of="$cluster/munge.key" bs=1024 count=1 2> /dev/null)
    write_cluster_configuration
    export SLURM_CONF=$cluster/slurm.conf
    launch_daemon munged munged --foreground --force --num-threads=2 --key-file="$cluster/munge.key" \
        --socket="$cluster/munge.socket" --pid-file="$cluster/munged.pid" --log-file="$cluster/munged.log" \
        --seed-file="$cluster/munged.seed"
    cluster_wait 10 test -S "$cluster/munge.socket" || { cluster_failed munged; return 1; }
    launch_daemon slurmctld slurmctld -D -i -f "$SLURM_CONF"
    launch_daemon slurmd slurmd -D -f "$SLURM_CONF" -N "$(hostname -s)"
    cluster_wait 30 cluster_is_idle || { cluster_failed slurmctld slurmd; return 1; }
}

cluster_is_idle()
{
    [ "$(timeout 10 sinfo -h -o %T 2> /dev/null)" = idle ]
}

# cluster_wait SECONDS COMMAND...: until it succeeds.
cluster_wait()
{
    local end=$((SECONDS + $1))
    shift
    until "$@" > /dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.2
    done
}

# cluster_failed DAEMON...: why, from the last words of the daemons.
cluster_failed()
{
    local name
    cluster_why="a SLURM of this machine alone does not start:"
    for name; do
        cluster_why+=" $name: $(cat "$cluster/$name.out" "$cluster/$name.log" 2> /dev/null | grep -iE 'error|fatal' | tail -n 1)"
    done
    cluster_stop
}

# Ends what was started, by its numbers: jobs first.
cluster_stop()
{
    local pid
    [ -n "$cluster" ] || return 0
    scancel --me > /dev/null 2>&1
    cluster_wait 10 cluster_has_no_jobs
    for ((i = ${#cluster_pids[@]} - 1; i >= 0; i--)); do
        pid=${cluster_pids[i]}
        kill "$pid" 2> /dev/null
        cluster_wait 5 eval "! kill -0 $pid" || kill -9 "$pid" 2> /dev/null
        wait "$pid" 2> /dev/null
    done
    rm -rf "$cluster"
    cluster='' cluster_pids=()
}

cluster_has_no_jobs()
{
    [ -z "$(squeue -h 2> /dev/null)" ]
}
