import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChildProcessHandle, startChild } from '../child.ts';

const ENTRIES = join(import.meta.dirname, '../../simulators/demo');
/** Real milliseconds after which a supervisor starts again what ended. */
const RESTART_MS = 300;

/** A process that was asked to be there, whichever one it is by now. */
type Member = { name: string; script: string; child: ChildProcessHandle };

export type CrewSettings = {
  env: Record<string, string>;
  workers: number;
  /** Where their log lines go. */
  stderr: number;
  /** A process ended; `byItself`: nobody had sent it a signal. */
  onEnd: (end: { name: string; how: string; byItself: boolean }) => void;
};

/** The bot and its workers as a supervisor runs them: whoever ends, for whatever reason, is started again. */
export class Crew {
  readonly #settings: CrewSettings;
  readonly #members = new Map<string, Member>();
  readonly #signalled = new Set<ChildProcessHandle>();
  #isOver = false;

  constructor(settings: CrewSettings) {
    this.#settings = settings;
    this.#enter('bot', join(ENTRIES, 'bot.ts'));
    for (let number = 1; number <= settings.workers; number += 1)
      this.#enter(`worker-${number}`, join(ENTRIES, 'worker.ts'));
  }

  /** Each of them has said that it is ready. */
  async ready(): Promise<void> {
    await Promise.all([...this.#members.values()].map(({ child }) => once(child.stdout, 'data')));
  }

  signal(name: string, signal: NodeJS.Signals): void {
    const member = this.#members.get(name);
    if (member === undefined) throw new Error(`there is no process ${name}`);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') this.#signalled.add(member.child);
    member.child.kill(signal);
  }

  pids(): number[] {
    return [...this.#members.values()].map(({ child }) => child.pid);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    for (const { child } of this.#members.values()) child.kill('SIGKILL');
    await Promise.all([...this.#members.values()].map(({ child }) => child.exited));
  }

  #enter(name: string, script: string): void {
    const { env, stderr, onEnd } = this.#settings;
    const child = startChild({ script, argument: '', env, stderr });
    child.stdout.on('data', () => undefined);
    this.#members.set(name, { name, script, child });
    void child.exited.then(async ({ code, signal }) => {
      if (this.#isOver) return;
      onEnd({ name, how: signal ?? `exit code ${code}`, byItself: !this.#signalled.has(child) });
      await sleep(RESTART_MS);
      if (!this.#isOver) this.#enter(name, script);
    });
  }
}
