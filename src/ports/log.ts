/** Structured logging, as pino does it: fields first. Log before the act, in the -ing form, with ids; never a secret. */
export type Log = {
  debug: (fields: object, message: string) => void;
  info: (fields: object, message: string) => void;
  warn: (fields: object, message: string) => void;
  error: (fields: object, message: string) => void;
};
