# For tests of whole programs: sourced by tests/stage/test_*.sh, which run from the repository root
# under tests/run (or alone: bash tests/stage/test_x.sh, after make programs tests).
#
# A test is a list of checks; each prints a line of TAP, and finish, the last line, prints the
# plan. Every test has an empty directory $scratch of its own, kept after a failure.
# shellcheck shell=bash

set -u
build=${WN_BUILD:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
test_name=$(basename "$0" .sh)
scratch=$build/scratch/$test_name
rm -rf "$scratch"
mkdir -p "$scratch"
checks=0
broken=0

launcher_kind=other launcher=mpirun
[ -r "$build/launcher" ] && read -r launcher_kind launcher < "$build/launcher"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_hwloc_base_binding_policy=none OPENBLAS_NUM_THREADS=1
# Nothing here leaves this machine: looking for networks is most of the time a program takes to start.
export OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader OMPI_MCA_mtl=^ofi,psm2,psm
# Nor need the launcher wait a second before it ends ranks beside one that failed.
export OMPI_MCA_odls_base_sigkill_timeout=0
unset WN_TERMINAL_WIDTH WN_LAUNCHER
# CPUs that a test may use; OpenMP's variables are of no account.
cpus=$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc)

pass()
{
    checks=$((checks + 1))
    echo "ok $checks - $1"
}

# fail LABEL [FILE...]: the files' ends are shown.
fail()
{
    local file
    checks=$((checks + 1))
    broken=$((broken + 1))
    echo "not ok $checks - $1"
    shift
    for file; do
        echo "# $file:"
        tail -n 20 "$file" | sed 's/^/#   /'
    done
}

# skip LABEL REASON: a check that cannot be made here.
skip()
{
    checks=$((checks + 1))
    echo "ok $checks - $1 # SKIP $2"
}

# skip_all REASON: ends a test that cannot run here.
skip_all()
{
    echo "1..0 # SKIP $1"
    exit 0
}

# The plan, the exit status, and the end of the scratch directory of a test that passed.
finish()
{
    echo "1..$checks"
    [ "$broken" -eq 0 ] || exit 1
    rm -rf "$scratch"
    exit 0
}

# capture COMMAND...: runs it, output in $scratch/out and $scratch/err, status in $code. The
# command may be "ranks N STAGE ARGUMENT...", here and in the checks below: a program of ours on N
# ranks.
capture()
{
    local words=("$@")
    if [ "$1" = ranks ]; then
        words=("$launcher" -n "$2" "$build/bin/wn-$3" "${@:4}")
        [ "$launcher_kind" != openmpi ] || words=("$launcher" -q "${words[@]:1}")
    fi
    timeout -k 5 "${TEST_SECONDS:-300}" "${words[@]}" > "$scratch/out" 2> "$scratch/err" < /dev/null
    code=$?
}

# check LABEL COMMAND...: passes when the command succeeds.
check()
{
    local label=$1
    shift
    if "$@" > "$scratch/check" 2>&1; then pass "$label"; else fail "$label" "$scratch/check"; fi
}

# run_ok LABEL COMMAND...: passes when the command exits with 0.
run_ok()
{
    local label=$1
    shift
    capture "$@"
    if [ "$code" -eq 0 ]; then
        pass "$label"
    else
        fail "$label: exit status $code" "$scratch/out" "$scratch/err"
    fi
}

# expect_fail LABEL CODE PATTERN COMMAND...: passes when the command exits with CODE and exactly
# one line of its errors contains "error:", and that line matches the extended regular expression.
expect_fail()
{
    local label=$1 wanted=$2 pattern=$3 errors
    shift 3
    capture "$@"
    errors=$(grep -c 'error:' "$scratch/err")
    if [ "$code" -ne "$wanted" ]; then
        fail "$label: exit status $code, not $wanted" "$scratch/err"
    elif [ "$errors" -ne 1 ]; then
        fail "$label: $errors lines with errors, not one" "$scratch/err"
    elif ! grep 'error:' "$scratch/err" | grep -qE -- "$pattern"; then
        fail "$label: the message does not match '$pattern'" "$scratch/err"
    else
        pass "$label"
    fi
}

# prints LABEL PATTERN: whether the last command's output or errors match.
prints()
{
    if grep -qE -- "$2" "$scratch/out" "$scratch/err"; then
        pass "$1"
    else
        fail "$1: nothing matches '$2'" "$scratch/out" "$scratch/err"
    fi
}
