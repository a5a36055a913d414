#!/usr/bin/env bash
# Help, manual pages and completion, all of which come from one table of options.
. tests/stage/lib.sh

manual=$build/bin/wn-manual
wn=$PWD/wn
export BUILD=$build

run_ok "help" "$wn" help
prints "lists the commands" '^  checkpoints +lists the run'
run_ok "help of a stage" "$wn" help reduce
cp "$scratch/out" "$scratch/reduce"
run_ok "the stage's own" ranks 1 reduce --help
check "begins alike" test "$(head -n 20 "$scratch/out")" = "$(head -n 20 "$scratch/reduce")"
prints "lists the keys" '^  collect\.window = 2048$'
run_ok "help of keys" "$wn" help collect.wind
check "those that begin so" test "$(grep -c '^  collect.window' "$scratch/out")" -eq 2
expect_fail "help of nothing" 2 'did you mean collect\?' "$wn" help colect

# --- Every option of every program is in its page and in both completions -----------------------

# absent PAGE OPTION: whether it is not in the page, or not in a completion.
absent()
{
    local roff
    roff=$(printf '%s' "${2#-}" | sed 's/-/\\-/g')
    ! grep -qE -- "Fl \"?(\\\\&)?${roff//\\/\\\\}(\"| |\$)" "$1" ||
        ! grep -qF -- "'$2'" "$scratch/wn.bash" || ! grep -qE -- "'\*?$2(=-)?\[" "$scratch/_wn"
}

"$manual" completion bash > "$scratch/wn.bash"
"$manual" completion zsh > "$scratch/_wn"
for page in $("$manual" pages); do
    "$manual" page "${page%.*}" > "$scratch/$page" || fail "$page"
    [ "$page" != wn-config.5 ] || continue
    missing=
    for option in $("$manual" help "${page%.*}" | sed '/^$/,$d' | grep -ohE -- '[ [](--[a-z][a-z-]*|-[a-z]) ?' | tr -d '[ '); do
        ! absent "$scratch/$page" "$option" || missing="$missing $option"
    done
    check "$page has every option:$missing" test -z "$missing"
done
check "the page of the configuration has every key" test \
    "$("$manual" help config | grep -c '^  [a-z]')" -eq "$(grep -c '^\.It Cm' "$scratch/wn-config.5")"
if command -v mandoc > /dev/null 2>&1; then
    for page in $("$manual" pages); do mandoc -T lint -W warning "$scratch/$page"; done > "$scratch/lint"
    check "mandoc finds nothing wrong" test ! -s "$scratch/lint"
else
    pass "mandoc is not here # SKIP"
fi
expect_fail "a page that is not there" 2 'did you mean wn-shard\?' "$manual" page wn-shrad

# --- Completion ---------------------------------------------------------------------------------

# completes LINE WORDS: what bash offers at the end of the line, in this order.
completes()
{
    local COMP_LINE=$1 COMP_POINT=${#1}
    _wn 2> "$scratch/err"
    printf '%s\n' "${COMPREPLY[*]}" > "$scratch/out"
    if [ "${COMPREPLY[*]}" = "$2" ]; then pass "completes '$1'"; else fail "completes '$1'" "$scratch/out" "$scratch/err"; fi
}
. "$scratch/wn.bash"
cat > "$scratch/run.yaml" <<END
run: {name: manual, directory: $scratch/run}
model: {path: $PWD/tests/data/demo/model, checkpoints: ["step*"]}
END
completes "wn st" "status"
completes "wn run $scratch/r" "$scratch/run.yaml"
completes "wn run $scratch/run.yaml --only " "shard collect reduce select evaluate report"
completes "wn run $scratch/run.yaml --only=re" "reduce report"
completes "wn run x.yaml --fr" "--from"
completes "wn run x.yaml --set collect.w" "collect.window= collect.windows="
completes "wn run x.yaml --set collect.mode=" "auto raw sketch"
completes "wn run x.yaml --set=collect.mode=s" "sketch"
completes "wn run x.yaml --dry-run=" "json"
completes "wn print x.yaml resources.t" "resources.threads resources.timeout"
completes "$wn run $scratch/run.yaml --checkpoint step1" "step16 step128 step1000"
completes "$build/bin/wn-collect $scratch/run.yaml --checkpoint step6" "step64"
completes "wn-inspect tok" "tokens"
completes "wn-inspect tokens --no" "--no-special"
completes "wn help eval" "evaluate"
completes "wn completion " "bash zsh"
if command -v zsh > /dev/null 2>&1; then
    check "zsh reads its completion" zsh -n "$scratch/_wn"
else
    pass "zsh is not here # SKIP"
fi
if command -v shellcheck > /dev/null 2>&1; then
    check "shellcheck finds nothing wrong" shellcheck "$scratch/wn.bash" wn
else
    pass "shellcheck is not here # SKIP"
fi

# What make install puts where shells and man look for it.
root=$scratch/root/usr/share
check "make install" make --no-print-directory -o programs install-manual BUILD="$build" DESTDIR="$scratch/root" PREFIX=/usr
check "manual pages" cmp "$scratch/wn-collect.1" "$root/man/man1/wn-collect.1"
check "of the configuration" cmp "$scratch/wn-config.5" "$root/man/man5/wn-config.5"
check "completion in bash, for each program" cmp "$scratch/wn.bash" "$root/bash-completion/completions/wn-inspect"
check "completion in zsh" cmp "$scratch/_wn" "$root/zsh/site-functions/_wn"

# --- Terminals ----------------------------------------------------------------------------------

# coloured yes|no COMMAND: whether what it prints, on a terminal, has escape sequences.
coloured()
{
    script -qec "$2" /dev/null < /dev/null > "$scratch/typed" 2>&1
    if grep -q "$(printf '\033')" "$scratch/typed"; then [ "$1" = yes ]; else [ "$1" = no ]; fi
}
expect_fail "an error in a log" 2 '^wn: error: ' "$wn" rnu
check "has no colour" sh -c "! grep -q \"\$(printf '\\033')\" '$scratch/err'"
if command -v script > /dev/null 2>&1; then
    check "on a terminal it has" coloured yes "$wn rnu"
    check "but with NO_COLOR" coloured no "NO_COLOR=1 $wn rnu"
    check "and where the terminal has none" coloured no "TERM=dumb $wn rnu"
    check "those of a stage likewise" coloured yes "$build/bin/wn-inspect file nowhere"
    check "likewise" coloured no "NO_COLOR=1 $build/bin/wn-inspect file nowhere"
else
    pass "script is not here # SKIP"
fi
finish
