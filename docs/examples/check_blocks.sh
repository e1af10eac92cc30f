#!/usr/bin/env bash
# Every C++ block of the documents must be, word for word, part of a program that is compiled and
# run. Usage: check_blocks.sh DIR... -- DOCUMENT...
set -euo pipefail
programs=()
while [[ $1 != -- ]]; do
  for program in "$1"/*.cc "$1"/*.h; do
    if [[ -e $program ]]; then programs+=("$program"); fi
  done
  shift
done
shift

# Reads a document and prints its ```cpp blocks, each ended by a NUL.
blocks() {
  awk '/^```cpp$/ { inside = 1; next } /^```$/ { if (inside) printf "%c", 0; inside = 0; next }
       inside { print }' "$1"
}

checked=0
failed=0
for document in "$@"; do
  while IFS= read -r -d '' block; do
    checked=$((checked + 1))
    found=false
    for program in "${programs[@]}"; do
      # The added x keeps the newline at the end.
      text=$(cat "$program" && printf x)
      if [[ ${text%x} == *"$block"* ]]; then found=true; fi
    done
    if ! $found; then
      printf '%s: this block is in no program:\n%s\n' "$document" "$block" >&2
      failed=$((failed + 1))
    fi
  done < <(blocks "$document")
done
if ((checked == 0)); then
  echo "no C++ block was found: this check looks at nothing" >&2
  exit 1
fi
echo "$checked blocks checked, $failed failed"
((failed == 0))
