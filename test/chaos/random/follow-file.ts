import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** The lines of a JSON lines file, each handed out once; only what is new is read. A file that is not there yet has none. */
export function followFile<T>(path: string): () => T[] {
  let done = 0;
  return () => {
    let file: number;
    try {
      file = openSync(path, 'r');
    } catch {
      return [];
    }
    try {
      const fresh = Buffer.alloc(fstatSync(file).size - done);
      readSync(file, fresh, 0, fresh.length, done);
      const end = fresh.lastIndexOf('\n') + 1;
      done += end;
      return fresh
        .toString('utf8', 0, end)
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as T);
    } finally {
      closeSync(file);
    }
  };
}
