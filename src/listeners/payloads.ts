import { z } from 'zod';
import { InternalError } from '#src/domain/errors.ts';
import { GATE_MODAL } from '#src/messages/actions.ts';

/** The parts of Slack's payloads that are used here. https://docs.slack.dev/reference/interaction-payloads */
const userId = z.string().regex(/^[UW][A-Z0-9]+$/);

export const commandSchema = z.object({ text: z.string().default(''), user_id: userId });

export const clickSchema = z.object({
  user: z.object({ id: userId }),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().min(1) })).min(1),
  trigger_id: z.string(),
  channel: z.object({ id: z.string() }),
  message: z.object({ ts: z.string(), thread_ts: z.string().optional() }),
});

export const gateAnswerSchema = z.object({
  user: z.object({ id: userId }),
  view: z.object({
    private_metadata: z.string(),
    state: z.object({ values: z.record(z.string(), z.record(z.string(), z.object({ value: z.string().nullish() }))) }),
  }),
});

/** What the modal carries from the click to the answer. */
export const gateMetadataSchema = z.object({
  runId: z.string(),
  stepId: z.string(),
  channel: z.string(),
  threadTs: z.string(),
});
export type GateMetadata = z.infer<typeof gateMetadataSchema>;

/** Workspace or organisation that a payload comes from. */
const originSchema = z.object({
  team_id: z.string().nullish(),
  enterprise_id: z.string().nullish(),
  team: z.object({ id: z.string() }).nullish(),
  enterprise: z.object({ id: z.string() }).nullish(),
});

export function originsOf(body: unknown): string[] {
  const origin = originSchema.safeParse(body);
  if (!origin.success) return [];
  const { team_id: team, enterprise_id: enterprise } = origin.data;
  return [team, enterprise, origin.data.team?.id, origin.data.enterprise?.id].filter((id) => typeof id === 'string');
}

export function reasonOf(answer: z.infer<typeof gateAnswerSchema>): string {
  return answer.view.state.values[GATE_MODAL.blockId]?.[GATE_MODAL.actionId]?.value?.trim() ?? '';
}

/** Throws InternalError: Slack sent something that we did not put there. */
export function read<T>(schema: z.ZodType<T>, payload: unknown): T {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return parsed.data;
  throw new InternalError(
    'UnreadablePayload',
    `slack sent a payload that cannot be read: ${z.prettifyError(parsed.error)}`,
  );
}
