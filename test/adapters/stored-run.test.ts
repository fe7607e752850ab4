import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readStoredRun } from '#src/adapters/stored-run.ts';
import { evolve } from '#src/domain/evolve.ts';
import { RUN_SCHEMA } from '#src/domain/run.ts';
import { messagesOf } from '#src/messages/messages-of.ts';
import { aRun } from '#test/support/builders.ts';

/** As the bot of that time stored them: never written again. */
const OLDER = [1].flatMap((schema) => {
  const text = readFileSync(join(import.meta.dirname, `stored-runs/schema-${schema}.json`), 'utf8');
  return (JSON.parse(text) as { id: string; schema: number }[]).map((run) => ({ schema, run }));
});

const reading = (change: object): (() => unknown) => {
  return () => readStoredRun('r1', JSON.stringify({ ...aRun('awaiting-approval', { id: 'r1' }), ...change }));
};

describe('a stored run', () => {
  test('of this version is read as it was written', () => {
    const run = aRun('running', { id: 'r1' });
    expect(readStoredRun('r1', JSON.stringify(run))).toEqual(run);
  });

  test.each(OLDER)('of schema $schema ($run.id) is migrated, and can be shown and go on', ({ schema, run: stored }) => {
    expect(stored.schema).toBe(schema);
    const run = readStoredRun(stored.id, JSON.stringify(stored));
    expect(run).toMatchObject({ ...stored, schema: RUN_SCHEMA, pastCommands: {}, delays: [], sight: null });
    expect(messagesOf(run, { approvers: { users: [], groups: [] } }).map(({ key }) => key)).toContain('card');
    const stopped = evolve(run, { kind: 'stopped', at: 1, by: 'bot' });
    expect(readStoredRun(run.id, JSON.stringify(stopped))).toEqual(stopped);
  });

  test('of a newer schema is refused, and what to do is said', () => {
    expect(reading({ schema: 99 })).toThrow(
      `run r1 cannot be read: it has schema 99, and this version of the bot reads schema ${RUN_SCHEMA}: start the version that wrote it`,
    );
  });

  test('with a plan of a newer schema is refused, and what to do is said', () => {
    const { plan } = aRun('awaiting-approval');
    expect(reading({ plan: { ...plan, schema: 99 } })).toThrow(
      'run r1 cannot be read: its plan has schema 99, and this version of the bot reads schema 1: start the version that wrote it',
    );
  });

  test.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['a list', '[]'],
    ['something without a schema', '{}'],
  ])('that is %s cannot be read', (_what, doc) => {
    expect(() => readStoredRun('r1', doc)).toThrow(expect.objectContaining({ code: 'StoredRunUnreadable' }));
  });
});
