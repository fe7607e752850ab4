import { describe, expect, it } from 'vitest';
import { branchLink, isUpgradeBranch, upgradeBranch } from '#src/domain/upgrade-branch.ts';

describe('the branch of an upgrade', () => {
  it('has the cluster and the version in its name', () => {
    expect(upgradeBranch('coast', '1.24')).toBe('eks-upgrade/coast-1.24');
  });

  it.each([
    ['eks-upgrade/coast-1.24', true],
    ['eks-upgrade/coast-2-1.24', false],
    ['eks-upgrade/coast-1.24-by-hand', false],
    ['coast-1.24', false],
  ])('%s is one of coast: %s', (branch, is) => {
    expect(isUpgradeBranch('coast', branch)).toBe(is);
  });

  it.each([
    ['git@github.com:org/clusters.git', 'https://github.com/org/clusters/tree/eks-upgrade/coast-1.24'],
    ['https://github.com/org/clusters', 'https://github.com/org/clusters/tree/eks-upgrade/coast-1.24'],
    ['ssh://git@gitlab.com/a/b/clusters.git', 'https://gitlab.com/a/b/clusters/-/tree/eks-upgrade/coast-1.24'],
    ['git@gitlab.example.org:a/clusters.git', 'https://gitlab.example.org/a/clusters/-/tree/eks-upgrade/coast-1.24'],
    ['ssh://git@github.example.org:2222/a/b.git', 'https://github.example.org/a/b/tree/eks-upgrade/coast-1.24'],
    ['https://bitbucket.org/a/b.git', 'https://bitbucket.org/a/b/src/eks-upgrade/coast-1.24'],
    ['git@git.example.org:a/b.git', null],
    ['/srv/git/clusters.git', null],
    ['git@github.com:a/b|<!channel>.git', null],
  ])('of %s has the page %s', (remote, link) => {
    expect(branchLink(remote, 'eks-upgrade/coast-1.24')).toBe(link);
  });
});
