#!/usr/bin/env bash
# The check of docs/reference/go-parity.md must accept what is there, and find a name that is not.
# Usage: parity_names_test.sh SOURCE_DIR
set -euo pipefail
source_dir=$1
check="$source_dir/tests/docs/parity_names.py"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

python3 "$check" "$source_dir"

printf '| Name | | Test |\n|---|---|---|\n| x | ours | `Errgroup.NobodyWroteThis` |\n' >"$scratch/bad.md"
printf '| Name | | Test |\n|---|---|---|\n| x | ours | `tests/runtime/sync/nobody_test.cc` |\n' >"$scratch/path.md"
printf 'no table\n' >"$scratch/empty.md"
for document in bad path empty; do
  if python3 "$check" "$source_dir" "$scratch/$document.md" >"$scratch/out"; then
    echo "the check accepts $document.md" >&2
    exit 1
  fi
done
