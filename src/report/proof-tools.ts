/** Folder of check.crash for what it finds on the way; below the one that crash is started in. */
export const FOLDER = 'check.crash.d'

/** Programs of awk and sh that check.crash writes into its folder, by name; none has an apostrophe. */
const PROGRAMS: Record<string, string> = {
  /** Says what became of a claim: its name, what is expected; what is found comes in. */
  tell: `read -r f; if [ -z "$f" ]; then r=UNKNOWN; elif [ "$f" = "$2" ]; then r=PASS; else r=FAIL; fi; echo "$r $1, expected $2 found $f"; echo $r >> ${FOLDER}/results`,
  finish: `for r in PASS FAIL UNKNOWN; do echo $(grep -c $r ${FOLDER}/results) $r; done | paste -s -d, - | sed "s/,/, /g"; rm -r ${FOLDER}`,
  /** The value that p prints, also of a struct with one member. */
  value: '!/^gdb: / { gsub(/[{},]/, ""); if (NF > 2) n = $NF } END { print n }',
  trees: `NF == 1 && /^[0-9a-f]+$/ { a = $1; if (!has) print t, a, "node", "-" } $1 == "rmap_hlist_len" { sub(/,/, "", $3); print t, a, $3 == -1024 ? "chain" : "node", "-" }`,
  /** Links in nodes (d bytes from the start) to nodes; they are aligned to 64 bytes, so the low digits do not wrap. */
  links: `function low(s, i, n) { for (i = 1; i < 9; i++) n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1; return n } NF == 1 && /^[0-9a-f]+$/ && ++i > skip { h = length($1) - 8; print t, substr($1, 1, h) sprintf("%08x", low(substr($1, h + 1)) - d), kind, chain }`,
  /** The list is walked from its head on, which is no item. */
  items: `{ gsub(/,/, "") } NF == 1 && /^[0-9a-f]+$/ { i++; next } $1 == "mm" { if (i > 1) mms[$3]++; next } $1 == "address" { if (i > 1 && $3 !~ /200$/) flag++; next } $1 == "head" { if (i > 1 && $3 != "0x" a) head++; next } NF { torn = 1 } END { if (torn || !i) { print a, "torn"; exit } print a, "length", i - 1; print a, "head", head + 0; print a, "flag", flag + 0; for (m in mms) { n++; print a, m, mms[m] } print a, "mms", n + 0 }`,
  pprev:
    'NF == 1 && /^[0-9a-f]+$/ { before = here; here = $1; i++; next } $1 == "pprev" { if (i > 1 && $3 != "0x" before) bad++; next } NF { torn = 1 } END { if (i && !torn) print bad + 0 }',
  stable:
    'NF == 1 && /^[0-9a-f]+$/ { next } $1 == "address" { if ($3 ~ /[2367abef]..$/) n++; next } NF { torn = 1 } END { print torn ? "torn" : n + 0 }',
  task: '$1 == "task" { sub(/,/, "", $3); print $3 }',
  state:
    'BEGIN { split("RU 52 IN 53 UN 44 ID 49 ST 54 TR 74 ZO 5a DE 58 PA 50", w); for (i = 1; i in w; i += 2) s[w[i]] = w[i + 1] } { print ($1 in s) ? s[$1] : $1 }',
}

/** Beginning of check.crash. */
export const TOOLS = `# Reads what a report of ksm-dump says again, in the memory of the dump, by crash's own commands:
#   crash -s vmlinux DUMP < check.crash
# Prints PASS, FAIL or UNKNOWN (nothing was found) for each claim. Needs sh, awk and od; uses the folder ${FOLDER}.
set scroll off
!rm -rf ${FOLDER}; mkdir -m 700 ${FOLDER}
${Object.entries(PROGRAMS)
  .map(([name, program]) => `!echo '${program.replaceAll("'", '')}' > ${FOLDER}/${name}\n`)
  .join('')}!: > ${FOLDER}/nodes; : > ${FOLDER}/lists; : > ${FOLDER}/mms
`
