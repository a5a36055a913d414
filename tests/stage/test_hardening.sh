#!/usr/bin/env bash
# Programs are as the Makefile's hardening flags promise: at random places in memory, with tables that
# are read-only once they are linked, no memory that is both written and executed, guarded stacks, and
# checked copies.
. tests/stage/lib.sh

command -v readelf > /dev/null || skip_all "no readelf"
grep -q -- '-fstack-protector-strong' "$build/flags" || skip_all "built without hardening"

# has LABEL PROGRAM OPTION PATTERN: whether readelf says so.
has()
{
    check "$1" grep -qE -- "$4" <(readelf -W "$3" "$2")
}
for program in "$build"/bin/wn-*; do
    name=${program##*/}
    has "$name: position-independent" "$program" --file-header 'Type: +DYN'
    has "$name: read-only relocations" "$program" --program-headers '^ +GNU_RELRO'
    has "$name: all symbols bound at the start" "$program" --dynamic '\((BIND_NOW|FLAGS)\).*NOW|FLAGS_1.*NOW|BIND_NOW'
    has "$name: guarded stacks" "$program" --dyn-syms '__stack_chk_fail'
    check "$name: no segment is written and executed" test -z "$(readelf -W --program-headers "$program" | grep -E '^ +(LOAD|GNU_STACK).* (RWE|WE) ')"
    if grep -q -- '-D_FORTIFY_SOURCE' "$build/flags"; then
        has "$name: checked copies" "$program" --dyn-syms '__[a-z]*printf_chk|__memcpy_chk'
    fi
    check "$name: no directory of libraries is its own" test -z "$(readelf -W --dynamic "$program" | grep -E '\((RPATH|RUNPATH)\).*\[(\.|[^/$]|.*:\.?(:|\]))')"
done
finish
