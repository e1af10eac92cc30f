#!/usr/bin/env bash
# Compiles the outside programs with plain g++ and pkg-config, under the link orders that users have.
# Usage: pkgconfig.sh CXX PREFIX SOURCE_DIR WORK_DIR ORDER
set -euo pipefail
cxx=$1 prefix=$2 source=$3 work=$4 order=$5

pc=$(find "$prefix" -name muster.pc -print -quit)
[[ -n $pc ]] || { echo "no muster.pc under $prefix" >&2; exit 1; }
export PKG_CONFIG_PATH=${pc%/*}
mkdir -p "$work"
flags() { pkg-config "$@"; }

# The words are to be split: they are flags.
# shellcheck disable=SC2046
build() {
  local name=$1 package=$2
  shift 2
  "$cxx" -std=c++20 -O2 -g $(flags --cflags "$package") "$source/$name.cc" -o "$work/$name.$order" "$@"
}

read -ra muster <<<"$(flags --libs muster)"
case $order in
  plain) build throws muster "${muster[@]}" ;;
  unwind_first) build throws muster -Wl,--no-as-needed -lunwind "${muster[@]}" ;;
  unwind_last) build throws muster -Wl,--no-as-needed "${muster[@]}" -lunwind ;;
  gcc_s_first) build throws muster -Wl,--no-as-needed -lgcc_s -lunwind "${muster[@]}" ;;
  gcc_s_last) build throws muster -Wl,--no-as-needed "${muster[@]}" -lunwind -lgcc_s ;;
  no_pie) build throws muster -no-pie "${muster[@]}" ;;
  static_libgcc) build throws muster -static-libgcc -static-libstdc++ "${muster[@]}" ;;
  lto) build throws muster -flto -O3 "${muster[@]}" ;;
  inspector)
    read -ra inspector <<<"$(flags --libs muster-inspector)"
    build inspected muster-inspector "${inspector[@]}"
    "$work/inspected.$order" "$prefix/bin/gprof-dump"
    exit
    ;;
  *) echo "unknown link order $order" >&2; exit 1 ;;
esac
"$work/throws.$order"
