# Commands of Markdown: lines of blocks that are indented by four, or fenced as sh, without the comment at
# their end. FILE:LINE<tab>COMMAND. What is no command stands in a fence of another name.
FNR == 1 { fence = ""; blank = 1; inside = 0 }
/^```/ {
    if (fence == "") fence = $0 == "```sh" ? "sh" : "other"
    else fence = ""
    blank = 0
    next
}
fence == "other" { next }
fence == "sh" || (/^    [^ ]/ && (blank || inside)) {
    inside = fence == ""
    line = inside ? substr($0, 5) : $0
    sub(/ +# .*/, "", line)
    print FILENAME ":" FNR "\t" line
    blank = 0
    next
}
{ blank = /^[ \t]*$/; if (!blank) inside = 0 }
