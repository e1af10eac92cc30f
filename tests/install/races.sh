#!/usr/bin/env bash
# Builds the outside program races.cc with clang 19 and -fsanitize=thread, which is all that a user
# adds, and runs it. Usage: races.sh CLANG PREFIX SOURCE_DIR WORK_DIR
set -euo pipefail
clang=$1 prefix=$2 source=$3 work=$4

fail() { printf '%s\n' "$*" >&2; exit 1; }
pc=$(find "$prefix" -name muster-tsan.pc -print -quit)
[[ -n $pc ]] || fail "no muster-tsan.pc under $prefix"
export PKG_CONFIG_PATH=${pc%/*} TSAN_OPTIONS=atexit_sleep_ms=0
mkdir -p "$work"

by_pkg_config() {
  # The words are to be split: they are flags.
  # shellcheck disable=SC2046
  "$clang" -std=c++20 -O2 -g -fsanitize=thread $(pkg-config --cflags muster-tsan) \
    "$source/races.cc" -o "$work/races" $(pkg-config --libs muster-tsan)
}
by_cmake() {
  cmake -S "$source/tsan" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_CXX_COMPILER="$clang" -DCMAKE_CXX_FLAGS=-fsanitize=thread >"$work/cmake.log"
  cmake --build "$work/cmake" >>"$work/cmake.log"
  cp "$work/cmake/races" "$work/races"
}

for way in by_pkg_config by_cmake; do
  $way
  status=0
  said=$("$work/races" 2>&1) || status=$?
  [[ $status == 66 && $said == *"data race"* ]] || fail "$way: the race was not reported: $said"
  [[ $said == *"'goroutine 2'"* ]] || fail "$way: the report names no goroutine: $said"
  said=$("$work/races" ordered 2>&1) || fail "$way: the healthy twin failed: $said"
  [[ $said == "ran to its end" ]] || fail "$way: the healthy twin was reported: $said"
done
