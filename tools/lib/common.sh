# Shared by tools/demo, tools/test, tools/bench and tools/lint: sourced, never run. Needs bash, `set -euo pipefail`
# and `root`, the top of the tree.
# shellcheck shell=bash

# What it takes to build everything (demo), and what the tests need on top of that.
build_packages=(
  g++ cmake ninja-build pkg-config
  libboost1.81-dev libboost-context1.81-dev libabsl-dev libunwind-dev
  protobuf-compiler libprotobuf-dev zlib1g-dev libdw-dev libelf-dev libsqlite3-dev
  nlohmann-json3-dev libcli11-dev libgtest-dev libgmock-dev valgrind
)
test_packages=(
  git clang-19 libclang-rt-19-dev llvm-19 clang-format golang-go curl python3 libboost-fiber1.81-dev groff-base zsh
)
# What the benchmarks need besides building, what their plot needs, and what --races needs.
bench_packages=(python3 golang-go libboost-fiber1.81-dev)
plot_packages=(gnuplot-nox)
race_packages=(clang-19 libclang-rt-19-dev)
lint_packages=(git clang-format clang-tidy-19)

say() { printf '%s\n' "$*"; }
heading() { printf '\n== %s\n' "$*"; }
# One clear line, on stderr, and the exit status of a script that could not do its work.
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# install_packages PACKAGE...: does nothing, and needs no network or rights, when all are there.
install_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "This is not a Debian system: taking it that these are installed by other means: $*"
    return 0
  fi
  local package missing=()
  for package in "$@"; do
    if [[ $(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null) != ii* ]]; then
      missing+=("$package")
    fi
  done
  if ((${#missing[@]} == 0)); then return 0; fi

  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      die "needs these Debian packages, and is neither root nor finds sudo to install them: ${missing[*]}"
    as_root=(sudo)
  fi
  say "Installing ${missing[*]}"
  local log
  log=$(mktemp)
  if ! { "${as_root[@]}" apt-get update &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    die "apt-get could not install them (whole log: $log); install by hand: ${missing[*]}"
  fi
  rm -f "$log"
}

# tree_files [GLOB...]: the files of the tree, not of its build directories, one a line. What git
# does not ignore; in an unpacked archive, everything outside build directories.
tree_files() {
  (
    cd "$root"
    if git ls-files --error-unmatch CMakeLists.txt >/dev/null 2>&1; then
      # A file that was deleted but not yet committed is still listed.
      git ls-files --cached --others --exclude-standard -- "$@" | sort -u |
        while IFS= read -r file; do [[ ! -f $file ]] || printf '%s\n' "$file"; done
    else
      local match=(-name '*') glob
      if (($# > 0)); then
        match=(-false)
        for glob in "$@"; do match+=(-o -name "$glob"); done
      fi
      find . \( -name .git -o -name build -o -name 'build-*' -o -name .cache \) -prune \
        -o -type f \( "${match[@]}" \) -print | sed 's|^\./||' | sort
    fi
  )
}
