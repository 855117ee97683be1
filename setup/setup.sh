# ./takt setup: brings what takt needs and does not have. Every step looks whether it is done,
# works in a temporary place and renames or stamps at the end: an interrupted set-up goes on
# where it was, a finished one costs milliseconds, and nothing later needs the network.
# Result: $TAKT_CACHE/ready/<hash of the inputs>.env, which ./takt reads.

# The inputs of set-up as text; cheap, because every ./takt call computes it.
setup_inputs() {
  cat "$TAKT_ROOT/setup/versions.txt" "$TAKT_ROOT/setup/setup.sh" "$TAKT_ROOT/setup/lib.sh"
  printf '%s\n' "${TAKT_IREE_SOURCE:-}" "${TAKT_PYTHON:-}" "${CC:-}" "${CXX:-}"
  stat -Lc '%n %s %Y' "$(command -v "${CXX:-c++}")" /var/lib/dpkg/status 2>&1 || true
  if [ -n "${TAKT_IREE_SOURCE:-}" ]; then
    git -C "$TAKT_IREE_SOURCE" rev-parse HEAD 2>/dev/null || true
  fi
}

setup_ready_file() { printf '%s/ready/%s.env' "$TAKT_CACHE" "$(setup_inputs | hash_of_stdin)"; }

# Reads the ready file; false when set-up has to run.
setup_is_ready() {
  local file
  file=$(setup_ready_file)
  [ -f "$file" ] || return 1
  # shellcheck disable=SC1090
  . "$file"
  [ -x "$TAKT_CMAKE" ] && [ -e "$TAKT_VENV/.complete" ] && [ -d "$TAKT_IREE_TREE/runtime" ] &&
    [ -d "$TAKT_IREE_PREFIX/lib/cmake/IREE" ]
}

# --- Debian packages -------------------------------------------------------------------------

# debian_missing KIND: names of the packages of this kind that are absent or too old.
debian_missing() {
  local name min have
  while read -r name min; do
    have=$(dpkg-query -W -f='${db:Status-Status} ${Version}\n' "$name" 2>/dev/null |
      sed -n 's/^installed \([0-9]*:\)\?//p' | head -n 1)
    if [ -z "$have" ] || dpkg --compare-versions "$have" lt "$min"; then printf '%s ' "$name"; fi
  done < <(pins "$1")
}

apt_install() {
  local run=()
  [ "$(id -u)" = 0 ] || run=(sudo -n)
  local apt=("${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y)
  apt+=(-o DPkg::Lock::Timeout=300)
  "${apt[@]}" update 9>&-
  "${apt[@]}" install --no-install-recommends "$@" 9>&-
}

setup_debian() {
  local missing
  if ! command -v dpkg-query >/dev/null; then
    [ -n "${TAKT_SKIP_DEBIAN:-}" ] && return
    die "this is not Debian: takt is set up with apt on Debian 12" \
      "install the equivalents of: $(pins "$1" | cut -d' ' -f1 | tr '\n' ' ')" \
      "then say TAKT_SKIP_DEBIAN=1 ./takt setup"
  fi
  missing=$(debian_missing "$1")
  missing=${missing% }
  [ -n "$missing" ] || return 0
  local command="apt-get update && apt-get install --no-install-recommends $missing"
  if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
    die "these Debian packages are missing and you are not root: $missing" \
      "as root, or with sudo, run: $command" "then call ./takt again"
  fi
  # shellcheck disable=SC2086
  step "Debian packages: $missing" "apt-$1" "apt could not install them; by hand: $command" \
    apt_install $missing
}

# --- Python venv: IREE compiler, importer, cmake ---------------------------------------------

find_python() {
  local python
  for python in "${TAKT_PYTHON:-}" /usr/bin/python3 python3; do
    [ -n "$python" ] || continue
    if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
      2>/dev/null; then
      command -v "$python"
      return
    fi
  done
  die "no Python >= 3.11 with venv was found" \
    "apt-get install python3-venv, or TAKT_PYTHON=/path/to/python3"
}

make_venv() {
  rm -rf "$2"
  "$1" -m venv "$2"
  pins pypi | sed 's/  */==/' >"$2/requirements.txt"
  "$2/bin/python" -m pip install --disable-pip-version-check --no-input --no-deps \
    -r "$2/requirements.txt"
  "$2/bin/python" -m pip check
  touch "$2/.complete"
}

setup_venv() {
  local python
  python=$(find_python)
  TAKT_VENV=$TAKT_CACHE/venv-$({ pins pypi; "$python" --version; } | hash_of_stdin)
  if ! { [ -e "$TAKT_VENV/.complete" ] && "$TAKT_VENV/bin/python" -c '' 2>/dev/null; }; then
    step "Python packages: $(pins pypi | sed 's/ .*//' | paste -sd ' ')" venv \
      "the venv could not be made; it needs the Python package index once" \
      make_venv "$python" "$TAKT_VENV"
  fi
  local site
  site=$(echo "$TAKT_VENV"/lib/python3.*/site-packages)
  TAKT_CMAKE=$site/cmake/data/bin/cmake
  TAKT_IREE_COMPILER=$site/iree/compiler/_mlir_libs/libIREECompiler.so
  TAKT_CPSAT=$(echo "$site"/ortools/.libs/libortools.so.*)   # takt works without it, and says so
  [ -x "$TAKT_CMAKE" ] && [ -f "$TAKT_IREE_COMPILER" ] || die \
    "the venv $TAKT_VENV lacks cmake or libIREECompiler.so" "remove it and call ./takt setup again"
}

# --- IREE runtime sources --------------------------------------------------------------------

vendor_iree_sources() {
  local name version sha tmp=$1.tmp
  read -r name version sha < <(pins crate)
  rm -rf "$tmp"
  mkdir -p "$tmp/src"
  {
    printf '[package]\nname = "takt-iree-sources"\nversion = "0.0.0"\nedition = "2021"\n'
    printf '[dependencies]\n%s = "=%s"\n' "$name" "$version"
  } >"$tmp/Cargo.toml"
  touch "$tmp/src/lib.rs"
  (cd "$tmp" && cargo vendor vendor)
  # cargo checked the archive against its index; this checks the index against our pin.
  grep -q "\"package\":\"$sha\"" "$tmp/vendor/$name/.cargo-checksum.json" || {
    echo "the checksum of $name $version is not the one pinned in setup/versions.txt"
    return 1
  }
  mv -T "$tmp/vendor/$name/iree" "$1"
  rm -rf "$tmp"
}

setup_iree_sources() {
  if [ -n "${TAKT_IREE_SOURCE:-}" ]; then
    [ -f "$TAKT_IREE_SOURCE/runtime/src/iree/hal/api.h" ] || die \
      "TAKT_IREE_SOURCE=$TAKT_IREE_SOURCE is not an IREE source tree" \
      "it has no runtime/src/iree/hal/api.h; unset it to use the pinned sources"
    [ -f "$TAKT_IREE_SOURCE/third_party/flatcc/CMakeLists.txt" ] || die \
      "TAKT_IREE_SOURCE=$TAKT_IREE_SOURCE lacks its submodule third_party/flatcc" \
      "run: git -C '$TAKT_IREE_SOURCE' submodule update --init third_party/flatcc"
    TAKT_IREE_TREE=$(plain_path "$(cd "$TAKT_IREE_SOURCE" && pwd -P)")
    return
  fi
  TAKT_IREE_TREE=$TAKT_CACHE/iree-source-$(pins crate | hash_of_stdin)
  [ -d "$TAKT_IREE_TREE" ] && return
  command -v cargo >/dev/null || die \
    "cargo is missing; it brings the IREE runtime sources, checksummed (no Rust is compiled)" \
    "run: apt-get install cargo" \
    "or give a source tree: TAKT_IREE_SOURCE=/path/to/iree ./takt ..."
  step "IREE runtime sources: $(pins crate | tr -s ' ' | cut -d' ' -f1,2)" iree-source \
    "cargo could not fetch them (it needs its registry once); or set TAKT_IREE_SOURCE" \
    vendor_iree_sources "$TAKT_IREE_TREE"
}

# --- IREE runtime ----------------------------------------------------------------------------

iree_flags() {
  printf -- '-D%s\n' CMAKE_BUILD_TYPE=Release IREE_BUILD_COMPILER=OFF IREE_BUILD_SAMPLES=OFF \
    IREE_BUILD_TESTS=OFF IREE_BUILD_BENCHMARKS=OFF IREE_BUILD_PYTHON_BINDINGS=OFF \
    IREE_BUILD_BINDINGS_TFLITE=OFF IREE_BUILD_BINDINGS_TFLITE_JAVA=OFF \
    IREE_HAL_DRIVER_DEFAULTS=OFF IREE_HAL_DRIVER_LOCAL_SYNC=ON IREE_HAL_DRIVER_LOCAL_TASK=ON \
    IREE_ENABLE_LIBBACKTRACE=OFF
}

# iree_key SOURCE_ID: what the built runtime depends on.
iree_key() {
  {
    printf '%s\n' "$1" "${CFLAGS:-}" "${CXXFLAGS:-}"
    iree_flags
    declare -f build_iree iree_headers
    uname -m
    "${CC:-cc}" --version | head -n 1
    "${CXX:-c++}" --version | head -n 1
  } | hash_of_stdin
}

# iree_headers FROM TO: IREE's install leaves out private headers that its public ones include
# (vm/ref_cc.h, generated schemas) and that a driver of one's own needs. Keeps what TO has.
iree_headers() {
  (cd "$1" && find . -name '*.h' -not -path './iree/hal/drivers/[!l]*') |
    tar -C "$1" -cf - -T - | tar -C "$2" -xf - --skip-old-files
}

build_iree() {
  local build=$1 prefix=$2 source=$TAKT_IREE_TREE flags launcher=() component
  mapfile -t flags < <(iree_flags)
  if command -v ccache >/dev/null; then
    launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  fi
  export PATH=$TAKT_VENV/bin:$PATH  # its build rules call python3
  "$TAKT_CMAKE" -G Ninja -S "$source" -B "$build" "${flags[@]}" "${launcher[@]}" \
    -DPython3_EXECUTABLE="$TAKT_VENV/bin/python" -DCMAKE_INSTALL_PREFIX="$prefix" \
    -DCMAKE_INSTALL_LIBDIR="$prefix/lib" -DCMAKE_INSTALL_INCLUDEDIR="$prefix/include" \
    -DCMAKE_INSTALL_BINDIR="$prefix/bin"
  # Twice: some of its rules lack the edge to a generated header; the second pass finds it.
  ninja -C "$build" || ninja -C "$build"
  # Installed paths are absolute: stage through DESTDIR; the rename is the commit.
  rm -rf "$build/stage"
  for component in IREEDevLibraries-Runtime IREEBundledLibraries IREECMakeExports \
    IREETools-Runtime; do
    DESTDIR=$build/stage "$TAKT_CMAKE" --install "$build" --component $component
  done
  iree_headers "$source/runtime/src" "$build/stage/$prefix/include"
  iree_headers "$build/runtime/src" "$build/stage/$prefix/include"
  iree_headers "$source/third_party/flatcc/include" "$build/stage/$prefix/include"
  rm -rf "$prefix"
  mv -T "$build/stage/$prefix" "$prefix"
  rm -rf "$build"
}

setup_iree() {
  local id key
  setup_iree_sources
  id=$TAKT_IREE_TREE
  if [ -n "${TAKT_IREE_SOURCE:-}" ]; then
    id="$id $(git -C "$TAKT_IREE_TREE" rev-parse HEAD 2>/dev/null || true)"
  else
    id=$(pins crate)
  fi
  key=$(iree_key "$id")
  TAKT_IREE_PREFIX=$TAKT_CACHE/iree-$(pins iree)-$key
  [ -d "$TAKT_IREE_PREFIX/lib/cmake/IREE" ] && return
  step "IREE runtime $(pins iree) (once; 1-5 minutes)" iree-build \
    "the IREE runtime could not be built; another ./takt setup goes on where it stopped" \
    build_iree "$TAKT_CACHE/build-iree-$key" "$TAKT_IREE_PREFIX"
}

# ---------------------------------------------------------------------------------------------

takt_setup() {
  local file
  lock 9 "$TAKT_CACHE/setup.lock" "set-up"
  trap 'say; say "takt: set-up was interrupted; call ./takt again to go on"; exit 130' INT TERM
  setup_debian debian
  setup_venv
  setup_iree
  file=$(setup_ready_file)
  local name
  for name in TAKT_VENV TAKT_CMAKE TAKT_IREE_COMPILER TAKT_CPSAT TAKT_IREE_TREE \
    TAKT_IREE_PREFIX; do
    printf '%s=%q\n' $name "${!name}"
  done >"$file.tmp.$$"
  mv "$file.tmp.$$" "$file"
  trap - INT TERM
  exec 9>&-
}
