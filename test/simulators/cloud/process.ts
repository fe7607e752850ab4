import type { CloudOptions } from './options.ts';
import { startCloudSimulator } from './start-cloud-simulator.ts';

/**
 * The cloud simulator as a process: options as JSON in the one argument; one JSON line on stdout when it is ready; it ends
 * when its stdin closes, so it never outlives the process that started it.
 */
const simulator = await startCloudSimulator(JSON.parse(process.argv[2] ?? '{}') as CloudOptions);
const { awsUrl, controlUrl, environment, principals } = simulator;
process.stdout.write(`${JSON.stringify({ awsUrl, controlUrl, environment, principals })}\n`);
process.stdin.resume();
process.stdin.once('close', () => {
  void simulator.stop().then(() => process.exit(0));
});
