# From the dry runs of all stages (wn run --dry-run=json) to what each job will take:
#
#     awk -f plan.awk -v ranks=64 -v serial=4 -v nodes=2 NAMES DRY_RUN_1 DRY_RUN_2
#
# NAMES: the checkpoints, one a line. The dry runs were made on 1 and on 2 ranks of this machine.
# Prints a line for each stage, and checkpoint where it works on one ("-" elsewhere), of fields
# separated by tabs: stage, checkpoint, units to do, units of which nothing is known yet, seconds on
# so many ranks, bytes of memory of a node, bytes written. Units are spread over ranks as chunks (of
# reduce: neurons); memory grows with the ranks of a node as from 1 to 2. A unit is a checkpoint's
# where its path says so; one that could be two's is both's, which is only to be on the safe side.

function field(text, key,    value) {
    if (!match(text, "\"" key "\":[^,}]*")) return ""
    value = substr(text, RSTART + length(key) + 3, RLENGTH - length(key) - 3)
    return value == "null" ? "" : value
}

function belongs(unit, name) {
    return index(unit, "/" name ".") || index(unit, "/" name "/")
}

function add(stage, name, unit,    parallel, n, spread, seconds, key, more, bytes) {
    key = stage SUBSEP name
    if (!(key in todo)) { todo[key] = unknown[key] = seconds_of[key] = memory[key] = disk[key] = 0 }
    if (current[unit]) return
    todo[key]++
    if (bound[unit] ~ /unknown/) unknown[key]++
    n = (name == "-" ? serial : ranks) + 0
    spread = (stage == "reduce" ? rows[unit] : chunks[unit]) + 0
    parallel = spread > 2 ? spread : 2
    seconds = seconds_2[unit] * 2 / (n < parallel ? n : parallel)
    if (name == "-") seconds = seconds_2[unit] * (n < 2 ? 2 : 1)
    seconds_of[key] += seconds
    n = int((n + nodes - 1) / nodes)
    more = memory_1[unit] == "" ? 0 : memory_2[unit] - memory_1[unit]
    if (more < 0) more = 0
    bytes = memory_2[unit] + (n > 2 ? (n - 2) * more : 0)
    if (bytes > memory[key]) memory[key] = bytes
    disk[key] += written[unit]
}

FILENAME == ARGV[1] { if (NF) names[++count] = $0; next }

/^\{"stage":"/ {
    pieces = split($0, piece, /\{"unit":"/)
    stage = field(piece[1], "stage")
    gsub(/"/, "", stage)
    for (i = 2; i <= pieces; i++) {
        end = index(piece[i], "\",\"current\":")
        unit = substr(piece[i], 1, end - 1)
        gsub(/\\\//, "/", unit)
        rest = substr(piece[i], end)
        if (FILENAME == ARGV[2]) { memory_1[stage, unit] = field(rest, "memory_per_node"); continue }
        id = stage SUBSEP unit
        if (!(stage in units)) order[++stages] = stage
        unit_of[stage, ++units[stage]] = unit
        current[id] = field(rest, "current") == "true"
        memory_2[id] = field(rest, "memory_per_node")
        seconds_2[id] = field(rest, "seconds")
        chunks[id] = field(rest, "chunks")
        bound[id] = field(rest, "bound")
        rows[id] = field(rest, "rows")
        written[id] = field(rest, "bytes_written")
    }
}

END {
    for (s = 1; s <= stages; s++) {
        stage = order[s]
        single = stage != "collect" && stage != "reduce" && stage != "evaluate"
        for (u = 1; u <= units[stage]; u++) {
            unit = unit_of[stage, u]
            if (single) { add(stage, "-", stage SUBSEP unit); continue }
            for (c = 1; c <= count; c++)
                if (belongs(unit, names[c])) add(stage, names[c], stage SUBSEP unit)
        }
        for (c = single ? 0 : 1; c <= (single ? 0 : count); c++) {
            name = single ? "-" : names[c]
            key = stage SUBSEP name
            printf "%s\t%s\t%d\t%d\t%.0f\t%.0f\t%.0f\n", stage, name, todo[key], unknown[key],
                int(seconds_of[key] + 0.999), memory[key], disk[key]
        }
    }
}
