#!/usr/bin/env bash
# Memcheck on goroutines' stacks: a variable that was never written is reported with the function
# that reads it, and nothing else is, not even a warning that the client switches stacks.
# Usage: valgrind_test.sh VALGRIND PROGRAM
set -euo pipefail
valgrind=$1 program=$2

fail() { printf '%s\n' "$*" >&2; exit 1; }
memcheck() { "$valgrind" --error-exitcode=9 "$program" "$1" 2>&1; }

status=0
said=$(memcheck bad) || status=$?
((status == 9)) || fail "exit status $status: $said"
[[ $said == *"depends on uninitialised value"*"DecideByAVariable"* ]] || fail "no such report: $said"
said=$(memcheck good) || fail "the healthy twin was reported: $said"
[[ $said == *"ran to its end"* ]] || fail "did not run to its end: $said"
[[ $said != *"client switching stacks"* ]] || fail "valgrind does not know the stacks: $said"
