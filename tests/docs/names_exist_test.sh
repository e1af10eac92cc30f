#!/usr/bin/env bash
# The check of names must accept what docs/guide/coming-from-go.md says, and find what does not exist.
# Usage: names_exist_test.sh SOURCE_DIR COMPILER
set -euo pipefail
source_dir=$1
compiler=$2
check() {
  python3 "$source_dir/tests/docs/names_exist.py" "$1" "$source_dir/runtime/include" "$compiler"
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

check "$source_dir/docs/guide/coming-from-go.md"

printf '| `x` | `muster::Chan`, `c.Send(v)` | |\n' >"$scratch/good.md"
check "$scratch/good.md"
printf '| `x` | `muster::Chann`, `c.Send(v)` | |\n' >"$scratch/name.md"
printf '| `x` | `muster::Chan`, `c.Sendd(v)` | |\n' >"$scratch/member.md"
printf 'no table\n' >"$scratch/empty.md"
for document in name member empty; do
  if check "$scratch/$document.md" >"$scratch/out" 2>&1; then
    echo "the check accepts $document.md" >&2
    exit 1
  fi
done
