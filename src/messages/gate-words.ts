import type { BlockedPod, GateAbout, GateRecord } from '#src/domain/gate.ts';
import type { Activity } from '#src/domain/observation.ts';
import type { Run } from '#src/domain/run.ts';
import type { Button } from './blocks.ts';
import { forceDrainButton, passGateButton, stopAtGateButton, waitLongerButton } from './buttons.ts';
import { byWhom, capitalised, code, countOf, joined, names, outside, sentenceList, when } from './mrkdwn.ts';
import { activityText } from './plan-summary.ts';

/** How a question to people is put on the card and in the thread; sentences, and the buttons that answer. */
export type GateWords = {
  /** After "waits for a decision since …: ", without its full stop. */
  card: string;
  /** What may be done, on the card. */
  cardChoices: string;
  headline: string;
  /** What that means for users of the cluster. `step`: the step that asks. */
  meaning: (step: string) => string;
  choices: string;
  buttons: Button[];
  /** How it went on. `cleared`: without anybody's decision. */
  passed: (by: string, reason: string) => string;
  cleared: (at: string) => string;
};

export function gateWords(run: Run, gate: GateRecord): GateWords {
  switch (gate.kind) {
    case 'activity':
      return activityWords(run, gate);
    case 'drain':
      return drainWords(run, gate);
    default:
      gate satisfies never;
      throw new Error(`unknown gate ${JSON.stringify(gate)}`);
  }
}

/** What became of it; undefined while it is open. */
export function gateOutcome({ passed, cleared }: GateWords, { resolution: how }: GateRecord): string | undefined {
  switch (how.kind) {
    case 'open':
      return undefined;
    case 'passed':
      return passed(byWhom(how), outside(how.reason));
    case 'waited':
      return `It tries for longer, as decided ${byWhom(how)}.`;
    case 'cleared':
      return cleared(when(how.at));
    case 'stopped':
      return `The run was stopped here ${byWhom(how)}.`;
    case 'aborted':
      return `The run was aborted ${byWhom(how)}.`;
    default:
      return how satisfies never;
  }
}

function activityWords(run: Run, gate: GateAbout<'activity'>): GateWords {
  const inUse = activityText(gate.activity);
  return {
    card: `the cluster is in use, ${inUse}`,
    cardChoices: `The thread has the buttons to go ahead or to stop. It goes on by itself when ${fewEnough(gate)}.`,
    headline: `${outside(run.cluster)} is in use: ${inUse}${onGroups(gate.activity)}.`,
    meaning: (step) =>
      `The step "${step}" would end them${takenOn(gate)}, so the run has waited since ${when(gate.since)}. Meanwhile it deletes and replaces nothing, and servers can be started as usual.`,
    choices: `It goes on by itself when ${fewEnough(gate)}. *Go ahead* asks for a reason and ends these servers; *Stop* lets the upgrade stand still until somebody continues or aborts it.`,
    buttons: [passGateButton(run, gate), stopAtGateButton(run, gate)],
    passed: (by, reason) => `It went on all the same, as decided ${by}, for this reason: ${reason}`,
    cleared: (at) => `${capitalised(fewEnough(gate))}: it went on ${at}.`,
  };
}

/** `, on nb-small (2), nb-large (1); 1 waits for a node and could land there` */
function onGroups({ byGroup = {}, unplaced = 0 }: Activity): string {
  const groups = Object.entries(byGroup).map(([group, count]) => `${code(group)} (${count})`);
  return [
    groups.length === 0 ? '' : `, on ${joined(groups, ', ', 900)}`,
    unplaced === 0 ? '' : `; ${unplaced} ${unplaced === 1 ? 'waits' : 'wait'} for a node and could land there`,
  ].join('');
}

function takenOn({ accepted = 0 }: GateAbout<'activity'>): string {
  return accepted === 0 ? '' : `, and only ${accepted} ${accepted === 1 ? 'was' : 'were'} taken on before`;
}

function fewEnough({ accepted = 0 }: GateAbout<'activity'>): string {
  return accepted === 0
    ? 'none of them is left'
    : `no more than ${accepted} of them ${accepted === 1 ? 'is' : 'are'} left`;
}

function drainWords(run: Run, gate: GateAbout<'drain'>): GateWords {
  const { blocked, group } = gate;
  const [first] = blocked;
  const who =
    first !== undefined && blocked.length === 1 ? `the pod ${podName(first)}` : countOf(blocked.length, 'pod');
  const leave = blocked.length === 1 ? 'does not leave' : 'do not leave';
  return {
    card: `${who} ${leave} the old core node group ${code(group)}`,
    cardChoices:
      'The thread says what is in the way, and has the buttons to wait longer, to force it or to stop. Nothing is deleted meanwhile.',
    headline: `${outside(run.cluster)}: ${who} ${leave} the old core node group ${code(group)}.`,
    meaning: () =>
      `${joined(blocked.map(hindrance), ' ', 2500)} What could move runs on the new core nodes, and nothing is deleted. The run has waited since ${when(gate.since)}; meanwhile the old nodes take pods as before.`,
    choices: drainChoices(blocked.length === 1),
    buttons: [waitLongerButton(run, gate), forceDrainButton(run, gate), stopAtGateButton(run, gate)],
    passed: (by, reason) =>
      `${blocked.length === 1 ? 'It was' : 'They were'} forced to go, as decided ${by}, for this reason: ${reason}`,
    cleared: (at) => `${blocked.length === 1 ? 'It' : 'They'} may go now: the run went on ${at}.`,
  };
}

function drainChoices(isOne: boolean): string {
  const [they, them] = isOne ? ['it', 'it'] : ['they', 'them'];
  const ends = isOne ? 'with the time that it has for that' : 'each with the time that it has for that';
  const serve = isOne ? 'what it serves may be away until it runs' : 'what they serve may be away until they run';
  return `The run goes on by itself when ${they} may go. *Wait longer* tries for 10 more minutes. *Force* asks for a reason and ends ${them} whatever a budget says, ${ends}: ${serve} on a new node. *Stop* leaves the old core group where it is; the run can be continued later.`;
}

function podName({ namespace, name }: Pick<BlockedPod, 'namespace' | 'name'>): string {
  return code(`${namespace}/${name}`);
}

function hindrance(pod: BlockedPod): string {
  const { by } = pod;
  switch (by.kind) {
    case 'budget':
      return `${podName(pod)} is held by the PodDisruptionBudget ${sentenceList(by.names.map(code))}, which lets none of its pods go now.`;
    case 'several-budgets':
      return `${podName(pod)} has more than one PodDisruptionBudget (${names(by.names)}), and Kubernetes evicts no such pod: remove one of them.`;
    case 'slow-end':
      return `${podName(pod)} was told to end and has not yet; it has ${graceText(by.graceSeconds)} for that.`;
    default:
      by satisfies never;
      throw new Error(`unknown hindrance ${JSON.stringify(by)}`);
  }
}

function graceText(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
