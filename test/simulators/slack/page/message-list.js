import { dayOf, el } from './format.js';
import { drawMessage } from './message-view.js';
import { store } from './store.js';

/*
 * Keeps a list of messages equal to the store. A message is drawn again only when it changed, the scroll position stays
 * unless the reader is at the end, and the focus stays on a button that is still there.
 */
export function messageList({ list, scroller, where, belongs, jump, intro = () => [] }) {
  const drawn = new Map();
  const atEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
  const toEnd = () => {
    scroller.scrollTop = scroller.scrollHeight;
    if (jump) jump.hidden = true;
  };
  jump?.addEventListener('click', toEnd);
  scroller.addEventListener('scroll', () => {
    if (jump && atEnd()) jump.hidden = true;
  });

  /** Draws everything anew, for another channel, thread or person. */
  const reset = () => {
    drawn.clear();
    list.replaceChildren(...intro());
    for (const item of sorted()) insert(item);
    finish();
    toEnd();
  };

  const sorted = () => [...store.items.values()].filter(belongs).sort((a, b) => (a.ts < b.ts ? -1 : 1));

  const insert = (item) => {
    const node = drawMessage(item, where);
    const next = [...drawn.values()].filter(({ ts }) => ts > item.ts).sort((a, b) => (a.ts < b.ts ? -1 : 1))[0];
    list.insertBefore(node, next?.node ?? null);
    drawn.set(item.ts, { ts: item.ts, node, json: JSON.stringify(item) });
  };

  const update = (item, fresh) => {
    if (!belongs(item)) return;
    const stick = atEnd();
    const known = drawn.get(item.ts);
    if (known === undefined) insert(item);
    else if (known.json !== JSON.stringify(item)) replace(known, item);
    finish();
    if (stick) toEnd();
    else if (fresh && jump) jump.hidden = false;
    if (fresh) drawn.get(item.ts).node.classList.add('fresh');
  };

  const replace = (known, item) => {
    const focused = known.node.contains(document.activeElement) ? document.activeElement.dataset.actionId : undefined;
    const node = drawMessage(item, where);
    known.node.replaceWith(node);
    drawn.set(item.ts, { ts: item.ts, node, json: JSON.stringify(item) });
    if (focused !== undefined) node.querySelector(`[data-action-id="${CSS.escape(focused)}"]`)?.focus();
  };

  const remove = (ts) => {
    drawn.get(ts)?.node.remove();
    drawn.delete(ts);
    finish();
  };

  /** Day lines in the channel; the count of replies in the thread. */
  const finish = () => {
    for (const line of list.querySelectorAll('.line')) line.remove();
    const nodes = [...list.querySelectorAll('.message')];
    if (where === 'thread') {
      const replies = nodes.filter((node) => !node.classList.contains('ephemeral')).length - 1;
      if (replies > 0) nodes[0]?.after(line(replies === 1 ? '1 reply' : `${replies} replies`, 'left'));
      return;
    }
    let day = '';
    for (const node of nodes) {
      const its = dayOf(node.dataset.ts);
      if (its !== day) node.before(line(its, ''));
      day = its;
    }
  };
  return { reset, update, remove, toEnd };
}

function line(text, side) {
  return el(
    'div',
    { class: `line ${side}`, role: 'separator', 'aria-label': text },
    el('span', { class: 'line-text' }, text),
  );
}
