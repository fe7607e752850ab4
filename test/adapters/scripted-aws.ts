import type { AwsClients } from '#src/adapters/aws-clients.ts';
import { createAwsClients } from '#src/adapters/aws-clients.ts';
import { WHOLE_CALL } from '#src/adapters/renew-credentials.ts';

export type AwsRequest = { operation: string; input: Record<string, unknown> };
/** By operation in camel case: its answer, or a thrown SDK error. An operation that is missing was not expected. */
export type AwsScript = Record<string, (input: never) => object>;

/**
 * The real SDK clients with the network cut off at their first middleware: for what the simulated cloud cannot be told
 * to do (pages, races, odd answers), and to count calls. Whether requests are right on the wire, the contract suites say.
 */
export function scriptedAws(script: AwsScript): { clients: AwsClients; requests: AwsRequest[] } {
  const clients = createAwsClients(
    { region: 'us-west-2', roleArn: null },
    { version: '0', endpointUrl: 'http://127.0.0.1:9' },
  );
  const requests: AwsRequest[] = [];
  const answer = async (operation: string, input: object) => {
    requests.push({ operation, input: input as Record<string, unknown> });
    const scripted = script[`${operation.charAt(0).toLowerCase()}${operation.slice(1)}`];
    if (scripted === undefined) throw new Error(`unexpected call of ${operation}`);
    return { output: { $metadata: {}, ...scripted(input as never) }, response: {} };
  };
  type Stack = {
    add: (middleware: unknown, options: { step: 'initialize' }) => void;
    remove: (name: string) => boolean;
  };
  const cutOff = ({ middlewareStack }: { middlewareStack: unknown }): void => {
    // Nobody has credentials here.
    (middlewareStack as Stack).remove(WHOLE_CALL.name);
    (middlewareStack as Stack).add(
      (_next: unknown, { commandName }: { commandName: string }) =>
        ({ input }: { input: object }) =>
          answer(commandName.replace(/Command$/, ''), input),
      { step: 'initialize' },
    );
  };
  for (const client of [clients.eks, clients.cloudFormation, clients.sts]) cutOff(client);
  const ec2 = clients.ec2().then((client) => {
    cutOff(client);
    return client;
  });
  const iam = clients.iam().then((client) => {
    cutOff(client);
    return client;
  });
  return { clients: { ...clients, ec2: () => ec2, iam: () => iam }, requests };
}

export function sdkError(name: string, message: string, httpStatusCode = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}

export const quiet = { debug: () => {}, info: () => {}, warn: () => {} };
