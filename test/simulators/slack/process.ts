import type { SlackSimulatorOptions } from './options.ts';
import { startSlackSimulator } from './simulator.ts';

/**
 * The simulator as a process: options as JSON in the only argument; one JSON line on stdout when it is ready;
 * ends when stdin closes, so that it never outlives the process that started it.
 */
const options: SlackSimulatorOptions = JSON.parse(process.argv[2] ?? '{}');
const simulator = await startSlackSimulator(options);
const { url, apiUrl, botToken, appToken, teamId, botUserId, appId } = simulator;
process.stdout.write(`${JSON.stringify({ url, apiUrl, botToken, appToken, teamId, botUserId, appId })}\n`);
process.stdin.resume();
for (const end of ['end', 'close'] as const) process.stdin.once(end, () => process.exit(0));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
