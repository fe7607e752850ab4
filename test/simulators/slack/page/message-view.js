import { act } from './api.js';
import { confirmClick } from './dialogs.js';
import { ago, avatar, dateOf, el, timeOf } from './format.js';
import { now, showThread, store } from './store.js';

/** One message. `where`: in the channel or in the thread pane. */
export function drawMessage(item, where) {
  const article = el('article', {
    class: `message ${item.kind}${item.broadcast && where === 'channel' ? ' broadcast' : ''}`,
    'data-ts': item.ts,
    'aria-label': `${item.author.name}, ${timeOf(item.ts)}`,
  });
  article.append(avatar(item.author), el('div', { class: 'message-body' }, ...drawBody(item, where)));
  return article;
}

function drawBody(item, where) {
  return [
    item.kind === 'ephemeral' ? el('p', { class: 'message-note' }, '◉ Only visible to you') : null,
    el(
      'p',
      { class: 'message-head' },
      el('span', { class: 'author' }, item.author.name),
      item.author.isApp ? el('span', { class: 'app-badge' }, 'APP') : null,
      el('time', { datetime: dateOf(item.ts).toISOString(), title: dateOf(item.ts).toLocaleString() }, timeOf(item.ts)),
    ),
    where === 'channel' && item.broadcast ? repliedTo(item) : null,
    drawContent(item),
    where === 'thread' && item.broadcast ? el('p', { class: 'message-note' }, 'Also sent to the channel') : null,
    where === 'channel' && item.replies !== null ? drawReplies(item) : null,
  ];
}

function drawContent(item) {
  const content = el('div', { class: 'content' });
  content.innerHTML = item.html;
  if (item.edited) markEdited(content);
  content.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-action-id]');
    if (button !== null) void press(button, item);
  });
  return content;
}

/** Slack writes it behind the last words. */
function markEdited(content) {
  const mark = el('span', { class: 'edited', title: 'This message was edited' }, ' (edited)');
  const paragraphs = content.querySelectorAll('p, h3');
  const last = paragraphs[paragraphs.length - 1];
  (last ?? content).append(mark);
}

async function press(button, item) {
  if (button.dataset.confirm !== undefined && !(await confirmClick(JSON.parse(button.dataset.confirm)))) return;
  button.disabled = true;
  const { actionId, blockId } = button.dataset;
  try {
    await act('click', { user: store.user, messageTs: item.ts, actionId, blockId });
  } catch (error) {
    console.error(error);
  } finally {
    button.disabled = false;
  }
}

function repliedTo(item) {
  const title = item.threadTitle === '' ? 'a thread' : item.threadTitle;
  return el('p', { class: 'replied-to' }, 'replied to a thread: ', threadLink(item.threadTs, title));
}

function drawReplies({ ts, replies }) {
  const count = replies.count === 1 ? '1 reply' : `${replies.count} replies`;
  return el(
    'p',
    { class: 'replies' },
    ...replies.authors.map((author) => avatar(author, true)),
    threadLink(ts, count),
    el('span', { class: 'last-reply', 'data-ago': replies.lastTs }, `Last reply ${ago(replies.lastTs, now())}`),
  );
}

/** A link, not a button: so that it is never taken for one of the app's buttons. */
function threadLink(ts, text) {
  const open = (event) => {
    event.preventDefault();
    showThread(ts);
  };
  return el('a', { class: 'link', href: `#thread-${ts}`, onclick: open }, text);
}
