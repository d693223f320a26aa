#!/bin/sh
# Builds the C library and installs it: needs cargo and a C compiler, nothing else. Linux.
#
#   ffi-tests/install.sh [--prefix P] [--libdir L] [--destdir D] [--debug]
#
#   --prefix   where it will be used; /usr/local if not given
#   --libdir   where its libraries go, below the prefix; lib if not given
#   --destdir  written before the prefix when files are copied, for packages; $DESTDIR if not given
#   --debug    the build that detects handles which were freed, slower
set -eu

prefix=/usr/local
libdir=lib
destdir=${DESTDIR:-}
profile=release
while [ $# -gt 0 ]; do
  case $1 in
    --debug) profile=dev && shift && continue ;;
    --prefix | --libdir | --destdir) [ $# -ge 2 ] || { echo "$1 needs a value" >&2 && exit 2; } ;;
    --help | -h) sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "$0" && exit ;;
    *) echo "$0: unknown option $1; see --help" >&2 && exit 2 ;;
  esac
  case $1 in
    --prefix) prefix=$2 ;;
    --libdir) libdir=$2 ;;
    --destdir) destdir=$2 ;;
  esac
  shift 2
done
case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
case $libdir in /* | *..*) echo "$0: --libdir is below the prefix" >&2 && exit 2 ;; esac
[ "$(uname -s)" = Linux ] || { echo "$0: only Linux has been tried" >&2 && exit 1; }

cd "$(dirname "$0")/.."
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
minor=${version%.*}
case $version in
  0.*) soname=libringmill.so.$minor ;;
  *) soname=libringmill.so.${version%%.*} ;;
esac

target=${CARGO_TARGET_DIR:-$PWD/target}
case $profile in
  dev) built=$target/debug strip=none ;;
  *) built=$target/release strip=symbols ;;
esac
build() { # CRATE-TYPE [ARG OF RUSTC ...]
  type=$1
  shift
  cargo rustc --package ringmill --lib --locked --no-default-features --features capi --profile "$profile" \
    --target-dir "$target" --crate-type "$type" -- "$@"
}
build staticlib
build cdylib -C strip=$strip -C link-arg=-Wl,-soname,"$soname"

to=$destdir$prefix
lib=$to/$libdir
mkdir -p "$lib/pkgconfig" "$lib/cmake/ringmill" "$to/include"
# A program that runs keeps the file that it has opened.
rm -f "$lib/libringmill.so.$version" "$lib/libringmill.a"
cp "$built/libringmill.so" "$lib/libringmill.so.$version"
cp "$built/libringmill.a" "$lib/libringmill.a"
chmod 755 "$lib/libringmill.so.$version"
chmod 644 "$lib/libringmill.a"
ln -sf "libringmill.so.$version" "$lib/$soname"
ln -sf "$soname" "$lib/libringmill.so"
for header in include/ringmill.*; do
  cp "$header" "$to/include/"
  chmod 644 "$to/$header"
done

# From a file in the library folder to the prefix, so that the tree can be moved.
up=$(printf '%s' "$libdir" | sed 's,[^/][^/]*,..,g')
# What Rust's library stands on.
system='-lgcc_s -lpthread -ldl -lm'
package() { # NAME WORDS LIBS
  cat >"$lib/pkgconfig/$1.pc" <<END
prefix=\${pcfiledir}/../$up
includedir=\${prefix}/include
libdir=\${prefix}/$libdir

Name: $1
Description: Bounded lock-free rings, channels and partitions$2
URL: https://github.com/ringmill/ringmill
Version: $version
Cflags: -I\${includedir}
Libs: $3
END
}
package ringmill '' "-L\${libdir} -lringmill"
package ringmill-static ', linked statically' "\${libdir}/libringmill.a $system"

cat >"$lib/cmake/ringmill/ringmill-config.cmake" <<END
# ringmill::ringmill (shared) and ringmill::static, wherever this tree is.
get_filename_component(_ringmill_prefix "\${CMAKE_CURRENT_LIST_DIR}/../../$up" ABSOLUTE)
if(NOT TARGET ringmill::ringmill)
  add_library(ringmill::ringmill SHARED IMPORTED)
  set_target_properties(ringmill::ringmill PROPERTIES
    IMPORTED_LOCATION "\${_ringmill_prefix}/$libdir/libringmill.so.$version"
    IMPORTED_SONAME "$soname"
    INTERFACE_INCLUDE_DIRECTORIES "\${_ringmill_prefix}/include")
  add_library(ringmill::static STATIC IMPORTED)
  set_target_properties(ringmill::static PROPERTIES
    IMPORTED_LOCATION "\${_ringmill_prefix}/$libdir/libringmill.a"
    INTERFACE_LINK_LIBRARIES "$(printf '%s' "$system" | sed 's/ /;/g')"
    INTERFACE_INCLUDE_DIRECTORIES "\${_ringmill_prefix}/include")
endif()
unset(_ringmill_prefix)
END
cat >"$lib/cmake/ringmill/ringmill-config-version.cmake" <<END
# Before 1.0, a minor version may break; then a major one.
set(PACKAGE_VERSION "$version")
if(PACKAGE_FIND_VERSION VERSION_GREATER PACKAGE_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
elseif(NOT PACKAGE_FIND_VERSION_MAJOR EQUAL ${version%%.*})
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
elseif(${version%%.*} EQUAL 0 AND PACKAGE_FIND_VERSION_COUNT GREATER 1
    AND NOT PACKAGE_FIND_VERSION_MINOR EQUAL ${minor#*.})
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
else()
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
  set(PACKAGE_VERSION_EXACT TRUE)
endif()
END
echo "ringmill $version ($soname) is in $to"
