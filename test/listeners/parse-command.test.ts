import { expect, it } from 'vitest';
import { parseCommand } from '#src/listeners/commands/parse-command.ts';

it.each([
  ['coast 1.24', { kind: 'upgrade', cluster: 'coast', version: '1.24' }],
  ['  coast   v1.24 ', { kind: 'upgrade', cluster: 'coast', version: 'v1.24' }],
  ['status', { kind: 'status', cluster: null }],
  ['STATUS coast', { kind: 'status', cluster: 'coast' }],
  ['help', { kind: 'help', notUnderstood: null }],
  ['', { kind: 'help', notUnderstood: null }],
  ['coast', { kind: 'help', notUnderstood: 'I did not understand "coast": an upgrade needs a cluster and a version.' }],
  ['coast 1.24 now', { kind: 'help', notUnderstood: 'I did not understand "now" after "coast 1.24".' }],
  ['status coast please', { kind: 'help', notUnderstood: 'I did not understand "please" after "status coast".' }],
  ['help me', { kind: 'help', notUnderstood: 'I did not understand "me" after "help".' }],
  [
    '<!channel>',
    {
      kind: 'help',
      notUnderstood: 'I did not understand "&lt;!channel&gt;": an upgrade needs a cluster and a version.',
    },
  ],
])('"%s"', (text, expected) => {
  expect(parseCommand(text)).toEqual(expected);
});
