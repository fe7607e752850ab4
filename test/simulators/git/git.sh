# The bot's git: git itself, on a machine whose disk may be full.
. "${0%/*}/faults.sh"
# Only a command that names the remote can be told to be about a cluster.
cluster='-'
for word; do
  case $word in
    ssh://git@git.example.org/*) cluster=${word#ssh://git@git.example.org/} cluster=${cluster%%/*} ;;
  esac
done
if is disk-full; then fill_disk; fi
exec git "$@"
