import type { JsonObject } from './messages.ts';
import { SlackError } from './slack-error.ts';

const JSON_ARGUMENTS = ['blocks', 'metadata', 'view', 'attachments'];

/** Reads a Web API body: form fields (complex ones as JSON text) or JSON. */
export function readArguments(body: string, contentType: string): JsonObject {
  if (contentType.startsWith('application/json')) {
    const parsed = parseJson(body === '' ? '{}' : body);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new SlackError('json_not_object');
    return { ...parsed };
  }
  if (contentType !== '' && !contentType.startsWith('application/x-www-form-urlencoded'))
    throw new SlackError('invalid_post_type');
  const fields: JsonObject = Object.fromEntries(new URLSearchParams(body));
  for (const name of JSON_ARGUMENTS) {
    const value = fields[name];
    if (typeof value === 'string') fields[name] = tryJson(value);
  }
  return fields;
}

export function textArgument(args: JsonObject, name: string): string | undefined {
  const value = args[name];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function flagArgument(args: JsonObject, name: string): boolean {
  return args[name] === true || args[name] === 'true' || args[name] === '1' || args[name] === 1;
}

/** `invalid_limit` for what is no number from 1 to `max`. */
export function limitArgument(args: JsonObject, preset: number, max: number): number {
  const given = args.limit;
  if (given === undefined || given === '' || given === 0 || given === '0') return preset;
  const limit = Number(given);
  if (!Number.isInteger(limit) || limit < 1 || limit > max) throw new SlackError('invalid_limit');
  return limit;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SlackError('invalid_json');
  }
}

/** What is no JSON stays text, and the method refuses its shape. */
function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
