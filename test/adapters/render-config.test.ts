import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createJsonnet } from '#src/adapters/jsonnet.ts';
import { jsonnetImports } from '#src/adapters/jsonnet-imports.ts';
import { createRenderConfig } from '#src/adapters/render-config.ts';
import { InternalError, UserError } from '#src/domain/errors.ts';

let root: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'render-')));
  await mkdir(join(root, 'eksctl'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

function render(
  name: string,
  source: string,
  jsonnet: Partial<Parameters<typeof createJsonnet>[0]> = {},
): Promise<string> {
  const evaluate = createJsonnet({ program: 'jsonnet', path: '/usr/local/bin:/usr/bin:/bin', ...jsonnet });
  return createRenderConfig(evaluate)({ root, directory: join(root, 'eksctl'), name, source });
}

describe('a jsonnet config', () => {
  it('is evaluated in its folder, with imports from anywhere in the repository', async () => {
    await writeFile(join(root, 'shared.libsonnet'), `{ text: importstr 'note.txt' }`);
    await writeFile(join(root, 'note.txt'), 'hi');
    expect(
      JSON.parse(await render('c.jsonnet', `{ version: '1.' + (20 + 2) } + (import '../shared.libsonnet')`)),
    ).toEqual({ version: '1.22', text: 'hi' });
  });

  it.each([
    [
      'a runtime error',
      `{\n  a: error 'no such region',\n}`,
      'the config c.jsonnet does not evaluate: RUNTIME ERROR: no such region\n\tc.jsonnet:2:6-28',
    ],
    ['a syntax error', `{\n  a: ,\n}`, 'the config c.jsonnet does not evaluate: STATIC ERROR: c.jsonnet:2:6'],
    ['a missing import', `import 'gone.libsonnet'`, `couldn't open import "gone.libsonnet"`],
  ])('with %s is a UserError with the words of jsonnet, file and line', async (_title, source, words) => {
    const error = await render('c.jsonnet', source).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ code: 'ConfigDoesNotEvaluate', message: expect.stringContaining(words) });
  });

  it('that never ends is stopped', async () => {
    await expect(
      render('c.jsonnet', `std.foldl(function(a, b) a + b, std.range(1, 100000000), 0)`, { timeoutMs: 700 }),
    ).rejects.toThrow('the config c.jsonnet does not evaluate: jsonnet did not end within 0.7 seconds');
  });

  it("without a jsonnet program is our problem, not the config author's", async () => {
    await expect(render('c.jsonnet', '{}', { program: '/no/jsonnet' })).rejects.toBeInstanceOf(InternalError);
  });

  it.each([
    ['an absolute path', `importstr '/etc/hostname'`],
    ['a path that climbs out', `importstr '../../../../../../../../etc/hostname'`],
    ['an escaped path', `importstr "\\u002fetc/hostname"`],
    ['a comment between', `importstr /* here */ '/etc/hostname'`],
    ['a verbatim string', `importstr @'/etc/hostname'`],
    ['bytes', `importbin '/etc/hostname'`],
    ['something imported', `import 'evil.libsonnet'`],
    ['a symbolic link', `importstr 'link'`],
  ])('may not read outside of its repository: %s', async (_title, source) => {
    await writeFile(join(root, 'eksctl/evil.libsonnet'), `{ a: importstr '/etc/hostname' }`);
    await symlink('/etc/hostname', join(root, 'eksctl/link'));
    await expect(render('c.jsonnet', source)).rejects.toMatchObject({ code: 'ConfigImportsFromOutside' });
  });

  it('may say "import" in comments, strings and text blocks', () => {
    const source = `
      // import '/a'
      # import '/b'
      /* import '/c' */
      local text = |||
        import '/d'
      |||;
      local s = "import '/e'", v = @'import "/f"';
      { import_: import 'yes.libsonnet', important: '/g', i: (importstr "a\\"b") }`;
    expect(jsonnetImports(source)).toEqual([
      { kind: 'import', path: 'yes.libsonnet' },
      { kind: 'importstr', path: 'a"b' },
    ]);
  });
});

describe('a YAML or JSON config', () => {
  it('is parsed, with anchors and merge keys; a quoted version stays a string', async () => {
    const source = `base: &base {minSize: 0}\ngroups:\n  - <<: *base\n    name: nb\nmetadata: {version: "1.30"}\n`;
    expect(JSON.parse(await render('c.yaml', source))).toMatchObject({
      groups: [{ minSize: 0, name: 'nb' }],
      metadata: { version: '1.30' },
    });
    expect(JSON.parse(await render('c.json', `{"a": [1, "2"]}`))).toEqual({ a: [1, '2'] });
  });

  it.each([
    ['c.yaml', 'a: 1\nb: [1, 2\nc: 3\n', 'the config c.yaml does not evaluate: c.yaml:3:1: '],
    ['c.json', '{"a": 1,,}', 'the config c.json does not evaluate: c.json:1:9: '],
  ])('%s that does not parse names file, line and column', async (name, source, words) => {
    await expect(render(name, source)).rejects.toMatchObject({
      code: 'ConfigDoesNotEvaluate',
      message: expect.stringContaining(words),
    });
  });

  it('that explodes is refused', async () => {
    const bomb = [
      'a0: &a0 [x, x, x, x, x, x, x, x, x, x]',
      ...Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(10).fill(`*a${n}`).join(', ')}]`),
    ].join('\n');
    await expect(render('c.yaml', bomb)).rejects.toMatchObject({ code: 'ConfigDoesNotEvaluate' });
  });
});

it('another kind of file is refused by name', async () => {
  await expect(render('c.toml', '')).rejects.toMatchObject({
    code: 'UnknownConfigFormat',
    message: expect.stringContaining('c.toml'),
  });
});
