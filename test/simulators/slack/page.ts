import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Change, StoredMessage } from './messages.ts';
import { createPageItems, type PageItems } from './page-items.ts';
import { loadBlockRenderer } from './render-blocks.ts';
import type { Workspace } from './workspace.ts';

type Exchange = { request: IncomingMessage; response: ServerResponse; path: string; query: URLSearchParams };

const FOLDER = join(import.meta.dirname, 'page');
const FILES: Record<string, { file: string; type: string }> = {
  '/': { file: join(FOLDER, 'index.html'), type: 'text/html' },
  '/blocks.css': {
    file: createRequire(import.meta.url).resolve('slack-blocks-to-jsx/dist/style.css'),
    type: 'text/css',
  },
  ...Object.fromEntries(
    [
      'app.js',
      'store.js',
      'message-list.js',
      'message-view.js',
      'composer.js',
      'dialogs.js',
      'format.js',
      'api.js',
    ].map((name) => [`/${name}`, { file: join(FOLDER, name), type: 'text/javascript' }]),
  ),
  '/style.css': { file: join(FOLDER, 'style.css'), type: 'text/css' },
  '/icon.svg': { file: join(FOLDER, 'icon.svg'), type: 'image/svg+xml' },
};

/** The local workspace: files, the state for one acting person, and a stream of what changes for that person. */
export function createPage(workspace: Workspace): (exchange: Exchange) => Promise<boolean> {
  let items: Promise<PageItems> | undefined;
  const loadItems = (): Promise<PageItems> => {
    items ??= loadBlockRenderer(workspace).then((renderer) => createPageItems(workspace, renderer));
    return items;
  };
  return async ({ request, response, path, query }) => {
    const file = request.method === 'GET' ? FILES[path] : undefined;
    if (file !== undefined) {
      response.writeHead(200, {
        'content-type': `${file.type}; charset=utf-8`,
        'cache-control': 'no-cache',
        ...SAFETY,
      });
      response.end(await readFile(file.file));
      return true;
    }
    if (path !== '/_sim/page') return false;
    stream({ workspace, items: await loadItems(), request, response, user: query.get('user') ?? '' });
    return true;
  };
}

/** Everything the page needs comes from here. Blocks may carry inline styles. */
const SAFETY = {
  'content-security-policy': "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
};

type Stream = {
  workspace: Workspace;
  items: PageItems;
  request: IncomingMessage;
  response: ServerResponse;
  user: string;
};

/** Server-sent events. The first one is the whole state, so that a page that was cut off is right again at once. */
function stream({ workspace, items, request, response, user }: Stream): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const send = (event: string, data: unknown): void =>
    void response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  send('state', stateOf(workspace, items, user));
  const stop = workspace.onChange((change) => {
    for (const [event, data] of eventsOf({ workspace, items, user }, change)) send(event, data);
  });
  request.once('close', stop);
}

function stateOf(workspace: Workspace, items: PageItems, user: string): object {
  const { settings } = workspace;
  const { teamName, botName, users, commands, hint, clock } = settings;
  return {
    teamName,
    botName,
    commands,
    hint,
    users: users.map(({ id, realName, color, role }) => ({ id, name: realName, color, role })),
    channels: workspace.channels(),
    clock: { speed: clock.speed, now: workspace.clock.now() },
    items: items.all(user),
    modal: items.modal(user),
  };
}

function eventsOf(
  { workspace, items, user }: Pick<Stream, 'workspace' | 'items' | 'user'>,
  change: Change,
): [string, unknown][] {
  switch (change.kind) {
    case 'message': {
      const message = workspace.message(change.channel, change.ts);
      const changed: [string, unknown] =
        message === undefined
          ? ['removed', { ts: change.ts }]
          : ['item', { item: items.message(message), fresh: change.what === 'posted' }];
      const related = relatedTo(workspace, change).map((one): [string, unknown] => [
        'item',
        { item: items.message(one), fresh: false },
      ]);
      return [...related, changed];
    }
    case 'ephemeral': {
      if (change.user !== user) return [];
      const ephemeral = workspace.ephemerals(user).find(({ ts }) => ts === change.ts);
      return [
        ephemeral === undefined
          ? ['removed', { ts: change.ts }]
          : ['item', { item: items.ephemeral(ephemeral), fresh: true }],
      ];
    }
    case 'views':
      return change.user === user ? [['modal', items.modal(user)]] : [];
    case 'channels':
      return [['channels', workspace.channels()]];
    case 'delivery':
    case 'connections':
      return [];
    default:
      return change satisfies never;
  }
}

/** A reply changes the line under its parent; a parent's words are quoted by replies that were also sent to the channel. */
function relatedTo(workspace: Workspace, { channel, ts, threadTs }: Change & { kind: 'message' }): StoredMessage[] {
  const parent = threadTs === null ? undefined : workspace.message(channel, threadTs);
  return parent === undefined ? workspace.replies(channel, ts).filter(({ broadcast }) => broadcast) : [parent];
}
