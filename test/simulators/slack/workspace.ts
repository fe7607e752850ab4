import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Clock } from '#src/ports/clock.ts';
import { createEffectLog, type EffectLog } from './effect-log.ts';
import type { Change, Ephemeral, StoredMessage, StoredView } from './messages.ts';
import type { SlackChannel, SlackSettings, SlackUser } from './options.ts';

export type NewMessage = Omit<StoredMessage, 'ts' | 'edited' | 'tombstone'>;

/**
 * What a Slack workspace remembers. Everything that changes it goes through these functions; each change is logged
 * and announced, so that the page, the waiting tests and the log see the same thing.
 */
export class Workspace {
  readonly settings: SlackSettings;
  readonly clock: Clock;
  readonly log: EffectLog;
  readonly bot = { userId: 'U0BOT0000', botId: 'B0BOT0000', appId: 'A0BOT0000' };
  readonly tokens = {
    bot: `xoxb-${randomBytes(12).toString('hex')}`,
    app: `xapp-1-${randomBytes(12).toString('hex')}`,
  };
  readonly #changes = new EventEmitter<{ change: [Change] }>().setMaxListeners(0);
  readonly #channels: Map<string, SlackChannel>;
  readonly #messages = new Map<string, StoredMessage>();
  #ephemerals: Ephemeral[] = [];
  #views: StoredView[] = [];
  #lastMicros = 0;

  constructor(settings: SlackSettings, clock: Clock) {
    this.settings = settings;
    this.clock = clock;
    this.log = createEffectLog(clock, settings.logPath);
    this.#channels = new Map(settings.channels.map((channel) => [channel.id, { ...channel }]));
  }

  /** Calls back after every change, until the returned function is called. */
  onChange(listener: (change: Change) => void): () => void {
    this.#changes.on('change', listener);
    return () => this.#changes.off('change', listener);
  }

  announce(change: Change): void {
    this.#changes.emit('change', change);
  }

  user(id: string): SlackUser | undefined {
    return this.settings.users.find((user) => user.id === id);
  }

  channels(): SlackChannel[] {
    return [...this.#channels.values()];
  }

  channel(id: string): SlackChannel | undefined {
    return this.#channels.get(id);
  }

  changeChannel(id: string, change: Partial<Pick<SlackChannel, 'isArchived' | 'botIsMember'>>): void {
    const channel = this.#channels.get(id);
    if (channel === undefined) throw new Error(`no channel ${id}`);
    // Bots lose their membership with the archiving, and do not get it back: see README.md.
    Object.assign(channel, change.isArchived === true ? { ...change, botIsMember: false } : change);
    this.log.add('channel-changed', { channel: id, ...change });
    this.announce({ kind: 'channels' });
  }

  /** Messages of a channel with all replies, oldest first. */
  messages(channel: string): StoredMessage[] {
    // Insertion order is the order of `ts`, and an edit keeps it.
    return [...this.#messages.values()].filter((message) => message.channel === channel);
  }

  message(channel: string, ts: string): StoredMessage | undefined {
    const message = this.#messages.get(ts);
    return message?.channel === channel ? message : undefined;
  }

  replies(channel: string, ts: string): StoredMessage[] {
    return this.messages(channel).filter((message) => message.threadTs === ts);
  }

  post(message: NewMessage): StoredMessage {
    const stored = { ...message, ts: this.nextTs(), edited: null, tombstone: false };
    this.#messages.set(stored.ts, stored);
    this.log.add('posted', stored);
    this.announce({
      kind: 'message',
      channel: stored.channel,
      ts: stored.ts,
      threadTs: stored.threadTs,
      what: 'posted',
    });
    return stored;
  }

  edit(
    message: StoredMessage,
    change: Partial<Pick<StoredMessage, 'text' | 'blocks' | 'metadata' | 'broadcast'>>,
  ): StoredMessage {
    const stored = { ...message, ...change, edited: { by: message.author, ts: this.nextTs() } };
    this.#messages.set(stored.ts, stored);
    this.log.add('edited', stored);
    this.announce({
      kind: 'message',
      channel: stored.channel,
      ts: stored.ts,
      threadTs: stored.threadTs,
      what: 'edited',
    });
    return stored;
  }

  remove(message: StoredMessage): void {
    if (this.replies(message.channel, message.ts).length > 0) {
      const text = 'This message was deleted.';
      this.#messages.set(message.ts, { ...message, text, blocks: [], metadata: null, tombstone: true });
    } else this.#messages.delete(message.ts);
    this.log.add('deleted', { channel: message.channel, ts: message.ts });
    this.announce({
      kind: 'message',
      channel: message.channel,
      ts: message.ts,
      threadTs: message.threadTs,
      what: 'deleted',
    });
  }

  ephemerals(user: string): Ephemeral[] {
    return this.#ephemerals.filter((ephemeral) => ephemeral.user === user);
  }

  postEphemeral(ephemeral: Omit<Ephemeral, 'ts'>): Ephemeral {
    const stored = { ...ephemeral, ts: this.nextTs() };
    this.#ephemerals.push(stored);
    this.log.add('ephemeral', stored);
    this.announce({ kind: 'ephemeral', user: stored.user, channel: stored.channel, ts: stored.ts });
    return stored;
  }

  /** Only a response_url can do this. */
  replaceEphemeral(ephemeral: Ephemeral, change: Pick<Ephemeral, 'text' | 'blocks'> | null): void {
    this.#ephemerals = this.#ephemerals.flatMap((one) =>
      one.ts !== ephemeral.ts ? one : change === null ? [] : { ...one, ...change },
    );
    this.log.add(change === null ? 'ephemeral-deleted' : 'ephemeral-replaced', { ts: ephemeral.ts, ...change });
    this.announce({ kind: 'ephemeral', user: ephemeral.user, channel: ephemeral.channel, ts: ephemeral.ts });
  }

  /** A person's open modals, the top one last. */
  views(user: string): StoredView[] {
    return this.#views.filter((view) => view.user === user);
  }

  view(id: string): StoredView | undefined {
    return this.#views.find((view) => view.id === id);
  }

  /** Opens, replaces or, with `null`, closes. */
  changeViews(user: string, change: (open: StoredView[]) => StoredView[]): void {
    this.#views = [...this.#views.filter((view) => view.user !== user), ...change(this.views(user))];
    this.log.add('views', {
      user,
      open: this.views(user).map(({ id, view }) => ({ id, callbackId: view.callback_id })),
    });
    this.announce({ kind: 'views', user });
  }

  /** Simulated seconds and microseconds, never the same twice. */
  nextTs(): string {
    this.#lastMicros = Math.max(this.clock.now() * 1000, this.#lastMicros + 1);
    return `${Math.floor(this.#lastMicros / 1e6)}.${String(this.#lastMicros % 1e6).padStart(6, '0')}`;
  }
}

/** Orders two `ts`. */
export function order(a: string, b: string): number {
  return (
    Number(a.split('.')[0]) - Number(b.split('.')[0]) || Number(a.split('.')[1] ?? 0) - Number(b.split('.')[1] ?? 0)
  );
}
