import { type LevelWithSilent, type Logger, pino } from 'pino';
import { redactSecrets } from './redact-secrets.ts';

export type { Logger } from 'pino';

export type LoggerOptions = {
  level: LevelWithSilent;
  /** Which half of the bot, or which command, writes. */
  role: string;
  /** Values that must never be seen, wherever they turn up; see `secretsOf` in config.ts. */
  secrets: readonly string[];
  /** Where lines go; standard error when left out, because standard output belongs to what a command answers. */
  write?: (line: string) => void;
};

/**
 * JSON lines on standard error. Secrets are taken out of the finished line, so that no way into it (message, fields,
 * a child logger's bindings, an error with the request it failed with) goes around: by known value, by the name of the
 * field, and by shape. https://getpino.io/#/docs/redaction knows only paths that are listed beforehand.
 */
export function createLogger({ level, role, secrets, write = toStandardError() }: LoggerOptions): Logger {
  const redactText = textRedactor(secrets);
  const destination = {
    write: (line: string) => write(`${JSON.stringify(redactValue(JSON.parse(line), redactText))}\n`),
  };
  return pino(
    {
      level,
      base: { role, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}

/** Synchronous: the lines before a crash are the ones that matter. */
function toStandardError(): (line: string) => void {
  const stream = pino.destination({ dest: 2, sync: true });
  return (line) => {
    stream.write(line);
  };
}

const SECRET_FIELD =
  /token|secret|passw(?:or)?d|authorization|cookie|credential|private_?key|access_?key|api_?key|certificate_?authority_?data|signature$/i;
/** EKS's idempotency tokens are no secrets, and they are evidence. */
const HARMLESS_FIELD = /^client_?request_?token$/i;
/** Whoever has one of these addresses of Slack may act with it: response URLs, incoming webhooks, sockets. */
const SLACK_CAPABILITY = /\b(https:\/\/hooks\.slack\.com|wss:\/\/[\w.-]*slack\.com)\/[^\s"']*/g;
/** Shorter ones are no secrets but words, and taking them out would make lines unreadable. */
const SHORTEST_SECRET = 6;

function textRedactor(secrets: readonly string[]): (text: string) => string {
  const known = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
  return (text) => {
    const withoutKnown = known.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
    return redactSecrets(withoutKnown.replace(SLACK_CAPABILITY, '$1/[secret]'));
  };
}

function redactValue(value: unknown, redactText: (text: string) => string): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, redactText));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      redactText(name),
      isSecretField(name, inner) ? '[secret]' : redactValue(inner, redactText),
    ]),
  );
}

function isSecretField(name: string, value: unknown): boolean {
  return SECRET_FIELD.test(name) && !HARMLESS_FIELD.test(name) && value !== null && typeof value !== 'boolean';
}
