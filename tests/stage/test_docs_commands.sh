#!/usr/bin/env bash
# Every command of README.md and docs/ is run, in a directory with the demo's models and texts in the places
# of those that the pages speak of, smaller configurations, and stand-ins for programs that are not here. What
# is not run stands below with its reason; anything else fails.
. tests/stage/lib.sh
export BUILD=$build
root=$PWD
site=$scratch/site
pages=(README.md docs/*.md)

# ---- what the pages speak of ----

mkdir -p "$site/models" "$site/blimp" "$scratch/bin"
for name in wn slurm configs tests docs tools containers Makefile; do ln -s "$root/$name" "$site/$name"; done
ln -s "$build" "$site/build"
ln -s "$root/tests/data/demo/model" "$site/models/Qwen3-8B"
head -c 60000 "$root/tests/data/demo/corpus.txt" > "$site/text.txt"
cp "$site/text.txt" "$site/wiki.train.txt"
head -c 20000 "$root/tests/data/demo/heldout.txt" > "$site/wiki.valid.txt"
for name in agreement_simple npi_no; do
    head -n 6 "$root/tests/data/demo/pairs/$name.jsonl" > "$site/blimp/$name.jsonl"
done

# model REVISION DIRECTORY: the demo's model at the step, or at its last one.
cat > "$scratch/bin/model" <<END
#!/bin/sh
mkdir -p "\$2" && cp "$root/tests/data/demo/model/tokenizer.json" "\$2" || exit 1
from="$root/tests/data/demo/model/\$1"
[ -d "\$from" ] || from="$root/tests/data/demo/model/step4000"
cp "\$from"/* "\$2"
END
chmod +x "$scratch/bin/model"
for step in step0 step512 step1000 step143000; do "$scratch/bin/model" $step "$site/models/pythia-160m/$step"; done

# yaml PAGE N: the page's n-th block of YAML, with windows and texts of a size that takes seconds.
yaml()
{
    awk -v wanted="$2" '/^```yaml$/ { n++; inside = 1; next } /^```/ { inside = 0 } inside && n == wanted' "$root/$1" |
        sed 's/window: 2048/window: 64/g; s/stride: 1024/stride: 32/; s/windows: [0-9]*/windows: 4/; s/bootstrap: 20/bootstrap: 2/'
}
yaml README.md 1 > "$site/my-run.yaml"
yaml docs/tutorial.md 1 > "$site/trajectory.yaml"
echo 'report: {bootstrap: 200}' | tee -a "$site/trajectory.yaml" >> "$site/my-run.yaml"

# ---- stand-ins, which look at what they are asked ----

stand_in()
{
    { echo '#!/bin/bash'; cat; } > "$scratch/bin/$1"
    chmod +x "$scratch/bin/$1"
}
stand_in hf <<< '[ "$1 $3 $5" = "download --revision --local-dir" ] && exec model "$4" "$6"'
stand_in pip <<< '[ "$1 $#" = "install 2" ]'
stand_in git <<< '[ "$1" = clone ] && mkdir -p blimp && ln -sfn ../blimp blimp/data'
stand_in lfs <<< '[ "$1 $2 $4" = "setstripe -c -S" ] && [ -d "$6" ]'
stand_in squeue <<< '[ "$*" = --me ]'
stand_in lfs <<< '[ "$1 $2" = "setstripe -c" ] && [ -d "${*: -1}" ]'
stand_in docker <<'END'
case $1 in
    build) [ "$2 $4 $5 $6" = "--file --tag wn ." ] && [ -f "$3" ] ;;
    run) [ "${*: -3:2}" = "wn run" ] && [ -f "${*: -1}" ] ;;
    *) exit 2 ;;
esac
END
stand_in apptainer <<'END'
case $1 in
    build) [ -f "$3" ] && : > "$2" ;;
    exec) [ -f "$2" ] && shift 2 && PATH=$PWD:$PATH "$@" --dry-run ;;
    *) exit 2 ;;
esac
END

# known_to_make WORD...: goals that the Makefile has, and variables that it or tools/configure reads.
known_to_make()
{
    local word
    for word; do
        case $word in
            *=*) grep -qwE "${word%%=*}" "$root/Makefile" "$root/tools/configure" || { echo "$word"; return 1; } ;;
            *) grep -qE "^\.PHONY:.* $word( |$)" "$root/Makefile" || { echo "$word"; return 1; } ;;
        esac
    done
}

# ---- what is not run as it stands ----

# instead COMMAND: how it is run here; or "not:" and why it is not.
instead()
{
    case $1 in
        make | "make "*) echo "not: goals and variables are looked at; they install, build and test for minutes" ;;
        "slurm/submit "* | "sbatch "*) echo "not: stage/test_slurm runs it" ;;
        "python3 tests/oracle/compare_transformers.py "*) echo "not: it needs torch" ;;
        # of full size: the same study at the demo's, which stage/test_studies runs whole
        "./wn run configs/paper/"*) echo "${1/configs\/paper/configs/small} --only shard" ;;
        *) echo "$1" ;;
    esac | sed -E 's/ -n [0-9]+/ -n 2/; s/collect.windows=[0-9]+/collect.windows=3/; s/(configs.quick.yaml)/\1 --set collect.window=64 --set collect.windows=8 --set evaluate.tasks[0].window=64 --set evaluate.tasks[0].windows=8 --set report.bootstrap=200/'
}

awk -f tests/stage/commands.awk "${pages[@]}" > "$scratch/commands"
check "the pages have commands" test "$(wc -l < "$scratch/commands")" -gt 50
export PATH=$scratch/bin:$PATH
cd "$site" || exit 1
ln -s "$root/README.md" README.md
while IFS=$'\t' read -r place command; do
    how=$(instead "$command")
    case $how in
        "not: stage/test_slurm"*) check "$place: $command (by stage/test_slurm)" grep -q 'docs/\*\.md' "$root/tests/stage/test_slurm.sh" ;;
        "not: goals"*)
            eval "words=(${command#make})"
            check "$place: $command" known_to_make "${words[@]}" ;;
        "not: "*) skip "$place: $command" "${how#not: }" ;;
        *) run_ok "$place: $command" bash -c "set -e; set -o pipefail; $how" ;;
    esac
done < "$scratch/commands"

# Goals that are named in passing are there as well.
# shellcheck disable=SC2016 # the backquotes are Markdown's
grep -ohE '`make [a-z-]+`' "${pages[@]/#/$root/}" | tr -d '`' | sort -u > "$scratch/goals"
while read -r _ goal; do check "make $goal is a goal" known_to_make "$goal"; done < "$scratch/goals"

# Pages are found from the first one, and what they refer to is there.
for page in docs/*.md; do
    check "README.md has a link to $page" grep -qF "($page)" README.md
done
for page in "${pages[@]}"; do
    grep -oE '\]\([^)#]+' "$page" | sed 's/](//' | grep -v '://' | while read -r link; do
        [ -e "$(dirname "$page")/$link" ] || echo "$page: $link"
    done
done > "$scratch/broken"
if [ -s "$scratch/broken" ]; then fail "links of the pages" "$scratch/broken"; else pass "links of the pages"; fi

check "the first look has a figure" test -s "$site/runs/quick/report/figures/wd-layers.svg"
check "and a page" test -s "$site/runs/quick/report/index.html"
finish
