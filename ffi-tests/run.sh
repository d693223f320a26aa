#!/usr/bin/env bash
# Builds the C and C++ programs against an installed Ringmill and runs them.
#
#   ffi-tests/run.sh PREFIX [FORM ...]      all forms but the last two, if none is named
#
#   shared       the shared library, gcc
#   static       the static library, clang
#   pkg-config   one program by hand: cc app.c $(pkg-config ...), shared and static
#   gcc-asan     the static library, AddressSanitizer and UndefinedBehaviorSanitizer, gcc
#   clang-asan   the same with clang
#   debug        PREFIX holds a debug build (install.sh --debug): what only such a build detects
#   tsan         PREFIX holds a static library that is instrumented itself, clang: see .ci/full
#
# Builds in BUILD_DIR, or in a folder that is removed at the end; JOBS at a time (2).
set -euo pipefail
here=$(dirname "$(realpath "$0")")
prefix=$(realpath "${1:?which prefix?}")
shift
forms=("$@")
[ ${#forms[@]} -gt 0 ] || forms=(shared static pkg-config gcc-asan clang-asan)
jobs=${JOBS:-2}
if [ -z "${BUILD_DIR:-}" ]; then
  BUILD_DIR=$(mktemp -d)
  trap 'rm -r "$BUILD_DIR"' EXIT
fi

# tests FORM CC CXX [CMAKE OPTION ...]
tests() {
  local build=$BUILD_DIR/$1 cc=$2 cxx=$3
  shift 3
  cmake -S "$here" -B "$build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" \
    "$@" >/dev/null
  cmake --build "$build" -j "$jobs" -- --quiet | grep -v "%]" || [ "${PIPESTATUS[0]}" = 0 ]
  # One at a time: the programs have threads of their own.
  (cd "$build" && ctest --output-on-failure)
}

# Every function, status and macro of the header occurs in a test.
all_are_tested() {
  local name missing=0
  for name in $(grep -ohE '^#define RINGMILL_[A-Z_]+|^  RINGMILL_STATUS_[A-Z_]+|\bringmill_[a-z_]+\(' \
    "$prefix/include/ringmill.h" | grep -oE '(RINGMILL|ringmill)_[A-Za-z_]+' | grep -v '^RINGMILL_H$' | sort -u); do
    grep -qwhE "$name|(OK|INVALID|CHECK_STATUS|IS)\(.*\b${name#RINGMILL_STATUS_}\)" -r "$here/c" "$here/cpp" ||
      { echo "no test uses $name"; missing=1; }
  done
  return $missing
}

by_hand() {
  local dir=$BUILD_DIR/pkg-config where
  mkdir -p "$dir"
  where=$(dirname "$(find "$prefix" -name ringmill.pc)")
  export PKG_CONFIG_PATH=$where
  "$here/extract.sh" "$here/../README.md" c >"$dir/app.c"
  (
    cd "$dir"
    # shellcheck disable=SC2046
    cc app.c $(pkg-config --cflags --libs ringmill) -o shared
    # shellcheck disable=SC2046
    cc app.c $(pkg-config --cflags --libs ringmill-static) -o static
    ldd shared | grep -q libringmill.so || { echo "shared: does not need libringmill.so"; exit 1; }
    ! ldd static 2>/dev/null | grep -q libringmill || { echo "static: needs libringmill.so"; exit 1; }
    [ "$(LD_LIBRARY_PATH=$(pkg-config --variable=libdir ringmill) ./shared)" = 500500 ]
    [ "$(./static)" = 500500 ]
  )
  echo "pkg-config: shared and static"
}

all_are_tested
# Sanitized programs are slower: fewer elements.
for form in "${forms[@]}"; do
  printf -- '-- %s\n' "$form"
  case $form in
    shared) tests shared gcc g++ ;;
    static) tests static clang clang++ -DRINGMILL_LINK=static ;;
    pkg-config) by_hand ;;
    gcc-asan) tests gcc-asan gcc g++ -DRINGMILL_LINK=static -DRINGMILL_SANITIZE=address,undefined -DRINGMILL_EACH=10000 ;;
    clang-asan) tests clang-asan clang clang++ -DRINGMILL_LINK=static -DRINGMILL_SANITIZE=address,undefined -DRINGMILL_EACH=10000 ;;
    debug) tests debug gcc g++ -DRINGMILL_LINK=shared -DRINGMILL_DEBUG_LIBRARY=ON -DRINGMILL_EACH=2000 ;;
    tsan) tests tsan clang clang++ -DRINGMILL_LINK=static -DRINGMILL_SANITIZE=thread -DRINGMILL_EACH=5000 ;;
    *) echo "no form $form"; exit 2 ;;
  esac
done
