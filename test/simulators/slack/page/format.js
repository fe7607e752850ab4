/** Builds an element: `el('p', { class: 'note' }, 'text', child)`. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const dateOf = (ts) => new Date(Number(ts) * 1000);

const clockTime = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const longDay = new Intl.DateTimeFormat(undefined, { weekday: 'long', month: 'long', day: 'numeric' });
const shortDay = new Intl.DateTimeFormat(undefined, { weekday: 'short', month: 'short', day: 'numeric' });

export const timeOf = (ts) => clockTime.format(dateOf(ts));
export const dayOf = (ts) => longDay.format(dateOf(ts));
export const clockText = (date) => `${shortDay.format(date)}, ${clockTime.format(date)}`;

/** "3 minutes ago", as the workspace's own time has it. */
export function ago(ts, now) {
  const minutes = Math.floor((now - dateOf(ts).getTime()) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return minutes === 1 ? '1 minute ago' : `${minutes} minutes ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return hours === 1 ? '1 hour ago' : `${hours} hours ago`;
  return `${dayOf(ts)} at ${timeOf(ts)}`;
}

export function initialsOf(name) {
  const words = name.split(' ').filter(Boolean);
  return `${words[0]?.[0] ?? '?'}${words.length > 1 ? words.at(-1)[0] : ''}`.toUpperCase();
}

export function avatar(author, small = false) {
  const face = el('span', { class: `avatar${small ? ' small' : ''}`, 'aria-hidden': 'true' });
  if (author.isApp) face.append(el('img', { src: '/icon.svg', alt: '' }));
  else {
    face.style.background = author.color;
    face.textContent = small ? initialsOf(author.name)[0] : initialsOf(author.name);
  }
  return face;
}
