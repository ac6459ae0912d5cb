# Prints C with comments and the insides of string and character literals blanked, line by line,
# so that the walls look at code and not at prose. Include lines keep their quoted path.
function blank(line,    out, i, c, two) {
    out = ""
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        two = substr(line, i, 2)
        if (in_comment) {
            if (two == "*/") {
                in_comment = 0
                i++
            }
        } else if (quote != "") {
            if (c == "\\") {
                i++
            } else if (c == quote) {
                quote = ""
                out = out c
            }
        } else if (two == "/*") {
            in_comment = 1
            out = out " "
            i++
        } else if (two == "//") {
            break
        } else {
            if (c == "\"" || c == "'") {
                quote = c
            }
            out = out c
        }
    }
    quote = ""
    return out
}

FNR == 1 { in_comment = 0 }
!in_comment && /^[ \t]*#[ \t]*include/ { print; next }
{ print blank($0) }
