/**
 * The `credential_process` of the profile that children get (src/adapters/aws-profile.ts): asks the worker on the unix
 * socket `argv[2]` and prints what it answers. https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
import { createConnection } from 'node:net';
import { text } from 'node:stream/consumers';

const [, , socket] = process.argv;
if (socket === undefined) throw new Error('no socket to ask for credentials: give its path as the first argument');

try {
  const answer: unknown = JSON.parse(await text(createConnection(socket)));
  if (typeof answer !== 'object' || answer === null) throw new Error('the worker gave no answer');
  if (!('credentials' in answer))
    throw new Error('message' in answer ? String(answer.message) : 'the worker gave no credentials');
  process.stdout.write(`${JSON.stringify(answer.credentials)}\n`);
} catch (error) {
  process.stderr.write(
    `no AWS credentials from the worker: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
}
