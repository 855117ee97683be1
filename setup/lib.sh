# Shared by ./takt and setup/*.sh: where things are, how steps are reported, locks.
# Everything said goes to stderr, so that `./takt ... --json` prints only JSON.

say() { printf '%s\n' "$*" >&2; }

# die PROBLEM WHAT-TO-DO...
die() {
  local line
  printf 'takt: %s\n' "$1" >&2
  shift
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 1
}

# plain_path DIR: DIR, or a link to it without special characters where it has some: neither
# IREE's build rules nor its compiler (calling its linker) quote the paths they are at.
plain_path() {
  local links link
  [[ $1 =~ [^A-Za-z0-9_./+-] ]] || { printf '%s\n' "$1"; return; }
  links=/tmp/takt-$(id -u)
  mkdir -m 700 "$links" 2>/dev/null || true
  { [ -O "$links" ] && [ ! -L "$links" ]; } || die "$links belongs to somebody else" \
    "the cache directory $1 needs it, for its special characters; name another: TAKT_CACHE=..."
  link=$links/$(printf %s "$1" | hash_of_stdin)
  [ "$(readlink "$link")" = "$1" ] || ln -sfn "$1" "$link"
  printf '%s\n' "$link"
}

# Absolute path of the cache; any path will do, also one with spaces.
takt_cache_dir() {
  local dir=${TAKT_CACHE:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/takt}
  if ! mkdir -p "$dir/log" "$dir/ready" 2>/dev/null || ! [ -w "$dir" ]; then
    die "cannot write to the cache directory $dir" \
      "name another one: TAKT_CACHE=/a/directory ./takt ..."
  fi
  plain_path "$(cd "$dir" && pwd -P)"
}

# pins KIND: the lines of versions.txt of this kind, without the kind.
pins() { sed -n "s/^$1  *//p" "$TAKT_ROOT/setup/versions.txt"; }

hash_of_stdin() { sha256sum | cut -c1-12; }

now_us() { local t=$EPOCHREALTIME; printf '%s' "${t/[.,]/}"; }

seconds_since() {
  local us=$(($(now_us) - $1))
  printf '%d.%d' $((us / 1000000)) $((us / 100000 % 10))
}

# step TITLE LOGNAME HELP COMMAND...: one line with the elapsed time; the output goes to a log
# file. When the command fails: the log's end and name, HELP, and exit 1.
# REQUIRES: not called where bash ignores `set -e` (behind if, && or ||).
step() {
  local title=$1 log=$TAKT_CACHE/log/$2.log help=$3 rc start
  shift 3
  start=$(now_us)
  printf 'setup: %s ... ' "$title" >&2
  set +e
  (set -e; "$@") >"$log" 2>&1 </dev/null
  rc=$?
  set -e
  if [ $rc -ne 0 ]; then
    say "failed after $(seconds_since "$start") s"
    tail -n 15 "$log" | sed 's/^/  | /' >&2
    die "$help" "full log: $log"
  fi
  say "$(seconds_since "$start") s"
}

# lock FD FILE WHAT: held until the process ends or closes FD; says so when it must wait.
lock() {
  eval "exec $1>>\"\$2\""
  flock -n "$1" || { say "takt: waiting for another ./takt that is busy with $3"; flock "$1"; }
}
