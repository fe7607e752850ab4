# The bot's git: git itself, on a machine whose disk may be full.
. "${0%/*}/faults.sh"
cluster='*'
if is disk-full; then fill_disk; fi
exec git "$@"
