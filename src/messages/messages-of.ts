import type { Run } from '#src/domain/run.ts';
import { abortedNotice } from './aborted-notice.ts';
import { LIMITS } from './blocks.ts';
import { card } from './card.ts';
import { approvalReplies, gateReplies } from './decision-replies.ts';
import { delayNotices } from './delay-notices.ts';
import { finishNotice } from './finish-notice.ts';
import { lostSettingsReplies } from './lost-settings-replies.ts';
import { hasPlan, hasStarted, type Message, type MessageOptions } from './message.ts';
import { clip } from './mrkdwn.ts';
import { startNotice } from './start-notice.ts';
import { stepReplies } from './step-reply.ts';
import { stopReplies } from './stop-replies.ts';

/**
 * Every message that should exist for a run, in the order in which they are first posted. Pure: the same run has the
 * same messages, so whoever makes Slack equal to them may be killed anywhere and begin again.
 *
 * Keys, stable within a run: `card`; in its thread `plan:<plan hash>:<page>`, `note:<plan hash>:<note id>`, `approval:<plan hash>`, `step:<step id>`, `gate:<n>`, `stopped:<n>`;
 * and the notices `start`, `delay:<step id>`, `failure:<n>`, `finish`, `aborted`, which are shown in the channel too.
 */
export function messagesOf(run: Run, options: MessageOptions): Message[] {
  const messages = [
    card(run),
    ...(hasPlan(run) ? [...lostSettingsReplies(run), ...approvalReplies(run, options)] : []),
    ...(hasStarted(run) ? [startNotice(run)] : []),
    ...(hasPlan(run) ? [...stepReplies(run), ...gateReplies(run, options)] : []),
    ...(hasStarted(run) ? delayNotices(run) : []),
    ...stopReplies(run),
    ...(hasStarted(run) ? finishNotice(run) : []),
    ...abortedNotice(run),
  ];
  return messages.map((message) => ({ ...message, text: clip(message.text, LIMITS.text) }));
}
