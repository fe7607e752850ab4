import { expect, test } from 'vitest';
import { renderCopy } from '#src/domain/render-copy.ts';

const CONFIG = {
  metadata: { name: 'coast', version: '1.22' },
  nodeGroups: [{ name: 'core-a' }, { name: 'nb' }, { name: 'dask' }],
  managedNodeGroups: [{ name: 'workers' }],
  addons: [{ name: 'vpc-cni' }],
};

test('a copy for a command that creates groups has only these, under the names they live by; all else stays', () => {
  const change = { version: '1.23', renames: [{ from: 'core-a', to: 'core-b' }], only: ['core-b', 'dask'] };
  expect(renderCopy(CONFIG, change)).toEqual({
    metadata: { name: 'coast', version: '1.23' },
    nodeGroups: [{ name: 'core-b' }, { name: 'dask' }],
    managedNodeGroups: [],
    addons: [{ name: 'vpc-cni' }],
  });
  expect(renderCopy(CONFIG, { version: '1.23', renames: [] }).nodeGroups).toEqual(CONFIG.nodeGroups);
});
