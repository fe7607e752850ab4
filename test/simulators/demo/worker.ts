import { startWorkerProcess } from '#jobs/main.ts';
import { runUntilSignal } from '#src/stop-on-signal.ts';
import { simulatedClock } from '../clock.ts';

/** The unchanged worker; its clock is the only difference. */
await runUntilSignal(async () => {
  const worker = await startWorkerProcess(process.env, {
    clock: simulatedClock(JSON.parse(process.env.SIMULATED_CLOCK ?? '{}')),
  });
  process.stdout.write('ready\n');
  return worker;
});
