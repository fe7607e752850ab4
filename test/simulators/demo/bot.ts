import { startBot } from '#src/main.ts';
import { runUntilSignal } from '#src/stop-on-signal.ts';
import { simulatedClock } from '../clock.ts';

/** The unchanged bot; its clock is the only difference. */
await runUntilSignal(async () => {
  const bot = await startBot(process.env, { clock: simulatedClock(JSON.parse(process.env.SIMULATED_CLOCK ?? '{}')) });
  process.stdout.write('ready\n');
  return bot;
});
