# Somebody puts a commit on each branch of this cluster's runs.
GIT_DIR=$SIMULATED_GIT_BARE
GIT_AUTHOR_NAME=Robin GIT_AUTHOR_EMAIL=robin@example.org GIT_COMMITTER_NAME=Robin GIT_COMMITTER_EMAIL=robin@example.org
export GIT_DIR GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
unset SIMULATED_GIT_PUSH GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
for ref in $(git for-each-ref --format='%(refname)' "refs/heads/eks-upgrade/$SIMULATED_GIT_CLUSTER-*") "$@"; do
  parent=$(git rev-parse --verify --quiet "$ref" || git rev-parse main)
  note=$(echo 'by hand' | git hash-object -w --stdin)
  tree=$({ git ls-tree "$parent" | grep -v "NOTES.md$"; printf "100644 blob %s\tNOTES.md\n" "$note"; } | git mktree)
  git update-ref "$ref" "$(echo 'Write down what we saw' | git commit-tree "$tree" -p "$parent")"
done
