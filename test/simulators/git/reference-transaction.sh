# `committed`: the branch is moved, and the client does not know it yet (githooks(5)).
if [ "$1" = committed ] && [ "$SIMULATED_GIT_PUSH" = cut-off ]; then kill -9 "$PPID"; fi
exit 0
