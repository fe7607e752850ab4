import { minutesTogether } from '#src/domain/plan-minutes.ts';
import { context, sections } from './blocks.ts';
import { type Message, notice, type StartedRun } from './message.ts';
import { aboutMinutes, byWhom, outside, person, when } from './mrkdwn.ts';
import { expectedEnd } from './progress.ts';
import { disruptsUsers, whatUsersNotice } from './users-notice.ts';

/** Tells everybody before the first change; what it says is the plan's, so it stays as it is until the end. */
export function startNotice(run: StartedRun): Message {
  const { plan, startedAt } = run;
  const headline = `Maintenance of ${outside(plan.cluster)} begins: Kubernetes upgrade from ${plan.from} to ${plan.to}.`;
  const who = disruptsUsers(plan) ? 'Users will be disrupted' : 'Running servers are not touched';
  const time = `It should take ${aboutMinutes(minutesTogether(plan.steps))}`;
  const decided = run.approval === null ? '' : `, approved ${byWhom(run.approval)}`;
  return notice({
    key: 'start',
    text: `${headline} ${who}, and uptime checks may alert. ${time}.`,
    blocks: [
      ...sections([
        `*${headline}*`,
        `${who}, and uptime checks may alert until the finish notice. ${time}, until ${when(expectedEnd(plan, startedAt))}.`,
      ]),
      ...sections([
        '*What users will notice, in this order*',
        ...whatUsersNotice(plan).map((text, i) => `${i + 1}. ${text}`),
      ]),
      context(
        `Asked for by ${person(run.requestedBy)}${decided}. The thread shows every step; the card has the button to stop.`,
      ),
    ],
  });
}
