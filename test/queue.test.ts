import { expect, test } from 'vitest';
import { ZodError } from 'zod';
import { readTicket, TICKET_VERSION, ticketFor } from '#src/queue.ts';

const read = (data: unknown) => readTicket(JSON.parse(JSON.stringify(data)));

test('a ticket is read as it was written', () => {
  expect(read(ticketFor('r1'))).toEqual({ kind: 'ticket', runId: 'r1' });
});

test('one of before tickets had a version is read too', () => {
  expect(read({ runId: 'r1' })).toEqual({ kind: 'ticket', runId: 'r1' });
});

test('one with more in it, as a later bot may write, is read', () => {
  expect(read({ ...ticketFor('r1'), why: 'a click' })).toEqual({ kind: 'ticket', runId: 'r1' });
});

test('one of a newer version is left to the newer bot', () => {
  expect(read({ v: TICKET_VERSION + 1, run: { id: 'r1' } })).toEqual({ kind: 'newer', v: TICKET_VERSION + 1 });
});

test.each([[{}], [{ v: 1 }], [{ runId: '' }], [{ v: -1, runId: 'r1' }], [null], ['r1']])('%j is no ticket', (data) => {
  expect(() => read(data)).toThrow(ZodError);
});
