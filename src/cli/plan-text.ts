import type { Plan, PlanNote, Step } from '#src/domain/plan.ts';
import { minutesTogether } from '#src/domain/plan-minutes.ts';
import type { Planned } from '#src/domain/plan-upgrade.ts';
import { describeAddon, describeStep } from '#src/domain/step-title.ts';

const WIDTH = 100;

/** A plan for a terminal: what happens in order, what must be read, and what was not looked at. */
export function planText(planned: Planned, notChecked: readonly string[]): string {
  const sections = planned.kind === 'plan' ? sectionsOf(planned.plan) : nothingToDo(planned);
  return [...sections, section('Not checked, because it needs AWS', bullets('?', notChecked))]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

function nothingToDo({ version, warnings }: Extract<Planned, { kind: 'nothing-to-do' }>): string[] {
  return [`Nothing to do: everything is at ${version} already`, section('Warnings', notes(warnings))];
}

function sectionsOf(plan: Plan): string[] {
  return [
    heading(plan),
    section('REFUSED: this plan may not run', notes(plan.refusals, '✗')),
    section(`Steps, about ${duration(minutesTogether(plan.steps))} in all`, plan.steps.flatMap(stepLines)),
    section('Warnings', notes(plan.warnings)),
  ];
}

function heading({ cluster, region, from, to, skew, config, hash }: Plan): string {
  const policy = skew === 'runbook' ? 'nodes ahead of the control plane (runbook)' : 'nodes never ahead (supported)';
  return [
    `${cluster}  ${from} → ${to}`,
    `  region  ${region}`,
    `  config  ${config.path}`,
    `  skew    ${policy}`,
    `  plan    ${hash.slice(0, 12)}`,
  ].join('\n');
}

function stepLines(step: Step, index: number): string[] {
  const title = `${String(index + 1).padStart(3)}  ${describeStep(step)}`;
  const minutes = duration(step.expectedMinutes);
  const gap = Math.max(2, WIDTH - 8 - title.length);
  return [`${title}${' '.repeat(gap)}${minutes.padStart(8)}`, ...detailLines(step).map((line) => `       ${line}`)];
}

function detailLines(step: Step): string[] {
  switch (step.phase) {
    case 'add-ons':
      return step.addons.map((action) => `· ${describeAddon(action)}`);
    case 'node-groups':
      return wrap(step.groups.join(', '), WIDTH - 17).map((line, i) => `${i === 0 ? SIGNS[step.action] : ' '} ${line}`);
    case 'verify':
      return wrap(step.nodeGroups.map(({ name }) => name).join(', '), WIDTH - 17).map((line) => `  ${line}`);
    case 'preflight':
    case 'template-drift':
    case 'access':
    case 'control-plane':
    case 'commit-config':
      return [];
    default:
      return step satisfies never;
  }
}

const SIGNS = { create: '+', delete: '-', 'update-managed': '~', prove: '?' } as const;

function notes(list: readonly PlanNote[], sign = '!'): string[] {
  return bullets(
    sign,
    list.map(({ text }) => text),
  );
}

function bullets(sign: string, texts: readonly string[]): string[] {
  return texts.flatMap((text) => wrap(text, WIDTH - 4).map((line, i) => `  ${i === 0 ? sign : ' '} ${line}`));
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [title, ...lines].join('\n');
}

function duration(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes} min` : `${hours} h ${minutes % 60} min`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return line === '' ? lines : [...lines, line];
}
