import { readFileSync } from 'node:fs';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { messageOf } from '#src/domain/errors.ts';
import type { Fleet } from '#src/domain/fleet.ts';
import { nearestNames } from '#src/domain/nearest-names.ts';
import { fleetContradictions } from './fleet-contradictions.ts';
import { fleetSchema } from './fleet-schema.ts';
import { badSettings, type FleetProblem, type Problem } from './problem.ts';

export type FleetReading = { kind: 'right'; fleet: Fleet } | { kind: 'wrong'; problems: Problem[] };

/** The fleet of a YAML file. Throws UserError `BadSettings` that names every problem by file, line and field. */
export function loadFleet(path: string): Fleet {
  const reading = readFleet(path);
  if (reading.kind === 'wrong') throw badSettings(reading.problems);
  return reading.fleet;
}

export function readFleet(path: string): FleetReading {
  try {
    return parseFleet(readFileSync(path, 'utf8'), path);
  } catch (error) {
    const what = `is "${path}", which cannot be read (${messageOf(error)}): give the path of the fleet file`;
    return { kind: 'wrong', problems: [{ at: 'FLEET_FILE', what }] };
  }
}

function parseFleet(text: string, path: string): FleetReading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      at: `${path}:${lines.linePos(error.pos[0]).line}:`,
      what: `is not YAML: ${error.message}`,
    }));
    return { kind: 'wrong', problems };
  }
  const file: unknown = document.toJS();
  const fleet = fleetSchema.safeParse(file);
  const problems = [
    ...(fleet.success ? [] : fleet.error.issues.flatMap(problemsOfIssue)),
    ...fleetContradictions(file),
  ];
  if (fleet.success && problems.length === 0) return { kind: 'right', fleet: fleet.data };
  return {
    kind: 'wrong',
    problems: problems.map((problem) => ({
      at: `${path}:${lineOf(document, lines, problem.path)}: ${fieldName(problem.path)}`.trimEnd(),
      what: problem.what,
    })),
  };
}

function problemsOfIssue(issue: z.core.$ZodIssue): FleetProblem[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, what: issue.message }];
  const known = keysAt(issue.path);
  return issue.keys.map((key) => {
    const [nearest] = nearestNames(key, known, 1);
    const wayOut = nearest === undefined ? `use one of ${known.join(', ')}` : `did you mean ${nearest}?`;
    return { path: [...issue.path, key], what: `is no field of the fleet file: ${wayOut}` };
  });
}

/** The fields that may stand at a path. */
function keysAt(path: PropertyKey[]): string[] {
  const [top, index, inner] = path;
  const clusters = fleetSchema.shape.clusters.element;
  if (top === undefined) return Object.keys(fleetSchema.shape);
  if (top !== 'clusters') return Object.keys(fleetSchema.shape.approvers.shape);
  if (index === undefined || inner === undefined) return Object.keys(clusters.shape);
  return Object.keys(clusters.shape.config.shape);
}

/** `clusters[0].account` */
function fieldName(path: PropertyKey[]): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

/** The line of a field, or of the nearest thing around it that is there. */
function lineOf(document: Document, lines: LineCounter, path: PropertyKey[]): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
