/**
 * Runs `argv[3] …` in this process group and kills the group when file descriptor 3, the lifeline to the parent, closes,
 * or when nothing came over it for `argv[2]` milliseconds (0: that does not matter). See die-with-parent.ts.
 * Plain JavaScript: stripping types would take twice as long as all else that a start takes.
 */
import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

const LIFELINE = 3;
const [silenceMs, program, ...args] = process.argv.slice(2);
if (program === undefined) throw new Error('no program to supervise: give milliseconds of silence, and the program');

const child = spawn(program, args, { stdio: ['inherit', 'inherit', 'inherit'] });

// The group gets SIGTERM as a whole; whether that ends anything is for the child to say.
process.on('SIGTERM', () => undefined);

// A socket, not a file stream: a read that blocks in the thread pool would keep `process.exit` waiting.
const lifeline = new Socket({ fd: LIFELINE });
lifeline.on('error', killGroup);
lifeline.on('end', killGroup);
const silence = Number(silenceMs) > 0 ? setTimeout(killGroup, Number(silenceMs)) : undefined;
lifeline.on('data', () => silence?.refresh());

child.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(127);
});
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});

function killGroup() {
  process.kill(-process.pid, 'SIGKILL');
}
