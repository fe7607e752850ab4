# Runs before any ref is changed (githooks(5)).
case $SIMULATED_GIT_PUSH in
  refused)
    echo 'error: GH006: Protected branch update failed.' >&2
    echo 'error: Changes must be made through a pull request.' >&2
    exit 1
    ;;
  races)
    # A branch that is new: somebody makes it between the look and this push.
    while read -r old _new ref; do
      if [ "$old" = 0000000000000000000000000000000000000000 ]; then sh "${0%/*}/colleague.sh" "$ref"; fi
    done
    ;;
esac
exit 0
