import type { Fault as CloudFault } from '../../simulators/cloud/options.ts';
import type { EksctlFaultRule } from '../../simulators/eksctl/faults.ts';
import type { GitFaultRule } from '../../simulators/git/faults.ts';
import type { FaultInput } from '../../simulators/slack/faults.ts';
import type { RedisServer } from '../../support/redis.ts';

/** What a fault can touch of the storm's world. Nothing of the bot but its processes. */
export type Reach = {
  cloud: {
    fault: (fault: CloudFault & { on?: boolean }) => Promise<void>;
    activity: (cluster: string, count: number) => Promise<void>;
  };
  slack: {
    fault: (fault: FaultInput) => Promise<void>;
    /** An act of the simulator's control API. */
    act: (name: string, body: object) => Promise<void>;
    /** `ts` of a message of the cluster's run that stands there now. */
    messageTs: (cluster: string, key: string) => string | null;
  };
  redis: Pick<RedisServer, 'crash' | 'restart' | 'hang' | 'goOn' | 'fill' | 'makeRoom' | 'remember' | 'rollBackTo'>;
  /** `bot`, `worker-1`, `worker-2`, …; whoever ends is started again by the supervisor. */
  processes: { signal: (name: string, signal: NodeJS.Signals) => void };
  eksctl: Rules<EksctlFaultRule> & {
    /** Its child processes that work for this cluster now. */
    kill: (cluster: string) => Promise<void>;
  };
  git: Rules<GitFaultRule>;
  /** Real seconds. */
  wait: (seconds: number) => Promise<void>;
};

/** Switches that several faults share, told apart by the strike they belong to. */
export type Rules<T> = { on: (strike: number, rule: T) => Promise<void>; off: (strike: number) => Promise<void> };

/** `write` gets all rules that hold now, one call after the other. */
export function rulesOf<T>(write: (rules: T[]) => Promise<void>): Rules<T> {
  const rules = new Map<number, T>();
  let writing = Promise.resolve();
  const rewrite = (): Promise<void> => {
    writing = writing.then(() => write([...rules.values()]));
    return writing;
  };
  return {
    on: (strike, rule) => {
      rules.set(strike, rule);
      return rewrite();
    },
    off: (strike) => {
      rules.delete(strike);
      return rewrite();
    },
  };
}

export const CHANNEL = 'C0MAINT00';
