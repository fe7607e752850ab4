import { randomBytes } from 'node:crypto';
import { textArgument } from '../arguments.ts';
import { checkView } from '../block-schema.ts';
import type { JsonObject, StoredView } from '../messages.ts';
import { RATES } from '../rate-limits.ts';
import { invalidBlocks, SlackError } from '../slack-error.ts';
import { wireView } from '../wire.ts';
import type { Workspace } from '../workspace.ts';
import { type Method, type MethodContext, required } from './method.ts';

/** https://docs.slack.dev/surfaces/modals: three views in a stack, 250 KB a view. */
const STACK_MAX = 3;
const VIEW_BYTES_MAX = 250_000;

const bot = { scope: null, token: 'bot', rate: RATES.tier4 } as const;

export const viewMethods: Record<string, Method> = {
  'views.open': { ...bot, run: (context) => openFromTrigger(context, 'open') },
  'views.push': { ...bot, run: (context) => openFromTrigger(context, 'push') },
  'views.update': { ...bot, run: updateView },
};

/** Puts a view on a person's stack (`open`: a new stack). */
export function showView({
  workspace,
  user,
  view,
  how,
}: {
  workspace: Workspace;
  user: string;
  view: unknown;
  how: 'open' | 'push';
}): StoredView {
  const checked = readView(view);
  const below = workspace.views(user).at(-1);
  if (how === 'push' && workspace.views(user).length >= STACK_MAX) throw new SlackError('push_limit_reached');
  const id = `V${randomBytes(5).toString('hex').toUpperCase()}`;
  const stored: StoredView = {
    id,
    hash: newHash(workspace),
    user,
    view: checked,
    errors: {},
    previousId: how === 'push' ? (below?.id ?? null) : null,
    rootId: how === 'push' ? (below?.rootId ?? id) : id,
  };
  workspace.changeViews(user, (open) => (how === 'push' ? [...open, stored] : [stored]));
  return stored;
}

/** Shows another content in an open view. */
export function replaceView({
  workspace,
  open,
  view,
}: {
  workspace: Workspace;
  open: StoredView;
  view: unknown;
}): StoredView {
  const changed = { ...open, hash: newHash(workspace), view: readView(view), errors: {} };
  workspace.changeViews(open.user, (views) => views.map((one) => (one.id === open.id ? changed : one)));
  return changed;
}

function openFromTrigger({ workspace, triggers, args }: MethodContext, how: 'open' | 'push'): JsonObject {
  const view = readView(args.view);
  const user = triggers.exchange(required(args, 'trigger_id'));
  return { view: wireView(workspace, showView({ workspace, user, view, how })) };
}

function updateView({ workspace, args }: MethodContext): JsonObject {
  const open = workspace.view(required(args, 'view_id'));
  if (open === undefined) throw new SlackError('not_found');
  const hash = textArgument(args, 'hash');
  if (hash !== undefined && hash !== open.hash) throw new SlackError('hash_conflict');
  return { view: wireView(workspace, replaceView({ workspace, open, view: args.view })) };
}

function readView(view: unknown): StoredView['view'] {
  const checked = checkView(view);
  if (checked.kind === 'wrong') throw invalidBlocks('invalid_arguments', checked.messages);
  if (JSON.stringify(checked.value).length > VIEW_BYTES_MAX) throw new SlackError('view_too_large');
  return checked.value;
}

function newHash(workspace: Workspace): string {
  return `${Math.floor(workspace.clock.now() / 1000)}.${randomBytes(4).toString('hex')}`;
}
