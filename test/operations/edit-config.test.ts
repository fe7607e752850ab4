import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseObject } from '#src/adapters/eksctl-config-schema.ts';
import { createJsonnet } from '#src/adapters/jsonnet.ts';
import { createRenderConfig } from '#src/adapters/render-config.ts';
import { yamlStrings } from '#src/adapters/yaml-strings.ts';
import { messageOf, UserError } from '#src/domain/errors.ts';
import type { Rename } from '#src/domain/plan.ts';
import { createEditConfig } from '#src/operations/edit-config.ts';
import type { Checkout } from '#src/ports/config-repository.ts';

const CORE: Rename = { from: 'core-a', to: 'core-b' };
const editConfig = createEditConfig({ parseObject, yamlStrings });
const render = createRenderConfig(createJsonnet({ program: 'jsonnet', path: process.env.PATH ?? '' }));

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'edit-config-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function checkoutOf(name: string, source: string): Checkout {
  const place = { root: directory, directory, name };
  const renderEdited = (text: string): Promise<string> => render({ ...place, source: text });
  return {
    commit: '',
    directory,
    source,
    render: () => renderEdited(source),
    renderEdited,
    dispose: () => Promise.resolve(),
  };
}

/** The lines that differ after the edit, as `old → new`. */
async function edits(name: string, source: string, renames: Rename[] = []): Promise<string[]> {
  const edited = await editConfig({ checkout: checkoutOf(name, source), path: name, to: '1.24', renames });
  const [before, after] = [source.split('\n'), edited.split('\n')];
  expect(after).toHaveLength(before.length);
  return before.flatMap((line, i) => (line === after[i] ? [] : [`${line.trim()} → ${after[i]?.trim()}`]));
}

/** A ClusterConfig in jsonnet around these lines. */
function jsonnet(body: { before?: string; metadata: string; groups?: string; more?: string }): string {
  return `${body.before ?? ''}
{
  apiVersion: 'eksctl.io/v1alpha5', kind: 'ClusterConfig',
  ${body.metadata}
  nodeGroups: ${body.groups ?? '[]'},
  ${body.more ?? ''}
}
`;
}

const METADATA = "metadata: { name: 'coast', region: 'us-west-2', version: '1.22' },";

describe('editConfig in jsonnet', () => {
  it.each<[title: string, source: string, renames: Rename[], lines: string[]]>([
    [
      'changes the version and the core name, keeping quotes and comments',
      jsonnet({
        metadata: "metadata: {\n    version: \"1.22\", // was '1.21'\n    name: 'coast' },",
        groups: "[\n  { name: 'core-a' }, # core-a\n  { name: 'nb-a' }]",
      }),
      [CORE],
      [
        `version: "1.22", // was '1.21' → version: "1.24", // was '1.21'`,
        `{ name: 'core-a' }, # core-a → { name: 'core-b' }, # core-a`,
      ],
    ],
    [
      'leaves add-ons of the same version and "latest" alone',
      jsonnet({
        before: "// version: '1.22'",
        metadata: METADATA,
        more: "addons: [{ name: 'x', version: '1.22' }, { name: 'y', version: 'latest' }],",
      }),
      [],
      [`${METADATA} → ${METADATA.replace('1.22', '1.24')}`],
    ],
    [
      'finds a version that is an argument',
      `local make(name, version) = { kind: 'ClusterConfig', metadata: { name: name, version: version } };\nmake('coast', version='1.22')\n`,
      [],
      [`make('coast', version='1.22') → make('coast', version='1.24')`],
    ],
    [
      'finds a version in a variable',
      jsonnet({ before: "local kubernetes = '1.22';", metadata: 'metadata: { version: kubernetes },' }),
      [],
      [`local kubernetes = '1.22'; → local kubernetes = '1.24';`],
    ],
    [
      'finds a name that is put together',
      jsonnet({
        before: 'local g = { prefix:: error "prefix", suffix:: "", name: self.prefix + "-" + self.suffix };',
        metadata: METADATA,
        groups: "[\n    g { prefix: 'nb', suffix: 'a' },\n    g { prefix: 'core', suffix: 'a' }]",
      }),
      [CORE],
      [
        `${METADATA} → ${METADATA.replace('1.22', '1.24')}`,
        `g { prefix: 'core', suffix: 'a' }], → g { prefix: 'core', suffix: 'b' }],`,
      ],
    ],
    [
      'finds a generation from which a name is made, when only core groups are of it',
      jsonnet({
        before: "local coreGenerations=['c', 'b'], generations=['b'];",
        metadata: METADATA,
        groups:
          "[{ name: 'core-r8i-flex-large-' + g, labels: { generation: g } } for g in coreGenerations]\n + [{ name: 'nb-' + g } for g in generations]",
      }),
      [{ from: 'core-r8i-flex-large-b', to: 'core-r8i-flex-large-a' }],
      [
        `local coreGenerations=['c', 'b'], generations=['b']; → local coreGenerations=['c', 'a'], generations=['b'];`,
        `${METADATA} → ${METADATA.replace('1.22', '1.24')}`,
      ],
    ],
    [
      'changes a tag with the name, when both are written out',
      jsonnet({ metadata: METADATA, groups: "[{\n    name: 'core-a',\n    tags: { group: 'core-a' } }]" }),
      [CORE],
      [
        `${METADATA} → ${METADATA.replace('1.22', '1.24')}`,
        `name: 'core-a', → name: 'core-b',`,
        `tags: { group: 'core-a' } }], → tags: { group: 'core-b' } }],`,
      ],
    ],
    [
      'changes nothing that is as wanted already',
      jsonnet({ metadata: METADATA.replace('1.22', '1.24'), groups: "[{ name: 'core-b' }]" }),
      [CORE],
      [],
    ],
  ])('%s', async (_, source, renames, lines) => {
    expect(await edits('coast.jsonnet', source, renames)).toEqual(lines);
  });

  it.each<[title: string, source: string, renames: Rename[], message: string]>([
    [
      'a version that is computed',
      jsonnet({ metadata: "metadata: { version: '1.%d' % 22 }," }),
      [],
      'the config coast.jsonnet cannot be edited safely: metadata.version "1.22" is not written in it (it may be in an imported file, or be computed); change metadata.version "1.22" to "1.24" by hand',
    ],
    [
      'a version that something else follows',
      jsonnet({ metadata: "metadata: { version: '1.22' }, more: self.metadata.version," }),
      [],
      'the config coast.jsonnet cannot be edited safely: every edit of metadata.version "1.22" would also change more; change metadata.version "1.22" to "1.24" by hand, and see whether that is meant',
    ],
    [
      'a name whose parts other groups share',
      jsonnet({
        before: "local generation = 'a';",
        metadata: METADATA,
        groups: "[{ name: p + '-' + generation } for p in ['core', 'nb', 'dask']]",
      }),
      [CORE],
      `the config coast.jsonnet cannot be edited safely: every edit of the node group's name "core-a" would also change nodeGroups.nb-a, nodeGroups.dask-a, nodeGroups.nb-b and 1 more; change the node group's name "core-a" to "core-b" by hand, and see whether that is meant`,
    ],
    [
      'a group that is not there',
      jsonnet({ metadata: METADATA, groups: "[{ name: 'nb' }]" }),
      [CORE],
      'the config coast.jsonnet cannot be edited safely: it has no node group "core-a"; its node groups are nb',
    ],
    [
      'a name that is taken',
      jsonnet({ metadata: METADATA, groups: "[{ name: 'core-a' }, { name: 'core-b' }]" }),
      [CORE],
      'the config coast.jsonnet cannot be edited safely: it has a node group "core-b" already beside "core-a"; rename one of them by hand',
    ],
    [
      'a name that would leave its quotes',
      jsonnet({ metadata: METADATA, groups: "[{ name: 'core-a' }]" }),
      [{ from: 'core-a', to: "x', y: '" }],
      `"x', y: '" is not a node group's name: use letters, digits, - and _, at most 63`,
    ],
  ])('says what to do by hand with %s', async (_, source, renames, message) => {
    const failure = await edits('coast.jsonnet', source, renames).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect(messageOf(failure)).toBe(message);
  });

  it('gives the evaluator its say when the config does not evaluate', async () => {
    await expect(edits('coast.jsonnet', '{ metadata: { version: }')).rejects.toThrow(
      /coast\.jsonnet does not evaluate: .*coast\.jsonnet:1:24/,
    );
  });
});

describe('editConfig in YAML and JSON', () => {
  it('keeps comments, quotes and flow style of YAML', async () => {
    const source = [
      '# version: "1.22"',
      'kind: ClusterConfig',
      "metadata: {name: coast, version: '1.22'} # 1.22",
      'addons: [{name: x, version: "1.22"}]',
      'managedNodeGroups:',
      '- name: core-a # core-a',
      '  labels: {group: core-a}',
      '- {name: nb}',
    ].join('\n');
    expect(await edits('coast.yaml', source, [CORE])).toEqual([
      "metadata: {name: coast, version: '1.22'} # 1.22 → metadata: {name: coast, version: '1.24'} # 1.22",
      '- name: core-a # core-a → - name: core-b # core-a',
      'labels: {group: core-a} → labels: {group: core-b}',
    ]);
  });

  it('keeps the layout of JSON', async () => {
    const source =
      '{"kind":"ClusterConfig",\n\t"addons": [{"name":"x","version":"1.22"}],\n\t"metadata": {"version":"1.22", "name":"coast"},\n\t"nodeGroups": [{"name":"core-a"}]}';
    expect(await edits('coast.json', source, [CORE])).toEqual([
      '"metadata": {"version":"1.22", "name":"coast"}, → "metadata": {"version":"1.24", "name":"coast"},',
      '"nodeGroups": [{"name":"core-a"}]} → "nodeGroups": [{"name":"core-b"}]}',
    ]);
  });

  it('keeps Windows line ends', async () => {
    const source = 'kind: ClusterConfig\r\nmetadata:\r\n  version: "1.22"\r\n';
    const edited = await editConfig({
      checkout: checkoutOf('coast.yml', source),
      path: 'coast.yml',
      to: '1.24',
      renames: [],
    });
    expect(edited).toBe(source.replace('1.22', '1.24'));
  });

  it('refuses a file that is no config', async () => {
    await expect(edits('coast.toml', '')).rejects.toThrow(
      'the config coast.toml cannot be edited safely: it is not .jsonnet, .yaml, .yml or .json; name the eksctl config',
    );
  });
});
