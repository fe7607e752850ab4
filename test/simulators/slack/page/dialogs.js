import { act } from './api.js';
import { el } from './format.js';
import { store } from './store.js';

/** Slack's confirmation dialog. Resolves to whether the person went on. */
export function confirmClick({ title, html, confirm, deny, style }) {
  const text = el('div', { class: 'dialog-text' });
  text.innerHTML = html;
  const go = el('button', { type: 'submit', value: 'confirm', class: `bk-button solid ${style}` }, confirm);
  const dialog = el(
    'dialog',
    { class: 'dialog small', 'aria-labelledby': 'confirm-title' },
    el(
      'form',
      { method: 'dialog' },
      el(
        'header',
        {},
        el('h2', { id: 'confirm-title' }, title),
        el('button', { type: 'submit', class: 'plain', value: '', 'aria-label': 'Close' }, '✕'),
      ),
      text,
      el('footer', {}, el('button', { type: 'submit', value: '', class: 'bk-button' }, deny), go),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  go.focus();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'confirm');
    });
  });
}

let open = null;

/** Shows, changes or takes away the modal on top. What was typed stays while the view is the same. */
export function showModal(modal) {
  if (modal === null || (open !== null && (open.modal.id !== modal.id || open.modal.hash !== modal.hash))) {
    open?.dialog.remove();
    open = null;
  }
  if (modal === null) return;
  if (open === null) open = { modal, dialog: drawModal(modal) };
  showErrors(open.dialog, modal.errors);
}

function drawModal(modal) {
  const content = el('div', { class: 'dialog-text content' });
  content.innerHTML = modal.html;
  const close = () => act('close-view', { user: store.user });
  const form = el(
    'form',
    { novalidate: true },
    el(
      'header',
      {},
      el('h2', { id: 'modal-title' }, modal.title),
      el('button', { type: 'button', class: 'plain', 'aria-label': 'Close', onclick: close }, '✕'),
    ),
    el('p', { class: 'bk-error', 'data-error-of': '', role: 'alert' }),
    content,
    el(
      'footer',
      {},
      el('button', { type: 'button', class: 'bk-button', onclick: close }, modal.close),
      modal.submit === null ? null : el('button', { type: 'submit', class: 'bk-button solid primary' }, modal.submit),
    ),
  );
  const dialog = el('dialog', { class: 'dialog', 'aria-labelledby': 'modal-title' }, form);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit(form);
  });
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    void close();
  });
  document.body.append(dialog);
  dialog.showModal();
  (dialog.querySelector('[autofocus]') ?? dialog.querySelector('input, textarea, select'))?.focus();
  return dialog;
}

async function submit(form) {
  const button = form.querySelector('button[type=submit]');
  button.disabled = true;
  try {
    await act('submit-view', { user: store.user, values: Object.fromEntries(new FormData(form)) });
  } finally {
    button.disabled = false;
  }
}

function showErrors(dialog, errors) {
  for (const place of dialog.querySelectorAll('[data-error-of]')) {
    const error = errors[place.dataset.errorOf] ?? '';
    place.textContent = error;
    place
      .closest('.bk-input')
      ?.querySelector('input, textarea, select')
      ?.setAttribute('aria-invalid', String(error !== ''));
  }
}
