import { readFileSync } from 'node:fs';
import type { CloudOptions } from '#test/simulators/cloud/options.ts';
import { startCloudSimulator } from '#test/simulators/cloud/start-cloud-simulator.ts';

/** The cloud simulator as a process, its options in a file: those of a thousand clusters are longer than an argument may be. */
const simulator = await startCloudSimulator(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as CloudOptions);
process.stdout.write(`${JSON.stringify({ awsUrl: simulator.awsUrl })}\n`);
process.stdin.resume();
for (const end of ['end', 'close'] as const) process.stdin.once(end, () => process.exit(0));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
