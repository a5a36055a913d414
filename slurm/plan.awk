# From the dry runs of all stages (wn run --dry-run=json) to what each job will take:
#
#     awk -f plan.awk NAMES DRY_RUNS
#
# NAMES: the checkpoints, one a line. DRY_RUNS: one as on the ranks of array stages, an empty line, and one as
# on those of the others. Prints a line for each stage, and checkpoint where it works on one ("-" elsewhere),
# of fields separated by tabs: stage, checkpoint, units to do, units of which nothing is known yet, seconds,
# bytes of memory of a node, bytes written. A unit is a checkpoint's where its path says so; one that could
# be two's is both's, which is only to be on the safe side.

function field(text, key,    value) {
    if (!match(text, "\"" key "\":[^,}]*")) return ""
    value = substr(text, RSTART + length(key) + 3, RLENGTH - length(key) - 3)
    return value == "null" ? "" : value
}

function belongs(unit, name) {
    return index(unit, "/" name ".") || index(unit, "/" name "/")
}

function is_array(stage) {
    return stage == "collect" || stage == "reduce" || stage == "evaluate"
}

function add(key, rest) {
    if (field(rest, "current") == "true") return
    todo[key]++
    if (field(rest, "bound") ~ /unknown/) unknown[key]++
    seconds[key] += field(rest, "seconds")
    if (field(rest, "memory_per_node") > memory[key] + 0) memory[key] = field(rest, "memory_per_node")
    written[key] += field(rest, "bytes_written")
}

FILENAME == ARGV[1] { if (NF) names[++count] = $0; next }

/^$/ { serial = 1 }

/^\{"stage":"/ {
    pieces = split($0, piece, /\{"unit":"/)
    stage = field(piece[1], "stage")
    gsub(/"/, "", stage)
    array = is_array(stage)
    if (array == serial) next
    order[++stages] = stage
    for (i = 2; i <= pieces; i++) {
        end = index(piece[i], "\",\"current\":")
        unit = substr(piece[i], 1, end - 1)
        gsub(/\\\//, "/", unit)
        rest = substr(piece[i], end)
        if (!array) add(stage SUBSEP "-", rest)
        for (c = 1; array && c <= count; c++)
            if (belongs(unit, names[c])) add(stage SUBSEP names[c], rest)
    }
}

END {
    for (s = 1; s <= stages; s++) {
        stage = order[s]
        array = is_array(stage)
        for (c = 1; c <= (array ? count : 1); c++) {
            name = array ? names[c] : "-"
            key = stage SUBSEP name
            printf "%s\t%s\t%d\t%d\t%.0f\t%.0f\t%.0f\n", stage, name, todo[key], unknown[key],
                int(seconds[key] + 0.999), memory[key], written[key]
        }
    }
}
