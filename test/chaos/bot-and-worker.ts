import { serveQueues } from '#jobs/main.ts';
import { readConfig } from '#src/config.ts';
import { createContext } from '#src/context.ts';
import { serveSlack } from '#src/main.ts';
import { type ClockSettings, simulatedClock } from '../simulators/clock.ts';
import type { Order } from './points.ts';
import { createProbe } from './probe.ts';
import { type Protection, without } from './without.ts';
import { wrapPorts } from './wrap-ports.ts';

/**
 * Bot and worker of a world in one process, so that one kill takes both: the unchanged halves on a context whose ports
 * tell the probe of every way out. Ends with the process that started it.
 */
export type ChildArguments = { clock: ClockSettings; order: Order; without: Protection | null; cloudUrl: string };

const { clock, order, without: missing, cloudUrl } = JSON.parse(process.argv[2] ?? '{}') as ChildArguments;
process.stdin.resume();
process.stdin.once('close', () => process.kill(process.pid, 'SIGKILL'));

// Node writes what it compiled when a process ends by itself; all that come later are killed.
if (order.kind === 'record') process.once('SIGTERM', () => process.exit());

const probe = createProbe(order);
const context = await createContext(readConfig(process.env, { role: 'bot' }), {
  clock: simulatedClock(clock),
  outside: (ports) => without(missing, wrapPorts(ports, { probe, effects: countEffects })),
});
await serveQueues(context);
await serveSlack(context);

async function countEffects(): Promise<number> {
  const effects = (await (await fetch(`${cloudUrl}/_sim/effects`)).json()) as unknown[];
  return effects.length;
}
