import type { LogEntry } from '../../simulators/slack/effect-log.ts';
import { followFile } from './follow-file.ts';

/** A message of the bot as people see it now. */
export type Shown = {
  ts: string;
  run: string;
  key: string;
  /** When it came to look like this (run time). */
  at: number;
  /** What notifications say. */
  spoken: string;
  /** The blocks' text, a line each. */
  lines: string[];
  buttons: string[];
  isDeleted: boolean;
};

type Block = {
  text?: { text?: string };
  elements?: { type?: string; text?: string | { text?: string }; action_id?: string }[];
};
type Logged = LogEntry & {
  ts: string;
  text: string;
  blocks: Block[];
  metadata: { event_payload?: { run?: string; key?: string } } | null;
};

/** Slack as its own log tells it, read from outside. */
export class SlackView {
  readonly #read: () => LogEntry[];
  readonly #byTs = new Map<string, Shown>();
  readonly #byRun = new Map<string, Shown[]>();
  readonly #newestRun = new Map<string, string>();
  /** Posts and deletions of each key of each run, as `run/key`. */
  readonly #posts = new Map<string, number>();
  readonly #deletions = new Map<string, number>();

  constructor(logPath: string) {
    this.#read = followFile<LogEntry>(logPath);
  }

  /** The messages that came or changed since the last look. */
  look(): Shown[] {
    return this.#read().flatMap((entry) => this.#take(entry) ?? []);
  }

  /** What stands there now, oldest first. */
  of(run: string): Shown[] {
    return (this.#byRun.get(run) ?? []).filter(({ isDeleted }) => !isDeleted);
  }

  /** The newest run of the cluster that people have heard of. */
  runOf(cluster: string): string | null {
    return this.#newestRun.get(cluster) ?? null;
  }

  ofCluster(cluster: string, key: string): Shown | undefined {
    return this.of(this.runOf(cluster) ?? '').findLast((message) => message.key === key);
  }

  /** Keys that were posted more often than somebody deleted them. */
  doubled(run: string): string[] {
    return [...this.#posts].flatMap(([id, posts]) =>
      id.startsWith(`${run}/`) && posts > 1 + (this.#deletions.get(id) ?? 0) ? [id.slice(run.length + 1)] : [],
    );
  }

  #take(entry: LogEntry): Shown | null {
    if (entry.kind === 'deleted') return this.#delete(String(entry['ts']));
    if (entry.kind !== 'posted' && entry.kind !== 'edited') return null;
    const { ts, text, blocks, metadata, simulatedAt } = entry as Logged;
    const { run, key } = metadata?.event_payload ?? {};
    if (run === undefined || key === undefined) return null;
    if (entry.kind === 'posted') count(this.#posts, `${run}/${key}`);
    const shown: Shown = {
      ts,
      run,
      key,
      at: simulatedAt,
      spoken: text,
      lines: blocks.flatMap(linesOf),
      buttons: blocks.flatMap(buttonsOf),
      isDeleted: false,
    };
    const known = this.#byTs.get(ts);
    if (known !== undefined) return Object.assign(known, shown);
    this.#byTs.set(ts, shown);
    this.#byRun.set(run, [...(this.#byRun.get(run) ?? []), shown]);
    this.#newestRun.set(clusterOfRun(run), run);
    return shown;
  }

  #delete(ts: string): null {
    const message = this.#byTs.get(ts);
    if (message === undefined) return null;
    message.isDeleted = true;
    count(this.#deletions, `${message.run}/${message.key}`);
    return null;
  }
}

function count(counts: Map<string, number>, id: string): void {
  counts.set(id, (counts.get(id) ?? 0) + 1);
}

function linesOf({ text, elements = [] }: Block): string[] {
  const texts = [
    text?.text,
    ...elements.map((element) => (typeof element.text === 'string' ? element.text : undefined)),
  ];
  return texts.flatMap((one) => one?.split('\n') ?? []);
}

function buttonsOf({ elements = [] }: Block): string[] {
  return elements.flatMap(({ action_id }) => (action_id === undefined ? [] : [action_id]));
}

const UUID_LENGTH = 36;

/** Run ids are `<cluster>-<uuid>`. */
function clusterOfRun(run: string): string {
  return run.slice(0, -UUID_LENGTH - 1);
}
