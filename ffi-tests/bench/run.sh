#!/usr/bin/env bash
# Ringmill from C beside Ringmill from Rust, and beside queues in C and C++: prints both tables, ratios first.
#
#   ffi-tests/bench/run.sh PREFIX [--quick] [--only rust|peers] [--readme FILE] [OPTION ...]
#
#   PREFIX      where Ringmill was installed
#   --quick     one short set of each row, for a first look; nothing is written
#   --only X    one of the two comparisons
#   --readme F  also puts the tables between their markers in F
#   OPTION      for the program: --row, --sets, --rounds, --run-ms, --gauge-limit, --patience, --tries
#
# Needs cmake and, on Debian: libconcurrentqueue-dev libreaderwriterqueue-dev libatomic-queue-dev libck-dev libboost-dev
# libtbb-dev, and libdpdk-dev for rte_ring (which is left out without it).
set -euo pipefail
here=$(dirname "$(realpath "$0")")
prefix=$(realpath "${1:?which prefix?}")
shift
given="$*"
quick='' readme='' suites=(rust peers) options=()
while [ $# -gt 0 ]; do
  case $1 in
    --quick) quick=1; options+=(--sets 1 --rounds 7 --run-ms 4 --patience 0 --tries 1) ;;
    --only) suites=("$2"); shift ;;
    --readme) readme=$(realpath "$2"); shift ;;
    *) options+=("$1" "$2"); shift ;;
  esac
  shift
done

cd "$here/../.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
cargo build --quiet --release -p ringmill-ffi-bench
build=$target/ffi-bench
cmake -S "$here" -B "$build" -DCMAKE_PREFIX_PATH="$prefix" \
  -DRINGMILL_BENCH_RUST="$target/release/libringmill_ffi_bench.a" >/dev/null
cmake --build "$build" -j 2 -- --quiet >/dev/null

version() { dpkg-query -W -f '${Version}' "$1" 2>/dev/null | sed 's/-[^-]*$//' || true; }
peers=
for package in atomic-queue boost ck concurrentqueue dpdk readerwriterqueue tbb; do
  found=$(version "lib$package-dev")
  [ -z "$found" ] || peers+="${peers:+,}$package=$found"
done
compilers="$(gcc --version | sed -n '1s/^gcc .*) /gcc /p'), $(rustc --version | cut -d' ' -f1,2)"

results=$here/results
[ -z "$quick" ] || results=$(mktemp -d)
mkdir -p "$results"
for suite in "${suites[@]}"; do
  name=$([ "$suite" = rust ] && echo c-against-rust || echo c-peers)
  "$build/compare" "$suite" "${options[@]}" --compilers "$compilers" \
    --peers "$([ "$suite" = rust ] && echo "ringmill from Rust=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)" || echo "$peers")" \
    --command "ffi-tests/bench/run.sh PREFIX${given:+ $given}" >"$results/$name.json"
  cargo run --quiet --release -p ringmill-benches --bin compare -- --from "$results/$name.json" --out "$results" \
    ${readme:+--readme "$readme"}
done
# Two bars a panel are no picture.
rm -f "$results/c-against-rust.svg"
[ -z "$quick" ] || rm -r "$results"
