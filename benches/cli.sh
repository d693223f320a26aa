#!/usr/bin/env bash
# The command line beside `xargs -P` and GNU parallel: processes a second, records a second through
# processes that stay, memory. Wants Debian's `parallel` and `time`; prints a table for the README.
#   benches/cli.sh [rounds]
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5}
cargo build --quiet --release --features cli --bin ringmill
ringmill=${CARGO_TARGET_DIR:-target}/release/ringmill
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
export LC_ALL=C PARALLEL_HOME=$dir

# Milliseconds of a command that reads a file.
timed() {
  local input=$1 begin end
  shift
  begin=$(date +%s%N)
  "$@" <"$input" >/dev/null 2>&1
  end=$(date +%s%N)
  echo $(((end - begin) / 1000000))
}

median() { sort -n | sed -n "$(((rounds + 1) / 2))p"; }

# Records a second from records and milliseconds.
rate() { echo $(($1 * 1000 / $2)); }

# Peak memory in MiB.
peak() {
  local input=$1
  shift
  /usr/bin/time -f %M -o "$dir/peak" "$@" <"$input" >/dev/null 2>&1
  awk '{ printf "%.0f", $1 / 1024 }' "$dir/peak"
}

processes=1000
seq $processes >"$dir/few"
lines=2000000
seq $lines | sed 's/^/ok /' >"$dir/many"

echo "$(nproc) processors, $(uname -sr), $(xargs --version | head -1), $(parallel --version | head -1)"
echo "median of $rounds interleaved rounds"
for round in $(seq "$rounds"); do
  timed "$dir/few" "$ringmill" run --log none --workers 2 --exec true >>"$dir/exec.ringmill"
  timed "$dir/few" xargs -P 2 -n 1 true >>"$dir/exec.xargs"
  timed "$dir/few" parallel -j 2 true >>"$dir/exec.parallel"
  timed "$dir/many" "$ringmill" run --log none --workers 2 --coprocess cat >>"$dir/pipe.ringmill"
  timed "$dir/many" "$ringmill" run --log none --workers 2 --keep-order --coprocess cat >>"$dir/pipe.ordered"
  timed "$dir/many" parallel -j 2 --pipe cat >>"$dir/pipe.parallel"
done
for who in ringmill xargs parallel; do
  echo "true, $processes processes, 2 at a time, $who: $(rate $processes "$(median <"$dir/exec.$who")") /s"
done
for who in ringmill ordered parallel; do
  echo "cat, $lines lines, 2 that stay, $who: $(rate $lines "$(median <"$dir/pipe.$who")") /s"
done
echo "peak memory, $processes processes: ringmill $(peak "$dir/few" "$ringmill" run --log none --workers 2 --exec true)," \
  "xargs $(peak "$dir/few" xargs -P 2 -n 1 true), parallel $(peak "$dir/few" parallel -j 2 true) MiB"
for count in 10000 100000 1000000 10000000; do
  seq $count | sed 's/^/ok /' >"$dir/count"
  echo "peak memory, $count lines: $(peak "$dir/count" "$ringmill" run --log none --workers 2 --coprocess cat) MiB"
done
