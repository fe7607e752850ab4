import { extname, join } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { UserError } from '#src/domain/errors.ts';
import { doesNotEvaluate, type EvaluateJsonnet } from './jsonnet.ts';

export type ConfigSource = {
  /** Root of the checkout. */
  root: string;
  /** The config's folder. */
  directory: string;
  /** File name of the config. */
  name: string;
  source: string;
};

/** A config as JSON text, whatever it is written in. */
export type RenderConfig = (source: ConfigSource) => Promise<string>;

export function createRenderConfig(evaluateJsonnet: EvaluateJsonnet): RenderConfig {
  return async (config) => {
    const kind = extname(config.name).toLowerCase();
    if (kind === '.jsonnet') return await evaluateJsonnet(config);
    if (kind === '.yaml' || kind === '.yml' || kind === '.json') return parseToJson(config);
    throw new UserError(
      'UnknownConfigFormat',
      `the config ${join(config.directory, config.name)} is not .jsonnet, .yaml, .yml or .json: name the eksctl config in the fleet file`,
    );
  };
}

/** `yaml` reads JSON too. `merge`: `<<:` is YAML 1.1, and common in configs for Go programs such as eksctl. */
function parseToJson({ name, source }: ConfigSource): string {
  const lineCounter = new LineCounter();
  const document = parseDocument(source, { merge: true, lineCounter, prettyErrors: false });
  const problem = document.errors[0];
  if (problem !== undefined) {
    const { line, col } = lineCounter.linePos(problem.pos[0]);
    throw doesNotEvaluate(name, `${name}:${line}:${col}: ${problem.message}`);
  }
  try {
    return JSON.stringify(document.toJS(), null, 2);
  } catch (error) {
    throw doesNotEvaluate(name, error instanceof Error ? error.message : String(error));
  }
}
