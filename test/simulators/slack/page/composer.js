import { act } from './api.js';
import { el } from './format.js';
import { store } from './store.js';

/** The message box. In the channel it takes slash commands and offers them while one is typed. */
export function composer({ place, label, commands, target }) {
  const box = el('textarea', { rows: '1', 'aria-label': label, autocomplete: 'off', spellcheck: 'false' });
  const send = el('button', { type: 'submit', class: 'send', 'aria-label': 'Send', disabled: true }, '➤');
  const hints = el('div', { class: 'hints', role: 'listbox', 'aria-label': 'Commands', hidden: true });
  const form = el('form', {}, box, send);
  place.replaceChildren(hints, form);
  let chosen = 0;

  const matching = () => {
    const typed = box.value;
    if (!commands || !typed.startsWith('/') || typed.includes('\n')) return [];
    const [word] = typed.split(' ');
    return store.state.commands.filter(({ command }) =>
      typed.includes(' ') ? command === word : command.startsWith(word),
    );
  };

  const drawHints = () => {
    const found = matching();
    chosen = Math.min(chosen, Math.max(0, found.length - 1));
    hints.hidden = found.length === 0;
    hints.replaceChildren(
      ...found.map((command, index) =>
        el(
          'div',
          {
            class: 'hint-row',
            role: 'option',
            'aria-selected': String(index === chosen),
            onmousedown: (event) => take(event, command),
          },
          el(
            'span',
            { class: 'hint-command' },
            command.command,
            ' ',
            el('span', { class: 'hint-usage' }, command.usageHint),
          ),
          el('span', { class: 'hint-about' }, command.description),
        ),
      ),
    );
    send.disabled = box.value.trim() === '';
    box.style.height = 'auto';
    box.style.height = `${Math.min(box.scrollHeight, 180)}px`;
  };

  const take = (event, { command }) => {
    event.preventDefault();
    fill(`${command} `);
  };

  const fill = (text) => {
    box.value = text;
    drawHints();
    box.focus();
  };

  const submit = async () => {
    const text = box.value.trim();
    if (text === '') return;
    fill('');
    await deliver(text, target()).catch((error) => console.error(error));
  };

  box.addEventListener('input', drawHints);
  box.addEventListener('keydown', (event) => {
    const found = matching();
    const incomplete = found.length > 0 && !box.value.startsWith(found[chosen].command);
    if (event.key === 'Tab' && found.length > 0 && !box.value.includes(' ')) take(event, found[chosen]);
    else if (event.key === 'ArrowDown' && found.length > 1) move(event, 1);
    else if (event.key === 'ArrowUp' && found.length > 1) move(event, -1);
    else if (event.key === 'Escape') hints.hidden = true;
    else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      if (incomplete) take(event, found[chosen]);
      else void submit();
    }
  });
  const move = (event, by) => {
    event.preventDefault();
    chosen = (chosen + by + matching().length) % matching().length;
    drawHints();
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit();
  });
  return { fill, placeholder: (text) => box.setAttribute('placeholder', text) };
}

async function deliver(text, { channel, threadTs }) {
  const message = { user: store.user, channel, text };
  if (text.startsWith('/')) await act('slash', threadTs === null ? message : { ...message, threadTs });
  else await act('say', threadTs === null ? message : { ...message, threadTs });
}
