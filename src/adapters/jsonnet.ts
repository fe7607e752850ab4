import { InternalError, UserError } from '#src/domain/errors.ts';
import { checkJsonnetImports } from './jsonnet-imports.ts';
import { runSubprocess, type Subprocess } from './subprocess.ts';

export type JsonnetDeps = {
  /** Setting JSONNET: a name in PATH or a path. */
  program: string;
  /** PATH, to find the program. A config is somebody else's code: it gets nothing of ours. */
  path: string;
  /** Real milliseconds; real configs take well under a second. */
  timeoutMs?: number;
  subprocess?: Subprocess;
};

export type JsonnetSource = {
  /** Of the checkout: imports stay inside it. */
  root: string;
  /** Of the config: imports and relative names start here. */
  directory: string;
  /** Name of the config in `directory`, for messages. */
  name: string;
  source: string;
};

/** The JSON text that `jsonnet` makes of a source. Throws UserError `ConfigDoesNotEvaluate` with jsonnet's own words. */
export type EvaluateJsonnet = (source: JsonnetSource) => Promise<string>;

const TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;

export function createJsonnet({
  program,
  path,
  timeoutMs = TIMEOUT_MS,
  subprocess = runSubprocess,
}: JsonnetDeps): EvaluateJsonnet {
  return async ({ root, directory, name, source }) => {
    await checkJsonnetImports({ root, directory, source });
    // Through standard input with the config's folder as working directory: imports are then relative to that folder,
    // an edited text needs no file, and a folder that may not be written to does as well.
    const result = await subprocess({
      program,
      args: ['-'],
      cwd: directory,
      env: { PATH: path },
      timeoutMs,
      input: source,
      stdout: 'data',
      keepBytes: MAX_OUTPUT_BYTES,
    });
    if (result.kind === 'spawn-failed') {
      throw new InternalError('JsonnetNotStarted', `${result.message}; set JSONNET to the jsonnet program`);
    }
    if (result.kind === 'exited' && result.code === 0 && !result.truncated) return result.stdout;
    throw doesNotEvaluate(name, whyNot(result).replaceAll('<stdin>', name).trim());
  };
}

export function doesNotEvaluate(name: string, words: string): UserError {
  return new UserError('ConfigDoesNotEvaluate', `the config ${name} does not evaluate: ${words}`);
}

function whyNot(result: Exclude<Awaited<ReturnType<Subprocess>>, { kind: 'spawn-failed' }>): string {
  switch (result.kind) {
    case 'timed-out':
      return `jsonnet did not end within ${result.timeoutMs / 1000} seconds`;
    case 'killed':
      return `jsonnet was ended by ${result.signal}; ${result.stderr}`;
    case 'exited':
      return result.code === 0 ? `its result is larger than ${MAX_OUTPUT_BYTES} bytes` : result.stderr;
    default:
      return result satisfies never;
  }
}
