import { appendFileSync } from 'node:fs';
import type { Clock } from '#src/ports/clock.ts';

/** Who called, told by the user agent: eksctl's calls are not the bot's. */
export type Caller = 'bot' | 'eksctl' | 'other';

/** One mutating effect. `at` is simulated time. */
export type Effect = {
  at: string;
  effect: string;
  cluster: string;
  caller: Caller;
  principal: string;
  [detail: string]: unknown;
};

/** Calls of one operation by one caller and principal. */
export type CallCount = { caller: Caller; principal: string; service: string; operation: string; count: number };

export type EffectsLog = {
  record: (effect: Omit<Effect, 'at'>) => void;
  effects: () => Effect[];
  /** Calls back after every effect, until the returned function is called. */
  onEffect: (listener: () => void) => () => void;
  countCall: (call: Omit<CallCount, 'count'>) => void;
  calls: () => CallCount[];
};

export function callerOf(userAgent: string | undefined): Caller {
  if (userAgent?.includes('eks-upgrade-bot')) return 'bot';
  return userAgent?.includes('eksctl') ? 'eksctl' : 'other';
}

/** Append-only; tests count effects here, never in what the bot reports. */
export function effectsLog(clock: Clock, file?: string): EffectsLog {
  const effects: Effect[] = [];
  const counts = new Map<string, CallCount>();
  const listeners = new Set<() => void>();
  return {
    record: (details) => {
      const effect = { at: new Date(clock.now()).toISOString(), ...details } as Effect;
      effects.push(effect);
      if (file !== undefined) appendFileSync(file, `${JSON.stringify(effect)}\n`);
      for (const listener of listeners) listener();
    },
    onEffect: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    effects: () => [...effects],
    countCall: (call) => {
      const key = [call.caller, call.principal, call.service, call.operation].join('|');
      const known = counts.get(key);
      if (known === undefined) counts.set(key, { ...call, count: 1 });
      else known.count += 1;
    },
    calls: () => [...counts.values()],
  };
}
