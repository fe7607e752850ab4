import { composer } from './composer.js';
import { showModal } from './dialogs.js';
import { ago, avatar, clockText, el } from './format.js';
import { messageList } from './message-list.js';
import { actAs, channelNamed, connect, inChannel, inThread, now, on, showChannel, showThread, store } from './store.js';

const $ = (id) => document.getElementById(id);

const channelList = messageList({
  list: $('list'),
  scroller: $('scroller'),
  where: 'channel',
  belongs: inChannel,
  jump: $('jump'),
  intro: drawIntro,
});
const threadList = messageList({
  list: $('thread-list'),
  scroller: $('thread-scroller'),
  where: 'thread',
  belongs: inThread,
});
const box = composer({
  place: $('composer'),
  label: 'Message',
  commands: true,
  target: () => ({ channel: store.channel, threadTs: null }),
});
const replyBox = composer({
  place: $('thread-composer'),
  label: 'Reply',
  commands: false,
  target: () => ({ channel: store.items.get(store.thread)?.channel ?? store.channel, threadTs: store.thread }),
});
replyBox.placeholder('Reply…');

let shown = '';

on('state', ({ teamName, hint, users }) => {
  $('team-name').textContent = teamName;
  drawHint(hint);
  drawPeople(users);
  drawChannels();
  drawView();
});
on('item', ({ item, fresh }) => {
  channelList.update(item, fresh);
  threadList.update(item, fresh);
});
on('removed', (ts) => {
  channelList.remove(ts);
  threadList.remove(ts);
});
on('channels', drawChannels);
on('view', drawView);
on('modal', showModal);
on('online', (online) => {
  $('offline').hidden = online;
});
$('thread-close').addEventListener('click', () => showThread(null));

/** Draws the channel, and the thread beside it, anew; what is the same as before keeps its place. */
function drawView() {
  const channel = channelNamed(store.channel);
  $('channel-name').textContent = `# ${channel.name}`;
  $('channel-topic').textContent = channel.isArchived ? 'Archived' : channel.topic;
  box.placeholder(`Message #${channel.name}`);
  const place = `${store.user} ${store.channel}`;
  if (place !== shown) channelList.reset();
  else for (const item of store.items.values()) channelList.update(item, false);
  shown = place;
  const parent = store.items.get(store.thread);
  $('thread').hidden = parent === undefined;
  document.body.classList.toggle('with-thread', parent !== undefined);
  if (parent === undefined) return;
  $('thread-channel').textContent = `#${channelNamed(parent.channel).name}`;
  threadList.reset();
}

/** As in Slack, a channel says at its top what it is. */
function drawIntro() {
  const { name, topic } = channelNamed(store.channel);
  const about = `This is the very beginning of the #${name} channel.${topic === '' ? '' : ` ${topic}.`}`;
  return [
    el(
      'div',
      { class: 'intro' },
      el('p', { class: 'intro-title', 'aria-hidden': 'true' }, `# ${name}`),
      el('p', {}, about),
    ),
  ];
}

function drawChannels() {
  const total = [...store.unread.values()].reduce((sum, count) => sum + count, 0);
  document.title = `${total > 0 ? `(${total}) ` : ''}#${channelNamed(store.channel).name} · ${store.state.teamName}`;
  $('channels').replaceChildren(
    ...store.state.channels.map(({ id, name }) => {
      const unread = store.unread.get(id) ?? 0;
      const badge =
        unread > 0 ? el('span', { class: 'badge', 'aria-label': `${unread} unread` }, String(unread)) : null;
      return el(
        'li',
        {},
        el(
          'button',
          {
            type: 'button',
            class: unread > 0 ? 'unread' : '',
            'aria-current': id === store.channel ? 'page' : undefined,
            onclick: () => showChannel(id),
          },
          el('span', { 'aria-hidden': 'true', class: 'hash' }, '#'),
          el('span', { class: 'channel-label' }, name),
          badge,
        ),
      );
    }),
  );
}

function drawPeople(users) {
  $('people').replaceChildren(
    ...users.map(({ id, name, color, role }) =>
      el(
        'label',
        { class: 'person' },
        el('input', {
          type: 'radio',
          name: 'person',
          value: id,
          checked: id === store.user,
          'aria-label': role === '' ? name : `${name}, ${role}`,
          onchange: () => actAs(id),
        }),
        avatar({ name, color }),
        el(
          'span',
          { class: 'person-text', 'aria-hidden': 'true' },
          el('span', {}, name),
          role === '' ? null : el('small', {}, role),
        ),
      ),
    ),
  );
}

/** `code` in the hint can be clicked into the message box. */
function drawHint(hint) {
  if (hint === '' || sessionStorage.getItem('hint-closed') === hint) return;
  const parts = hint
    .split('`')
    .map((part, index) =>
      index % 2 === 0
        ? part
        : el(
            'button',
            { type: 'button', class: 'hint-code', title: 'Put it into the message box', onclick: () => box.fill(part) },
            part,
          ),
    );
  const close = () => {
    sessionStorage.setItem('hint-closed', hint);
    $('hint').hidden = true;
  };
  $('hint').replaceChildren(
    el('p', {}, ...parts),
    el('button', { type: 'button', class: 'plain', 'aria-label': 'Close hint', onclick: close }, '✕'),
  );
  $('hint').hidden = false;
}

function tick() {
  if (store.state === null) return;
  const { speed } = store.state.clock;
  $('clock').textContent = `${clockText(new Date(now()))}${speed === 1 ? '' : ` · ${speed}×`}`;
  for (const node of document.querySelectorAll('[data-ago]'))
    node.textContent = `Last reply ${ago(node.dataset.ago, now())}`;
}

setInterval(tick, 1000);
on('state', tick);
connect(store.user);
