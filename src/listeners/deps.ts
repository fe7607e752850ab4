import type { Fleet } from '#src/domain/fleet.ts';
import type { RunId } from '#src/domain/run.ts';
import type { CardLink } from '#src/messages/replies.ts';
import type { Operations } from '#src/operations/operations.ts';

export type ListenerDeps = {
  operations: Operations;
  fleet: Pick<Fleet, 'teamId' | 'maintenanceChannel'>;
  /** Where the run's card can be seen; null when it is not posted yet, or Slack does not say. */
  cardLink: (runId: RunId) => Promise<CardLink>;
  /** Has the run's card stand there with what is true now, also when somebody deleted it. */
  renewCard: (runId: RunId) => Promise<void>;
  /** What a person has to do before messages reach the channel again, and since when; null: they do. */
  slackTrouble: () => Promise<{ since: number; why: string } | null>;
  log: ListenerLog;
};

export type ListenerLog = {
  info: (fields: object, message: string) => void;
  warn: (fields: object, message: string) => void;
  error: (fields: object, message: string) => void;
};
