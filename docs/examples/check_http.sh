#!/usr/bin/env bash
# Runs the HTTP server and asks it with the client. Usage: check_http.sh SERVER CLIENT
set -euo pipefail
coproc SERVER { exec "$1" 127.0.0.1:0; }
server=$SERVER_PID
read -r address <&"${SERVER[0]}"
answers=$("$2" "$address" /hello /nowhere /hello)
expected=$'200 Hello from goroutine land\n\n404 not found\n\n200 Hello from goroutine land'
if [[ $answers != "$expected" ]]; then
  printf 'the client said:\n%s\n' "$answers" >&2
  exit 1
fi
exec {SERVER[1]}>&-  # the end of its standard input
wait "$server"
echo "served"
