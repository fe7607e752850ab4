import { readFile } from 'node:fs/promises';
import { basename, dirname, parse, resolve } from 'node:path';
import { parseClusterConfig, parseObject } from './adapters/eksctl-config-schema.ts';
import { createJsonnet } from './adapters/jsonnet.ts';
import { createRenderConfig } from './adapters/render-config.ts';
import { yamlStrings } from './adapters/yaml-strings.ts';
import type { ClusterConfig } from './domain/eksctl-config.ts';
import { messageOf, UserError } from './domain/errors.ts';
import { createEditConfig } from './operations/edit-config.ts';
import type { EditConfig } from './ports/config-editor.ts';
import type { Checkout } from './ports/config-repository.ts';

/**
 * The composition root of commands that work on one config file of the person who calls them: no Slack, no AWS, no
 * Redis, no git, so nothing of context.ts, whose settings such a person does not have.
 */
export type LocalContext = {
  /** A config in a folder of this machine. Throws UserError for a file that cannot be read. */
  open: (path: string) => Promise<Checkout>;
  /** Throws UserError for what is no ClusterConfig. */
  parseConfig: (rendered: string) => ClusterConfig;
  editConfig: EditConfig;
};

export function createLocalContext(env: Record<string, string | undefined>): LocalContext {
  const renderConfig = createRenderConfig(createJsonnet({ program: env.JSONNET || 'jsonnet', path: env.PATH ?? '' }));
  return {
    parseConfig: parseClusterConfig,
    editConfig: createEditConfig({ parseObject, yamlStrings }),
    open: async (path) => {
      const file = resolve(path);
      const source = await readSource(path);
      const directory = dirname(file);
      // The caller's own file on the caller's own machine: its imports may be anywhere.
      const place = { root: parse(file).root, directory, name: basename(file) };
      const renderEdited = (text: string): Promise<string> => renderConfig({ ...place, source: text });
      return {
        commit: 'not committed',
        directory,
        source,
        render: () => renderEdited(source),
        renderEdited,
        dispose: () => Promise.resolve(),
      };
    },
  };
}

async function readSource(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UserError(
      'ConfigNotReadable',
      `cannot read the config "${path}": ${messageOf(error)}; give the path of an eksctl config`,
      {
        cause: error,
      },
    );
  }
}
