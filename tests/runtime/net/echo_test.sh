#!/usr/bin/env bash
# The echo server of docs/examples holds many connections, one goroutine each, and shuts down by
# itself, nothing left behind. Usage: echo_test.sh SERVER CLIENT CONNECTIONS
set -euo pipefail
wanted=$3
ulimit -Hn "$((wanted + 20))" 2>/dev/null || true  # root may
hard=$(ulimit -Hn)
if [[ $hard != unlimited ]] && ((hard < wanted + 20)); then
  wanted=$((hard - 20))
  echo "the limit on open files allows $wanted connections"
fi
ulimit -n "$((wanted + 20))"
coproc SERVER { exec "$1" 127.0.0.1:0; }
server=$SERVER_PID
read -r address <&"${SERVER[0]}"
"$2" "$address" "$wanted" "$server"
exec {SERVER[1]}>&-  # the end of its standard input: it shuts down
wait "$server"
echo "the server has shut down"
