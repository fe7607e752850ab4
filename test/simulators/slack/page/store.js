/*
 * What the page knows of the workspace for the person it acts as. The server sends the whole state when the stream
 * opens, then each change; listeners are told what changed.
 */
export const store = {
  state: null,
  items: new Map(),
  user: new URLSearchParams(location.search).get('as') ?? localStorage.getItem('acting-as') ?? '',
  channel: new URLSearchParams(location.search).get('channel') ?? '',
  thread: null,
  unread: new Map(),
  receivedAt: 0,
};

const listeners = new Map();
let source;

export function on(event, listener) {
  listeners.set(event, [...(listeners.get(event) ?? []), listener]);
}

function tell(event, data) {
  for (const listener of listeners.get(event) ?? []) listener(data);
}

/** Opens the stream for a person; what was known of another one is forgotten. */
export function connect(user) {
  source?.close();
  source = new EventSource(`/_sim/page?user=${encodeURIComponent(user)}`);
  source.addEventListener('open', () => tell('online', true));
  source.addEventListener('error', () => tell('online', false));
  listen('state', (state) => {
    store.state = state;
    store.receivedAt = performance.now();
    store.items = new Map(state.items.map((item) => [item.ts, item]));
    choosePerson(state);
    tell('state', state);
    tell('modal', state.modal);
  });
  listen('item', ({ item, fresh }) => {
    store.items.set(item.ts, item);
    if (fresh && item.channel !== store.channel && (item.threadTs === null || item.broadcast)) {
      store.unread.set(item.channel, (store.unread.get(item.channel) ?? 0) + 1);
      tell('channels');
    }
    tell('item', { item, fresh });
  });
  listen('removed', ({ ts }) => {
    store.items.delete(ts);
    tell('removed', ts);
  });
  listen('modal', (modal) => tell('modal', modal));
  listen('channels', (channels) => {
    store.state.channels = channels;
    tell('channels');
  });
}

function listen(event, handle) {
  source.addEventListener(event, ({ data }) => handle(JSON.parse(data)));
}

/** The first visit has nobody chosen: the first person of the workspace is. */
function choosePerson({ users, channels }) {
  if (!channels.some(({ id }) => id === store.channel)) store.channel = channels[0].id;
  if (!users.some(({ id }) => id === store.user)) actAs(users[0].id);
}

export function actAs(user) {
  store.user = user;
  localStorage.setItem('acting-as', user);
  rememberInAddress();
  connect(user);
}

export function showChannel(channel) {
  store.channel = channel;
  store.thread = null;
  store.unread.delete(channel);
  rememberInAddress();
  tell('channels');
  tell('view');
}

export function showThread(ts) {
  store.thread = ts;
  tell('view');
}

/** A reload keeps the place. */
function rememberInAddress() {
  history.replaceState(null, '', `?as=${store.user}&channel=${store.channel}`);
}

/** Simulated milliseconds. */
export function now() {
  const { clock } = store.state;
  return clock.now + (performance.now() - store.receivedAt) * clock.speed;
}

export const channelNamed = (id) => store.state.channels.find((channel) => channel.id === id);
export const inChannel = (item) => item.channel === store.channel && (item.threadTs === null || item.broadcast);
export const inThread = (item) => store.thread !== null && (item.ts === store.thread || item.threadTs === store.thread);
