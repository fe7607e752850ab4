# What git calls as ssh, and the server behind it: `ssh [options] git@host "git-receive-pack '/<cluster>/clusters.git'"`.
. "${0%/*}/faults.sh"
for command; do :; done
service=${command%% *}
path=${command#*\'/}
cluster=${path%%/*}

if is unreachable; then
  echo 'ssh: connect to host git.example.org port 22: Connection refused' >&2
  exit 255
fi
if is repository-gone; then
  echo 'ERROR: Repository not found.' >&2
  exit 1
fi
if [ "$service" = git-receive-pack ]; then
  if is push-refused; then export SIMULATED_GIT_PUSH=refused; fi
  if is push-races; then export SIMULATED_GIT_PUSH=races; fi
  if is push-cut-off; then export SIMULATED_GIT_PUSH=cut-off; fi
  if is server-disk-full; then fill_disk; fi
  if is push-hangs; then
    while [ -d "$SIMULATED_GIT_FOLDER" ] && [ ! -e "$SIMULATED_GIT_FOLDER/goes-on-$cluster" ]; do sleep 0.1; done
  fi
  if [ "$SIMULATED_GIT_PUSH" = races ]; then
    export SIMULATED_GIT_CLUSTER="$cluster"
    sh "${0%/*}/colleague.sh"
  fi
fi
exec "$service" "$SIMULATED_GIT_BARE"
