# Sourced by the shims. `is NAME`: whether the fault is on for $cluster; a turn of it is used up by asking.
is() {
  while read -r name scope times id; do
    [ "$name" = "$1" ] || continue
    [ "$scope" = '*' ] || [ "$scope" = "$cluster" ] || continue
    [ "$times" = 0 ] && return 0
    turn=1
    while [ "$turn" -le "$times" ]; do
      # Two commands at the same time cannot have the same turn: a folder is made once.
      mkdir "$SIMULATED_GIT_FOLDER/git-faults-used/$id-$turn" 2>/dev/null && return 0
      turn=$((turn + 1))
    done
  done < "$SIMULATED_GIT_FOLDER/git-faults"
  return 1
}

# A disk that is full, for this process and what it starts: no file can grow. With SIGXFSZ ignored write(2) fails, as with
# ENOSPC, and only the words differ ("File too large").
fill_disk() {
  trap '' XFSZ
  ulimit -f 0
}
