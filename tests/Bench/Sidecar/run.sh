#!/usr/bin/env bash
# prestopd sidecar beside the same routes on Go's net/http: wrk with 32 connections, ROUNDS rounds in turn, the median of each figure.
# Needs out/prestopd, go and wrk. Everything runs on 127.0.0.1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-5} port=${PORT:-27480}
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -KILL "$server"; rm -rf "$work"' EXIT

(cd tests/Bench/Sidecar/go && CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$work/go-net-http" .)
cp out/prestopd "$work/prestopd"

memory() { awk -v key="$1:" '$1 == key { printf "%.1f", $2 / 1024 }' "/proc/$server/status"; }

measure() { # NAME COMMAND... : one line of figures, added to $work/NAME.figures
  local name=$1 idle loaded
  shift
  PORT=$port "$@" &
  server=$!
  until curl -sf -o "$work/body" "http://127.0.0.1:$port/healthz"; do sleep 0.05; done
  sleep 1
  idle=$(memory VmRSS)
  wrk -t1 -c32 -d"${seconds}s" --latency "http://127.0.0.1:$port/" >"$work/wrk"
  loaded=$(memory VmHWM)
  kill -KILL $server
  wait $server 2>"$work/killed" || true
  server=
  awk -v idle="$idle" -v loaded="$loaded" '
    function ms(t) { return t ~ /us$/ ? t / 1000 : t ~ /ms$/ ? t + 0 : t * 1000 }
    $1 == "50%" { p50 = ms($2) } $1 == "99%" { p99 = ms($2) } $1 == "Requests/sec:" { rps = $2 } /Non-2xx|Socket errors/ { bad = 1 }
    END { if (bad) exit 1; print rps, p50, p99, idle, loaded }' "$work/wrk" >>"$work/$name.figures"
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

for _ in $(seq "$rounds"); do
  measure prestopd "$work/prestopd" sidecar 2>>"$work/stderr"
  measure go-net-http "$work/go-net-http" 2>>"$work/stderr"
done

echo "$(nproc) cores shared with wrk; $rounds rounds of ${seconds} s; $(go version | cut -d' ' -f3); medians"
printf '%-14s %12s %9s %9s %9s %10s %12s\n' server requests/s p50_ms p99_ms idle_MB peak_MB file_bytes
for name in prestopd go-net-http; do
  column() { cut -d' ' -f"$1" "$work/$name.figures" | median; }
  printf '%-14s %12.0f %9.3f %9.3f %9.1f %10.1f %12d\n' "$name" "$(column 1)" "$(column 2)" "$(column 3)" "$(column 4)" "$(column 5)" "$(stat -c %s "$work/$name")"
done
