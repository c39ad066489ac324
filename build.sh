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
               publish, then print the measurements, side by side with peers: sleep, wait, sockets, schemes, drain, elb, controller, evidence, rollout, sidecar; all without SECTION
  order        trace what typical waits execute and write src/Static/function-order.txt, by which the linker lays prestop out
  image [--tag REGISTRY/] [OPTION]...
               build the images 'sleep', 'prestop' and 'prestopd' with Dockerfile.build, named REGISTRY/sleep:VERSION and so on, and :latest, and
               run each once; by docker, podman or buildah, whichever works here. OPTION is docker build's. You push them
  release REGISTRY/
               build them for this machine's architecture with docker buildx, SBOM and provenance beside them, and push them as VERSION-amd64 or -arm64
  release REGISTRY/ join
               name what was pushed for both architectures together: VERSION and latest
EOF
}

packages_publish="gcc libc6-dev lld binutils musl-tools zlib1g-dev libssl-dev cmake make openssl"
packages_test="awscli mandoc zsh fish bubblewrap busybox-static toybox strace valgrind curl dnsmasq-base nginx-light haproxy wrk iproute2 util-linux procps libnss-myhostname"
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

# What the choice of the framework rests on: the SDK, what is pinned, and the feeds.
framework_inputs() {
  rid
  dotnet --version
  dotnet nuget list source --format short
  cat global.json Directory.*.props Directory.*.targets
}

# The framework to publish with: net10.0 where its NativeAOT pack restores from the configured feed, else net9.0. Asked again when one of
# the inputs is another, and after a day with net9.0: a feed gets new packages.
framework() {
  local seen=artifacts/publish-framework inputs choice=net9.0
  inputs=$(framework_inputs | sha256sum | cut -d ' ' -f 1)
  if [ "$(sed -n 2p $seen 2>/dev/null)" != "$inputs" ] ||
    { [ "$(head -n 1 $seen)" = net9.0 ] && [ -z "$(find artifacts/probe.log -mmin -1440 2>/dev/null)" ]; }; then
    if dotnet restore src/Prestop -r "$(rid)" -p:PublishFramework=net10.0 -p:TargetFrameworks=net10.0 \
      -p:ArtifactsPath="$root/artifacts/probe" >artifacts/probe.log 2>&1; then
      choice=net10.0
    fi
    # Left alone when nothing has changed: what is published is older than this file when it is out of date.
    printf '%s\n' $choice "$inputs" | cmp -s - $seen || printf '%s\n' $choice "$inputs" >$seen
  fi
  head -n 1 $seen
}

# stale PROGRAM : true when it is not there, or something that it is made from is newer.
stale() {
  [ ! -e "out/$1" ] || [ ! -e "artifacts/publish/$1/$1" ] ||
    [ -n "$(find src Directory.*.props Directory.*.targets build.sh artifacts/publish-framework -newer "out/$1" -type f -print -quit)" ]
}

# publish_to_out PROJECT PROGRAM [OPTION...] : the program's static binary in out/, once it has worked in an empty root. One that does not
# build or work as Static.props tailors it is made again plainly.
publish_to_out() {
  local project=$1 program=$2
  shift 2
  stale "$program" || return 0
  echo "build.sh: publishing $program${2:+ for $2}" >&2
  if ! build "$project" "$program" "$@" || ! works "$program"; then
    [ "$project" != Sleep ] || exit 1
    echo "build.sh: a plain $program takes its place: larger, and with more memory" >&2
    { build "$project" "$program" "$@" -p:IsTailored=false && works "$program"; } || exit 1
  fi
  command install -m 755 -D "artifacts/publish/$program/$program" "out/$program"
}

# build PROJECT PROGRAM [OPTION...] : publishes into artifacts/publish/PROGRAM.
build() {
  local project=$1 program=$2
  shift 2
  # The compiler and the linker do not see a change in Static/.
  rm -rf "artifacts/publish/obj/$project" "artifacts/publish/$program"
  dotnet publish "src/$project" "$@" -v quiet -p:ArtifactsPath="$root/artifacts/publish" -o "artifacts/publish/$program" >&2 ||
    { echo "build.sh: $program cannot be built" >&2; return 1; }
}

# version : of the programs.
version() {
  sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props
}

# works PROGRAM : runs what was just built where a scratch image has nothing for it either: no other file, no environment.
works() {
  local program=$1 empty=$root/artifacts/empty-root version enter at=
  rm -rf "$empty" && mkdir -p "$empty/dev"
  # .NET takes its hash seeds from this; every container has the device.
  head -c 65536 /dev/urandom >"$empty/dev/urandom"
  command install -m 755 "artifacts/publish/$program/$program" "$empty/$program"
  if chroot / true 2>/dev/null; then
    enter=("$(command -v chroot)" "$empty")
  elif unshare --map-root-user chroot / true 2>/dev/null; then
    enter=("$(command -v unshare)" --map-root-user "$(command -v chroot)" "$empty")
  else
    echo "build.sh: no root and no user namespaces here: $program is tried without an empty root" >&2
    enter=() at=$empty
  fi

  version=$(version)
  attempt "--version" says_version || return 1
  case $program in
    sleep) attempt "a wait" inside sleep 10ms ;;
    prestop) attempt "a wait" inside prestop 10ms && attempt "an https wait" waits_for_https ;;
    prestopd) attempt "a sidecar's answer and end" serves ;;
  esac
}

# attempt WHAT COMMAND... : runs the command; says what does not work, and all that it printed.
attempt() {
  local what=$1
  shift
  "$@" >artifacts/attempt.log 2>&1 || { echo "build.sh: $program does not work in an empty root: $what" >&2; cat artifacts/attempt.log >&2; return 1; }
}

# inside PROGRAM [ARG...] : in the empty root that works() has made, at most half a minute.
inside() {
  local name=$1
  shift
  timeout 30 env -i "${enter[@]}" "$at/$name" "$@" </dev/null
}

says_version() {
  local text
  text=$(inside "$program" --version) && echo "$text" && [[ "$text" == *"$version"* ]]
}

# A certificate of a new authority, which only a file in the empty root names, on a port that the kernel chooses.
waits_for_https() {
  local port= server code=0
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=build.sh -addext subjectAltName=IP:127.0.0.1 \
    -keyout artifacts/https.key -out "$empty/ca.pem" || return 1
  openssl s_server -www -accept 127.0.0.1:0 -cert "$empty/ca.pem" -key artifacts/https.key </dev/null >artifacts/https.log 2>&1 &
  server=$!
  while [ -z "$port" ] && kill -0 $server; do
    port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' artifacts/https.log)
    sleep 0.05
  done
  inside prestop --max 20s --cacert "$at/ca.pem" "https://127.0.0.1:$port/" || code=$?
  kill $server && wait $server || true
  return $code
}

# A health check of the sidecar, and its end after SIGTERM with exit code 0. The port is tried out: another program may have it.
serves() {
  local port server code=0 answer=
  for _ in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 10000))
    env -i PORT=$port LOG=yes INTERVAL=1s COOLDOWN=0s "${enter[@]}" "$at/prestopd" sidecar </dev/null &
    server=$!
    while [ -z "$answer" ] && kill -0 $server; do
      answer=$(health $port)
      sleep 0.05
    done
    kill $server || true
    wait $server || code=$?
    [ -z "$answer" ] || break
  done
  [[ "$answer" == "HTTP/1.1 200 OK"* ]] && [ $code -eq 0 ]
}

# health PORT : the first line of the answer; nothing where nobody listens.
health() {
  { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 0
  printf 'GET /healthz HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n' >&3
  timeout 5 head -n 1 <&3
}

publish() {
  local framework
  rid >/dev/null
  install $packages_publish
  framework=$(framework)
  publish_to_out Sleep sleep
  publish_to_out Prestop prestop -f "$framework" -r "$(rid)" -p:PublishFramework="$framework"
  publish_to_out Prestopd prestopd -f "$framework" -r "$(rid)" -p:PublishFramework="$framework"
}

# publish_example : examples/graceful-app as its Dockerfile builds it, for its test.
publish_example() {
  local file=artifacts/publish/graceful-app/graceful-app framework
  framework=$(framework)
  if [ ! -e $file ] || [ -n "$(find examples/graceful-app/*.cs* Directory.*.props Directory.*.targets artifacts/publish-framework -newer $file -print -quit)" ]; then
    echo "build.sh: publishing examples/graceful-app for $framework" >&2
    dotnet publish examples/graceful-app -v quiet -r "$(rid)" -p:PublishFramework="$framework" -p:ArtifactsPath="$root/artifacts/publish" -o ${file%/*} >&2
    touch $file
  fi
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

# engine : the first of docker, podman and buildah that works here; a docker without its daemon does not.
engine() {
  local name
  for name in docker podman buildah; do
    if command -v $name >/dev/null && $name info >artifacts/engine.log 2>&1; then
      echo $name
      return
    fi
  done
  echo "build.sh: image: needs docker, podman or buildah, and none works here: ask 'docker info'" >&2
  return 1
}

# describe : version, revision and source of what images are made from, and the build arguments that tell them.
describe() {
  version=$(version)
  revision=$(git describe --always --abbrev=40 --dirty --exclude='*' 2>artifacts/git.log || echo unknown)
  source=$(git config --get remote.origin.url || echo unknown)
  labels=(--build-arg VERSION="$version" --build-arg REVISION="$revision" --build-arg SOURCE="$source")
}

# images [--tag PREFIX] [OPTION]... : the three images, labelled with what they were made from.
images() {
  local prefix=prestopsleep/ engine version revision source labels target
  if [ "${1:-}" = --tag ]; then
    [ -n "${2:-}" ] || { echo "build.sh: image --tag: needs the beginning of a name; write --tag registry.example/, for example" >&2; exit 2; }
    prefix=${2%/}/
    shift 2
  fi
  engine=$(engine)
  describe
  for target in sleep prestop prestopd; do
    $engine build -f Dockerfile.build --target $target "${labels[@]}" -t "$prefix$target:$version" -t "$prefix$target:latest" "$@" .
  done
  case " $* " in
    *" --platform"* | *" --output"* | *" -o"* | *" --push"*) echo "build.sh: image: not run, as they may be for another machine or place" >&2 ;;
    *) for target in sleep prestop prestopd; do image_says_version "$prefix$target:$version" $target; done ;;
  esac
}

# image_says_version IMAGE PROGRAM : runs the image once.
image_says_version() {
  local image=$1 program=$2 said container
  if [ "$engine" = buildah ]; then
    container=$(buildah from "$image")
    said=$(buildah run "$container" -- "/bin/$program" --version 2>&1) || true
    buildah rm "$container" >/dev/null
  else
    said=$($engine run --rm --network none "$image" --version 2>&1) || true
  fi
  [[ "$said" == *"$version"* ]] || { echo "build.sh: image: $image does not tell its version: $said" >&2; exit 1; }
  echo "build.sh: $image runs: ${said%%$'\n'*}" >&2
}

# release REGISTRY/ [join] : what a tag publishes, once on a machine of each architecture, then joined.
release() {
  local prefix=${1:-} version revision source labels target arch
  [ -n "$prefix" ] && [ "${2:-join}" = join ] || { usage >&2; exit 2; }
  # Registries refuse capitals in names; the name of an account may have them.
  prefix=${prefix,,}
  prefix=${prefix%/}/
  describe
  if [ "${GITHUB_REF_TYPE:-}" = tag ] && [ "$GITHUB_REF_NAME" != "v$version" ]; then
    echo "build.sh: release: the tag is $GITHUB_REF_NAME, Directory.Build.props says $version: make them the same" >&2
    exit 2
  fi

  case "$(uname -m)" in x86_64) arch=amd64 ;; *) arch=arm64 ;; esac
  # Of docker's builders only this one makes attestations.
  [ "${2:-}" = join ] || docker buildx create --name prestopsleep --driver docker-container >/dev/null
  for target in sleep prestop prestopd; do
    if [ "${2:-}" = join ]; then
      docker buildx imagetools create -t "$prefix$target:$version" -t "$prefix$target:latest" "$prefix$target:$version-amd64" "$prefix$target:$version-arm64"
    else
      docker buildx build --builder prestopsleep -f Dockerfile.build --target $target "${labels[@]}" --sbom=true --provenance=mode=max \
        --push -t "$prefix$target:$version-$arch" .
    fi
  done
}

mkdir -p artifacts
case "${1:-}" in
  run) shift; publish; exec out/prestop "$@" ;;
  publish) publish; ls -l out ;;
  test) shift; publish; publish_example; install $packages_test; dotnet build PrestopSleep.sln -v quiet; run_tests "$@" ;;
  bench) shift; publish; install $packages_test $packages_bench; bench "$@" ;;
  order)
    publish; install $packages_test
    dotnet run --project tests/Bench -c Release -- order "artifacts/publish/obj/Prestop/release_$(framework)_$(rid)/prestop.map" src/Static/function-order.txt ;;
  image) shift; images "$@" ;;
  release) shift; rid >/dev/null; release "$@" ;;
  -h | --help | help) usage ;;
  *) usage >&2; exit 2 ;;
esac
