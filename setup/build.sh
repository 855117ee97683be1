# Configure, build and test through the presets of CMakePresets.json. Quiet: one line per
# step that did something, errors with the name of the full log.

TAKT_PRESET=${TAKT_PRESET:-release}

check_preset() {
  case $TAKT_PRESET in
    release | dev | asan-ubsan | tsan | fuzz) ;;
    *)
      say "takt: there is no preset '$TAKT_PRESET'; there are: release dev asan-ubsan tsan fuzz"
      exit 2 ;;
  esac
}

# Sets BUILD, makes sure it can be written, and takes its lock (fd 8).
open_build_dir() {
  BUILD=${TAKT_BUILD_DIR:-$TAKT_ROOT/build}/$TAKT_PRESET
  if ! mkdir -p "$BUILD" 2>/dev/null || ! [ -w "$BUILD" ]; then
    die "cannot write to the build directory $BUILD" \
      "name another one: TAKT_BUILD_DIR=/a/directory ./takt ..."
  fi
  lock 8 "$BUILD/takt.lock" "the build in $BUILD"
}

configure() {
  local stamp=$BUILD/takt.configured wanted start
  wanted=$(printf '%s\n' "$TAKT_ROOT" "$TAKT_CMAKE" "$TAKT_IREE_PREFIX" "$TAKT_IREE_TREE" \
    "$TAKT_VENV" "${CC:-}" "${CXX:-}"; cat "$TAKT_ROOT/CMakePresets.json")
  [ -f "$BUILD/build.ninja" ] && [ "$wanted" = "$(cat "$stamp" 2>/dev/null)" ] && return
  local launcher=()
  if command -v ccache >/dev/null; then
    launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  fi
  start=$(now_us)
  rm -f "$stamp"
  (cd "$TAKT_ROOT" &&
    "$TAKT_CMAKE" --preset "$TAKT_PRESET" --fresh -B "$BUILD" "${launcher[@]}") \
    >"$BUILD/configure.log" 2>&1 8>&- </dev/null || {
    grep -A 12 'CMake Error' "$BUILD/configure.log" | head -n 30 | sed 's/^/  | /' >&2
    die "cmake could not configure preset $TAKT_PRESET" "full log: $BUILD/configure.log"
  }
  printf '%s\n' "$wanted" >"$stamp"
  say "configure: $TAKT_PRESET ... $(seconds_since "$start") s"
}

# Copies ninja's output to the log; on a terminal it also shows how far the build is.
ninja_progress() {
  local line
  while IFS= read -r line; do
    printf '%s\n' "$line"
    if [ -t 2 ] && [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then
      printf '\rbuild: %s %s/%s ' "$TAKT_PRESET" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" >&2
    fi
  done >"$BUILD/build.log"
  return 0
}

# takt_build TARGET...: brings the targets up to date ("all" for everything).
takt_build() {
  local start
  open_build_dir
  configure
  start=$(now_us)
  # Objects are shared through ccache between checkouts: paths relative to the checkout.
  export CCACHE_BASEDIR=$TAKT_ROOT CCACHE_NOHASHDIR=1
  ninja -C "$BUILD" "$@" 2>&1 </dev/null 8>&- | ninja_progress || {
    [ -t 2 ] && say
    grep -E -A 6 'error|undefined reference|FAILED' "$BUILD/build.log" |
      grep -v '^ccache ' | head -n 40 | sed 's/^/  | /' >&2
    die "the build of preset $TAKT_PRESET failed" "full log: $BUILD/build.log"
  }
  exec 8>&-
  if ! grep -q 'no work to do' "$BUILD/build.log"; then
    [ -t 2 ] && printf '\r' >&2
    say "build: $TAKT_PRESET ... $(seconds_since "$start") s"
  fi
}

# Shows of ctest's output the failures with their output, and the closing lines.
test_progress() {
  local line
  while IFS= read -r line; do
    printf '%s\n' "$line" >&3
    case $line in
      'Test project '* | *' Start '*:* ) ;;
      *' Passed '*' sec')
        if [ -t 2 ]; then printf '\rtest: %s ' "${line%% Test *}" >&2; fi ;;
      *) printf '%s\n' "$line" ;;
    esac
  done 3>"$BUILD/test.log"
}

# takt_test ARGUMENTS...: ctest with these arguments; its exit code.
takt_test() {
  local rc arguments=(--test-dir "$BUILD" --output-on-failure --no-tests=error)
  case " $* " in
    *' -j'* | *' --parallel'*) ;;
    *) arguments+=(-j "$(nproc)") ;;
  esac
  case " $* " in
    *' -N '* | *' -V '* | *' -VV '* | *' --print-labels '*)
      "${TAKT_CMAKE%cmake}ctest" --test-dir "$BUILD" "$@"
      return ;;
  esac
  set +e
  "${TAKT_CMAKE%cmake}ctest" "${arguments[@]}" "$@" 2>&1 </dev/null | test_progress
  rc=${PIPESTATUS[0]}
  set -e
  [ "$rc" = 0 ] || say "takt: tests failed; full log: $BUILD/test.log"
  return "$rc"
}
