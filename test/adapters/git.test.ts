import { expect, test } from 'vitest';
import { gitOutput } from '#src/adapters/git.ts';

/** As git 2.47 answers when the file system takes no more. */
const NO_ROOM = {
  'a file of the work tree (entry.c says no reason)': 'error: unable to write file /work/tree/coast.jsonnet',
  'an object': 'error: file write error: No space left on device\nfatal: unable to write loose object file',
  'a quota': 'fatal: cannot create directory: Disk quota exceeded',
};

test.each(Object.entries(NO_ROOM))('no room for %s asks to make room', async (_, stderr) => {
  const git = () => Promise.resolve({ code: 1, stdout: '', stderr });
  await expect(gitOutput(git, { args: ['checkout'], directory: '/work' })).rejects.toMatchObject({ code: 'DiskFull' });
});

test('the full disk of a server is not the worker’s', async () => {
  const git = () =>
    Promise.resolve({ code: 1, stdout: '', stderr: 'remote: error: unable to write file ./objects/aa' });
  await expect(gitOutput(git, { args: ['push'], directory: '/work' })).rejects.toMatchObject({ code: 'GitFailed' });
});
