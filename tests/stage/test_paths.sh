#!/usr/bin/env bash
# Directories and checkpoints whose names have blanks, quotes, letters beyond ASCII, a leading '-', through
# all stages, the driver and the scripts of SLURM: the results are those of plain names.
. tests/stage/lib.sh
. tests/stage/experiment.sh

make_experiment
cat >> "$config" <<'END'
report: {title: 'A "title" with `touch hostile`, <b>marks</b>, $(touch hostile) and 100 %'}
END
run_ok "plain names" "$wn" run "$config" -n 2
mv "$run" "$scratch/plain"

outer=$scratch
scratch="$outer/Süd  lich 語 it's 100% \`touch hostile\` \$(touch hostile) #1; &"
mkdir "$scratch"
in=$scratch/in run=$scratch/the\ run config=$scratch/-the\ config.yaml
make_experiment
tail -n 1 "$outer/config.yaml" >> "$config"
run_ok "strange directories" "$wn" run "$config" -n 2 --set "paths.scratch=$outer/the fast ü"
for name in results.csv cohorts.csv cohort_layers.csv contrasts.csv statistics.csv comparisons.csv; do
    check "the same $name" cmp "$outer/plain/report/$name" "$run/report/$name"
done
if command -v gnuplot > /dev/null; then
    check "the same figures" diff <(cd "$outer/plain/report/figures" && sha256sum -- *.svg) <(cd "$run/report/figures" && sha256sum -- *.svg)
fi
check "nothing is left in scratch" test -z "$(find "$outer/the fast ü" -mindepth 1)"
run_ok "status" "$wn" status "$config"
prints "all is done" '^evaluate 4 of 4 done'
cp "$config" "$scratch/-c.yaml"
run_ok "a configuration that begins with '-'" bash -c 'cd "$1" && exec "$2" status ./-c.yaml' - "$scratch" "$wn"
expect_fail "where it looks like an option" 2 '-c.yaml: unknown option' bash -c 'cd "$1" && exec "$2" run -c.yaml' - "$scratch" "$wn"

# What is in a printed command is what bash takes it for.
run_ok "submit --dry-run" slurm/submit "$config" --dry-run --no-plan --ranks 2
cp "$scratch/out" "$outer/commands"
mkdir "$outer/bin"
cat > "$outer/bin/sbatch" <<'END'
#!/bin/bash
printf '%s\n' "$@" >> "$SAID"
END
chmod +x "$outer/bin/sbatch"
SAID=$outer/said PATH=$outer/bin:$PATH bash "$outer/commands" > "$outer/check" 2>&1
check "six commands, each whole" test "$(grep -cxF -- "$config" "$outer/said")" -eq 6
check "with their output in the run" test "$(grep -cF -- "--output=${run//%/%%}/slurm/" "$outer/said")" -eq 6
run_ok "stage.sbatch" env SLURM_SUBMIT_DIR="$PWD" SLURM_NTASKS=2 bash slurm/stage.sbatch collect "$config"
prints "finds all up to date" 'step512.h5 is up to date'

# --- Names in data --------------------------------------------------------------------------------

term='<script>alert(1)</script> \\"`touch hostile`\\" $(touch hostile), '"'"'; system(\\"touch hostile\\") # %s \\n| x'
sed -i "s|\"linguistics_term\": *\"[^\"]*\"|\"linguistics_term\": \"${term//|/\\|}\"|" "$in/pairs/npi_no.jsonl"
check "the benchmark has it" grep -qF "${term//\\\\/\\}" "$in/pairs/npi_no.jsonl"
run_ok "a strange phenomenon" "$wn" run "$config" -n 1
check "is in the tables" grep -qF 'system(""touch hostile"")' "$run/report/results.csv"
check "and no element of the page" test -z "$(grep -hE '(^|[^\\])<script>alert' "$run/report/index.html" "$run/report/report.md")"
check "but text" grep -qF '&lt;script&gt;alert(1)' "$run/report/index.html"

# --- Checkpoints -----------------------------------------------------------------------------------

mv "$in/model/step0" "$in/model/-step 0 \"ä\" <i>'\`touch hostile\`"
mv "$in/model/step512" "$in/model/\$(touch hostile) step 512 %s #&"
rm -r "$run"
sed -i 's/checkpoints: \[step0, step512\]/checkpoints: ["*"]/; s/from: step512/from: "$(touch hostile) step 512 %s #\&"/' "$config"
run_ok "strange checkpoints" "$wn" run "$config" -n 2
check "lines of results" test "$(grep -c perplexity-heldout,baseline,all "$run/report/results.csv")" -eq "$(grep -c perplexity-heldout,baseline,all "$outer/plain/report/results.csv")"
check "the same numbers" diff <(sed 's/^step[0-9]*//' "$outer/plain/report/cohorts.csv" | LC_ALL=C sort) \
    <(sed 's/^"-step 0 ""ä"" <i>.`touch hostile`"//; s/^$(touch hostile) step 512 %s #&//' "$run/report/cohorts.csv" | LC_ALL=C sort)
check "no marks of theirs in the page" test "$(grep -c '<i>' "$run/report/index.html")" -eq "$(grep -c '<i>' "$outer/plain/report/index.html")"
check "names are shown as they are" grep -qF '&lt;i&gt;' "$run/report/index.html"
run_ok "status" "$wn" status "$config"
prints "all is done" '^evaluate 4 of 4 done'
run_ok "one of them" "$wn" run "$config" -n 1 --only collect --checkpoint "-step 0 \"ä\" <i>'\`touch hostile\`"
mkdir "$in/model/two
lines"
expect_fail "a name of two lines is refused" 2 'model.checkpoints: .*control character' ranks 1 collect "$config" --dry-run
rmdir "$in/model/two
lines"
check "nothing was executed" test -z "$(find "$outer" -name hostile)$(find . -maxdepth 1 -name hostile)"
scratch=$outer
finish
