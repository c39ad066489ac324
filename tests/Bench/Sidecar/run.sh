#!/usr/bin/env bash
# prestopd sidecar beside the same routes on Go's net/http: wrk with kept and with new connections (Connection: close, which is what a health check
# is), and the start up to the first 200. ROUNDS rounds, the servers in turn, the median of each figure. CPU is the server's own, user and system.
# Needs out/prestopd, go and wrk. Everything runs on 127.0.0.1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-5} port=${PORT:-27480}
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -KILL "$server"; rm -rf "$work"' EXIT

(cd tests/Bench/Sidecar/go && CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$work/go-net-http" .)
cp out/prestopd "$work/prestopd"

start() { # NAME : starts a server, and sets first_ms to the time until it has answered 200
  local arguments=() began
  [ "$1" != prestopd ] || arguments=(sidecar)
  began=$(date +%s%N)
  PORT=$port "$work/$1" "${arguments[@]}" 2>>"$work/stderr" &
  server=$!
  until { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>>"$work/refused"; do :; done
  printf 'GET /healthz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n' >&3
  read -r _ status _ <&3
  first_ms=$((($(date +%s%N) - began) / 1000))
  exec 3<&- 3>&-
  [ "$status" = 200 ]
}

stop() {
  kill -KILL $server
  wait $server 2>>"$work/killed" || true
  server=
}

memory() { awk -v key="$1:" '$1 == key { printf "%.1f", $2 / 1024 }' "/proc/$server/status"; }

cpu_ms() { awk -v tick="$(getconf CLK_TCK)" '{ print ($14 + $15) * 1000 / tick }' "/proc/$server/stat"; }

measure() { # NAME CONNECTIONS KIND : adds a line of figures to $work/NAME.CONNECTIONS.KIND
  local name=$1 connections=$2 kind=$3 idle cpu header=()
  [ "$kind" != new ] || header=(-H 'Connection: close')
  start "$name"
  sleep 0.5
  idle=$(memory VmRSS) cpu=$(cpu_ms)
  wrk -t1 -c"$connections" -d"${seconds}s" --latency "${header[@]}" "http://127.0.0.1:$port/" >"$work/wrk"
  awk -v first="$first_ms" -v idle="$idle" -v peak="$(memory VmHWM)" -v cpu="$(($(cpu_ms) - cpu))" '
    function ms(t) { return t ~ /us$/ ? t / 1000 : t ~ /ms$/ ? t + 0 : t * 1000 }
    $1 == "50%" { p50 = ms($2) } $1 == "99%" { p99 = ms($2) } $1 == "Requests/sec:" { rps = $2 } /requests in/ { n = $1 } /Non-2xx|Socket errors/ { bad = 1 }
    END { if (bad) exit 1; print rps, p50, p99, cpu * 1000 / n, idle, peak, first / 1000 }' "$work/wrk" >>"$work/$name.$connections.$kind"
  stop
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

cases=("32 kept" "32 new" "256 new" "1 new")
for _ in $(seq "$rounds"); do
  for case in "${cases[@]}"; do
    for name in prestopd go-net-http; do
      # shellcheck disable=SC2086
      measure $name $case
    done
  done
done

echo "$(nproc) cores shared with wrk; $rounds rounds of ${seconds} s; $(go version | cut -d' ' -f3); medians"
printf '%-9s %-12s %10s %9s %9s %9s %8s %8s %9s\n' connect. server requests/s p50_ms p99_ms cpu_us/rq idle_MB peak_MB first_ms
for case in "${cases[@]}"; do
  for name in prestopd go-net-http; do
    column() { cut -d' ' -f"$1" "$work/$name.${case/ /.}" | median; }
    printf '%-9s %-12s %10.0f %9.3f %9.3f %9.1f %8.1f %8.1f %9.1f\n' "$case" $name "$(column 1)" "$(column 2)" "$(column 3)" "$(column 4)" "$(column 5)" "$(column 6)" "$(column 7)"
  done
done
printf 'bytes of the file: prestopd %d, go-net-http %d\n' "$(stat -c %s "$work/prestopd")" "$(stat -c %s "$work/go-net-http")"
