# What the two scripts share: steps with their time, and tools that are installed if they are missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CARGO_TERM_COLOR=never CARGO_INCREMENTAL=0
times=()

# step NAME COMMAND [ARG ...]: runs a command and notes how long it took.
step() {
  local name=$1 start=$SECONDS
  shift
  printf '\n==> %s\n' "$name"
  "$@"
  times+=("$(printf '%5d s  %s' $((SECONDS - start)) "$name")")
}

# Prints what each step took, also when one has failed.
summary() {
  local status=$?
  printf '\n%s\n' "${times[@]}"
  printf '%5d s  in all\n' "$SECONDS"
  [ "$status" -eq 0 ] || printf 'FAILED in the step after the last one named here\n'
}
trap summary EXIT

packages() {
  local missing=() package
  for package in "$@"; do
    dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

tools() {
  packages gcc libc6-dev strace valgrind
  # The C side: both compilers, their sanitizers, and whoever asks for the installed library.
  packages g++ clang libclang-rt-14-dev cmake make pkg-config python3
  # Its peers. DPDK's ring takes part where libdpdk-dev is there; CI does without its hundred packages.
  packages libatomic-queue-dev libboost-dev libck-dev libconcurrentqueue-dev libreaderwriterqueue-dev libtbb-dev
  rustup component add rustfmt clippy >/dev/null 2>&1
  rustup component add --toolchain nightly miri rust-src >/dev/null 2>&1
}

# Runs a command with the models' private cfg, in a target folder of its own.
modelled() {
  RUSTFLAGS="--cfg ringmill_loom" CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/loom" "$@"
}
