#!/usr/bin/env bash
# The one door: everything that is built, tested or measured here goes through this script. Needs the .NET SDK only; the rest
# it installs with apt when it is root, and otherwise prints the one line to run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$PWD
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1

usage() {
  cat <<EOF
usage: ./build.sh COMMAND
  run [ARGS]   publish what is missing or out of date, then run: prestop ARGS
  test         publish, then run every test; ends with the line 'N passed, N failed, N skipped'
  publish      build the static programs into out/
  bench [SECTION]...
               publish, then print the measurements, side by side with peers: sleep, wait, sockets, schemes, drain, evidence, sidecar; all without SECTION
  order        trace what typical waits execute and write src/Static/function-order.txt, by which the linker lays prestop out
  image [--tag REGISTRY/] [OPTION]...
               build the images 'sleep', 'prestop' and 'prestopd' with Dockerfile.build, named REGISTRY/sleep:VERSION and so on, and :latest;
               OPTION is docker build's. You push them
EOF
}

packages_publish="gcc libc6-dev lld binutils musl-tools zlib1g-dev libssl-dev cmake make"
packages_test="awscli mandoc zsh fish bubblewrap busybox-static toybox strace valgrind curl openssl dnsmasq-base nginx-light haproxy wrk iproute2 util-linux procps libnss-myhostname"
# Any kubectl will do to compare with; an apt package would overwrite one that is not apt's.
command -v kubectl >/dev/null || packages_test+=" kubernetes-client"
packages_bench="tini gcc libc6-dev golang-go"

# install PACKAGE... : apt packages that are missing. dpkg is asked first, so that a second run needs no network.
install() {
  local missing=()
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local line="apt-get install -y --no-install-recommends ${missing[*]}"
  if [ "$(id -u)" != 0 ]; then
    echo "build.sh: missing packages; run: sudo $line" >&2
    exit 1
  fi
  echo "build.sh: $line" >&2
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive $line; } >artifacts/apt.log 2>&1 ||
    { tail -n 20 artifacts/apt.log >&2; exit 1; }
}

rid() {
  case "$(uname -m)" in
    x86_64) echo linux-x64 ;;
    aarch64) echo linux-arm64 ;;
    *) echo "build.sh: $(uname -m) is not supported: use x86_64 or aarch64" >&2; return 1 ;;
  esac
}

# The framework to publish with: net10.0 where its NativeAOT pack restores from the configured feed, else net9.0.
framework() {
  local seen=artifacts/publish-framework
  if [ ! -s $seen ]; then
    if dotnet restore src/Prestop -r "$(rid)" -p:PublishFramework=net10.0 -p:TargetFrameworks=net10.0 \
      -p:ArtifactsPath="$root/artifacts/probe" >artifacts/probe.log 2>&1; then
      echo net10.0 >$seen
    else
      echo net9.0 >$seen
    fi
  fi
  cat $seen
}

# stale FILE : true when something that FILE is made from is newer than it.
stale() {
  [ ! -e "$1" ] || [ -n "$(find src Directory.*.props Directory.*.targets build.sh -newer "$1" -type f -print -quit)" ]
}

# publish_to_out PROJECT PROGRAM [OPTION...] : the program's static binary in out/.
publish_to_out() {
  local project=$1 program=$2
  shift 2
  stale "out/$program" || return 0
  echo "build.sh: publishing $program${2:+ for $2}" >&2
  # The compiler and the linker do not see a change in Static/.
  rm -rf "artifacts/publish/obj/$project"
  dotnet publish "src/$project" "$@" -v quiet -p:ArtifactsPath="$root/artifacts/publish" -o "artifacts/publish/$program" >&2
  command install -m 755 -D "artifacts/publish/$program/$program" "out/$program"
}

publish() {
  install $packages_publish
  local framework
  framework=$(framework)
  publish_to_out Sleep sleep
  publish_to_out Prestop prestop -f "$framework" -r "$(rid)" -p:PublishFramework="$framework"
  publish_to_out Prestopd prestopd -f "$framework" -r "$(rid)" -p:PublishFramework="$framework"
}

# The test projects are programs of their own; each writes its counts, which are added up here.
run_tests() {
  local results=artifacts/test-results failed=0
  rm -rf $results && mkdir -p $results
  dotnet format PrestopSleep.sln --verify-no-changes --no-restore
  for project in tests/*.Tests; do
    local name=${project##*/}
    timeout 1200 "artifacts/bin/$name/debug/$name" -noLogo -noColor -xml "$results/$name.xml" "$@" || failed=1
  done
  count() { grep -oh '<assembly [^>]*' $results/*.xml | sed -n 's/.* '"$1"'="\([0-9]*\)".*/\1/p' | awk '{ n += $1 } END { print n + 0 }'; }
  local passed errors skipped
  passed=$(count passed) errors=$(($(count failed) + $(count errors))) skipped=$(count skipped)
  [ "$(ls $results | wc -l)" -eq "$(ls -d tests/*.Tests | wc -l)" ] || { echo "build.sh: a test project left no results" >&2; failed=1; }
  echo "$passed passed, $errors failed, $skipped skipped"
  [ $failed -eq 0 ] && [ "$errors" -eq 0 ] && [ "$skipped" -eq 0 ] && [ "$passed" -gt 0 ]
}

# bench [SECTION]... : the sidecar's section is a script; all others are one program, which fails when a goal is missed.
bench() {
  local sections=() sidecar= failed=0 section
  for section in "$@"; do
    if [ "$section" = sidecar ]; then sidecar=yes; else sections+=("$section"); fi
  done
  if [ $# -eq 0 ] || [ ${#sections[@]} -gt 0 ]; then
    dotnet run --project tests/Bench -c Release -- "${sections[@]}" || failed=$?
  fi
  if [ $# -eq 0 ] || [ -n "$sidecar" ]; then
    echo
    ROUNDS=${ROUNDS:-1} SECONDS_EACH=${SECONDS_EACH:-3} tests/Bench/Sidecar/run.sh
  fi
  return $failed
}

# images [--tag PREFIX] [OPTION]... : the three images, labelled with what they were made from.
images() {
  local prefix=prestopsleep/ version revision source target
  if [ "${1:-}" = --tag ]; then
    [ -n "${2:-}" ] || { echo "build.sh: image --tag: needs the beginning of a name; write --tag registry.example/, for example" >&2; exit 2; }
    prefix=${2%/}/
    shift 2
  fi
  version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
  revision=$(git describe --always --abbrev=40 --dirty --exclude='*' 2>artifacts/git.log || echo unknown)
  source=$(git config --get remote.origin.url || echo unknown)
  for target in sleep prestop prestopd; do
    docker build -f Dockerfile.build --target $target --build-arg VERSION="$version" --build-arg REVISION="$revision" --build-arg SOURCE="$source" \
      -t "$prefix$target:$version" -t "$prefix$target:latest" "$@" .
  done
}

mkdir -p artifacts
case "${1:-}" in
  run) shift; publish; exec out/prestop "$@" ;;
  publish) publish; ls -l out ;;
  test) shift; publish; install $packages_test; dotnet build PrestopSleep.sln -v quiet; run_tests "$@" ;;
  bench) shift; publish; install $packages_test $packages_bench; bench "$@" ;;
  order)
    publish; install $packages_test
    dotnet run --project tests/Bench -c Release -- order "artifacts/publish/obj/Prestop/release_$(framework)_$(rid)/prestop.map" src/Static/function-order.txt ;;
  image) shift; images "$@" ;;
  -h | --help | help) usage ;;
  *) usage >&2; exit 2 ;;
esac
