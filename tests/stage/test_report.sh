#!/usr/bin/env bash
# wn-report as a whole: on a small run of the other stages, on parts of it, and on damaged files.
. tests/stage/lib.sh

demo=$PWD/tests/data/demo
run=$scratch/run
report=$run/report
mkdir -p "$scratch/pairs"
for name in agreement_simple npi_no anaphor_gender; do
    head -n 20 "$demo/pairs/$name.jsonl" > "$scratch/pairs/$name.jsonl"
done
# Thirty tagged documents of a sentence each; what the tags are matters not.
head -n 30 "$demo/heldout.txt" | awk '
    BEGIN { split("DET NOUN VERB PUNCT ADP ADJ", tag, " ") }
    { print "# newdoc"; print "# text = " $0
      for (i = 1; i <= NF; i++) printf "%d\t%s\t_\t%s\t_\t_\t0\tdep\t_\t_\n", i, $i, tag[1 + i % 6]
      print "" }' > "$scratch/tagged.conllu"
cat > "$scratch/config.yaml" <<END
run: {name: "small & <odd>", directory: "$run"}
model: {path: "$demo/model", checkpoints: [step0, step256]}
corpora:
  text: {files: ["$demo/heldout.txt"], rows: file}
benchmarks:
  pairs: {files: ["$scratch/pairs/*.jsonl"]}
  tagged: {files: ["$scratch/tagged.conllu"], format: conllu}
  questions:
    files: ["$scratch/pairs/*.jsonl"]
    format: choice
    query: "the"
    choices: ["{sentence_good}", "{sentence_bad}"]
    gold: "0"
collect: {corpus: text, window: 32, windows: 16}
select:
  top5: {by: wd, take: highest, percent: 5}
  top50: {by: wd, take: highest, percent: 50}
  all: {take: all}
  random-1: {like: top50, seed: 1}
  random-2: {like: top50, seed: 2}
evaluate:
  tasks:
    - {perplexity: text, window: 32, windows: 6}
    - {pairs: pairs}
    - {pos: tagged, window: 64}
    - {choice: questions}
  conditions:
    - baseline
    - {ablate: negative, cohort: top5}
    - {ablate: negative, cohort: top50}
    - {ablate: negative, cohort: all}
    - {ablate: negative, cohort: random-1}
    - {ablate: negative, cohort: random-2}
report: {bootstrap: 2000}
END
report_on()
{
    run_ok "$1" ranks "$2" report "$scratch/config.yaml" "${@:3}"
}
has()
{
    check "$1" grep -qF -- "$2" "$3"
}

# --- before anything was made -----------------------------------------------------------------

report_on "nothing there yet" 1
prints "says what is missing" 'tokens of pairs \(stage shard\)'
check "no figures of nothing" test -z "$(ls -A "$report/figures")"

for stage in shard collect reduce select; do
    run_ok "$stage" ranks 2 "$stage" "$scratch/config.yaml"
done
report_on "without results" 1
prints "names the stage to run" 'perplexity-text \(stage evaluate\): all 2 checkpoints'
has "statistics are reported" "step256,all,512,1024,0," "$report/statistics.csv"

run_ok "evaluate one checkpoint" ranks 2 evaluate "$scratch/config.yaml" --checkpoint step256
report_on "with one checkpoint's results" 1
prints "names the other" 'pairs-pairs \(stage evaluate\): step0'

# --- the whole run ----------------------------------------------------------------------------

run_ok "evaluate" ranks 2 evaluate "$scratch/config.yaml"
report_on "one rank" 1
cp "$scratch/out" "$scratch/table"
check "nothing is missing" grep -q '^Nothing: everything' "$report/report.md"
cp -r "$report" "$scratch/one"
for n in 2 3; do
    [ "$n" -eq 3 ] || rm -rf "$report"
    report_on "$n ranks" "$n"
    check "the same bytes on $n ranks as on one" diff -r "$scratch/one" "$report"
done

touch "$report/figures/earlier.svg"
echo figures/earlier.svg >> "$report/files.txt"
report_on "over an earlier report" 1
check "figures of an earlier report are gone" test ! -e "$report/figures/earlier.svg"
check "every file is listed" sh -c "cd '$report' && find . -type f | sed 's/..//' | LC_ALL=C sort | cmp - files.txt"

# The scores themselves, by other means: perplexity is exp of the mean loss, right is good > bad.
numbers()
{
    h5dump -w 0 -y -m '%.17g' -d "$1" "$2" | awk '
        /DATA \{/ { data = 1; next } data && /\}/ { exit }
        data { gsub(/[,()]/, " "); for (i = 1; i <= NF; i++) print $i }'
}
same_perplexity()
{
    numbers "/$2/loss" "$run/results/$1/perplexity-text.h5" |
        awk -v line="$(grep "^$1,perplexity-text,$2,all,,perplexity," "$report/results.csv")" '
            { sum += $1; n++ }
            END { split(line, f, ","); want = exp(sum / n); d = f[7] / want - 1
                  exit !(n == 6 && f[8] == n && d < 1e-12 && d > -1e-12 && f[9] < want && want < f[10]) }'
}
same_accuracy()
{
    numbers "/$2/score" "$run/results/$1/pairs-pairs.h5" |
        awk -v line="$(grep "^$1,pairs-pairs,$2,all,,accuracy," "$report/results.csv")" '
            NR % 2 { good = $1; next } { n++; right += good > $1 }
            END { split(line, f, ","); d = f[7] - right / n
                  exit !(n == 60 && f[8] == n && d < 1e-12 && d > -1e-12) }'
}
for checkpoint in step0 step256; do
    for condition in baseline negative-top50; do
        check "perplexity of $checkpoint, $condition" same_perplexity "$checkpoint" "$condition"
        check "accuracy of $checkpoint, $condition" same_accuracy "$checkpoint" "$condition"
    done
done
# Every summary follows from the scores of single items.
same_change()
{
    paste <(numbers "/negative-$2/score" "$run/results/$1/pairs-pairs.h5") \
        <(numbers "/negative-$3/score" "$run/results/$1/pairs-pairs.h5") |
        awk -v line="$(grep "^$1,pairs-pairs,negative-$2,negative-$3,all,,accuracy_change," "$report/contrasts.csv")" '
            NR % 2 { good = $1; other = $2; next }
            { n++; a = good > $1; b = other > $2; gained += a > b; lost += b > a }
            END { split(line, f, ","); d = f[8] - (gained - lost) / n
                  exit !(f[9] == n && f[12] == gained && f[13] == lost && d < 1e-12 && d > -1e-12 &&
                         f[10] <= f[8] && f[8] <= f[11] && f[14] <= f[15] && f[16] == 3 * 7) }'
}
for n in 1 2; do
    check "a cohort against draw $n of its control" same_change step256 top50 "random-$n"
done
same_draws()
{
    for n in 1 2; do grep "^step256,$1,negative-random-$n,all,,$2," "$report/results.csv"; done |
        awk -F, -v line="$(grep "^step256,$1,negative-random,2,all,,$2," "$report/draws.csv")" '
            { sum += $7; if (NR == 1 || $7 < low) low = $7; if (NR == 1 || $7 > high) high = $7 }
            END { split(line, f, ","); d = f[8] - sum / 2
                  exit !(d < 1e-12 && d > -1e-12 && f[13] == low && f[14] == high) }'
}
check "two draws: mean and range of accuracy" same_draws pairs-pairs accuracy
check "two draws: mean and range of perplexity" same_draws perplexity-text perplexity
same_excess()
{
    paste <(numbers /tag "$run/results/step256/pos-tagged.h5") \
        <(numbers /baseline/nll "$run/results/step256/pos-tagged.h5") \
        <(numbers /negative-all/nll "$run/results/step256/pos-tagged.h5") |
        awk -v tag="$1" -v line="$(grep "^step256,pos-tagged,negative-all,baseline,upos,$2," "$report/surprisal.csv")" '
            $1 == tag && $2 != "nan" && $2 != "-nan" { n++; sum += $3 - $2 }
            END { split(line, f, ","); d = f[7] - sum / n
                  exit !(n > 50 && f[8] == n && d < 1e-12 && d > -1e-12 && f[10] < f[7] && f[7] < f[11]) }'
}
check "excess surprisal of nouns" same_excess 7 NOUN
check "excess surprisal of punctuation" same_excess 12 PUNCT
for by in class,open class,closed class,other position,1; do
    check "surprisal by $by" grep -q "^step256,pos-tagged,negative-all,baseline,$by" "$report/surprisal.csv"
done
check "five bands of frequency" \
    test "$(grep -c "^step256,pos-tagged,negative-all,baseline,frequency," "$report/surprisal.csv")" -eq 5
check "the dissociation sets pairs against questions" \
    grep -q "^step256,negative-top50,negative-random (mean of 2),1,60,share,.*,1,60,share," "$report/dissociation.csv"
check "questions by both measures" \
    test "$(grep -cE '^step256,choice-questions(-acc_norm)?,baseline,negative|^step256,choice-questions,baseline,all,,acc(_norm)?,' "$report/results.csv")" -eq 2

check "three phenomena of two files at most each" \
    test "$(grep -c '^step0,pairs-pairs,baseline,term,' "$report/results.csv")" = \
    "$(cat "$scratch"/pairs/*.jsonl | grep -o '"linguistics_term": "[^"]*"' | sort -u | wc -l)"

check "a line of columns for each figure's data" \
    awk 'FNR == 1 { n = split($0, f, ","); next } split($0, f, ",") != n { exit 1 }' "$report"/figures/*.csv
if command -v gnuplot > "$scratch/check"; then
    for figure in training-pairs-pairs training-choice-questions training-choice-questions-acc_norm \
        perplexity-text emergence phenomena-pairs-pairs surprisal-pos-tagged wd-layers sweep; do
        has "$figure.svg" "</svg>" "$report/figures/$figure.svg"
        check "$figure.png" test "$(head -c 4 "$report/figures/$figure.png" | tail -c 3)" = PNG
    done
    check "the script draws the same figure by hand" \
        sh -c "cp -r '$report/figures' '$scratch/by-hand' && cd '$scratch/by-hand' && rm sweep.svg &&
               gnuplot -d sweep.gp && cmp sweep.svg '$report/figures/sweep.svg'"
    check "all figures stand within the page" \
        test "$(grep -c '<svg role="img"' "$report/index.html")" -eq "$(ls "$report"/figures/*.svg | wc -l)"
fi
check "ids of the page are unique" \
    test -z "$(grep -oE " id=[\"'][^\"']*" "$report/index.html" | sort | uniq -d)"
has "names are escaped in HTML" "small &amp; &lt;odd&gt;" "$report/index.html"
check "nothing names this machine's paths" test -z "$(grep -rlF "$scratch" "$report")"
check "no temporary file stays" test -z "$(find "$report" -name '*.tmp*')"

check "the table fits 100 columns" awk '/^Figures|^Report|^  / { next } length > 100 { exit 1 }' "$scratch/table"
check "no colours where no terminal is" test "$(tr -d -c '\033' < "$scratch/table" | wc -c)" -eq 0
WN_COLOUR=yes run_ok "colours where the driver says so" ranks 1 report "$scratch/config.yaml"
check "colours" test "$(tr -d -c '\033' < "$scratch/out" | wc -c)" -gt 0
has "conditions across" "--- negative ---" "$scratch/table"

# The page in a browser, at the widths of a phone, a tablet and a desk: nothing is wider than the window, and
# a click on a table's head sorts it.
cat > "$scratch/frames.html" <<'END'
<!DOCTYPE html><title>frames</title><body><script>
var widths = [390, 820, 1440], said = [];
widths.forEach(function (width) {
    var frame = document.createElement('iframe');
    frame.width = width; frame.height = 900; frame.src = 'page/index.html';
    frame.onload = function () {
        var page = frame.contentDocument, button = page.querySelector('thead button');
        button.click();
        said.push(width + (page.documentElement.scrollWidth <= width ? ' fits' : ' is too narrow') + ', ' +
                  button.parentNode.getAttribute('aria-sort'));
        if (said.length === widths.length) document.body.textContent = said.sort().join('; ') + '.';
    };
    document.body.appendChild(frame);
});
</script>
END
if command -v chromium > "$scratch/check"; then
    ln -s "$report" "$scratch/page"
    check "the page fits windows of three widths, and sorts" sh -c "
        timeout 120 chromium --headless --no-sandbox --disable-gpu --user-data-dir='$scratch/chromium' \
            --allow-file-access-from-files --virtual-time-budget=20000 --dump-dom \
            'file://$scratch/frames.html' 2> '$scratch/chromium.log' |
            grep -q '1440 fits, ascending; 390 fits, ascending; 820 fits, ascending\.'"
    rm -rf "$scratch/chromium" "$scratch/page"
else
    echo "ok $((checks += 1)) - the page in a browser # SKIP there is no chromium"
fi

# --- what cannot be reported ------------------------------------------------------------------

mv "$report" "$scratch/report"
touch "$report"
for n in 1 2; do
    expect_fail "no place for the report, $n ranks" 4 'report' ranks "$n" report "$scratch/config.yaml"
done
rm "$report"
head -c 1000 "$run/results/step0/pairs-pairs.h5" > "$scratch/cut"
mv "$scratch/cut" "$run/results/step0/pairs-pairs.h5"
expect_fail "a truncated file" 3 'step0/pairs-pairs.h5' ranks 2 report "$scratch/config.yaml"
check "and nothing was written" test ! -e "$report"
expect_fail "an unknown checkpoint" 2 'step25.*did you mean' ranks 1 report "$scratch/config.yaml" --checkpoint step25

finish
