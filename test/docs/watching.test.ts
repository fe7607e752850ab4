import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startHealthServer } from '#src/adapters/health.ts';
import { createPrometheusMetrics } from '#src/adapters/prometheus-metrics.ts';
import { systemClock } from '#src/adapters/system-clock.ts';
import { RUN_STATES } from '#src/domain/run.ts';

const docs = (name: string) => readFileSync(resolve(import.meta.dirname, '../../docs', name), 'utf8');

type Alert = { alert: string; expr: string; annotations: { summary: string; runbook: string } };
const alerts = (parse(docs('alerts.yaml')) as { groups: { rules: Alert[] }[] }).groups.flatMap(({ rules }) => rules);
type Panel = { title: string; targets: { expr: string }[] };
const panels = (JSON.parse(docs('dashboard.json')) as { panels: Panel[] }).panels;
const queries: [string, string][] = [
  ...alerts.map(({ alert, expr }): [string, string] => [`alert ${alert}`, expr]),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }): [string, string] => [`panel ${title}`, expr])),
];

let scraped: string;
let close: () => Promise<void>;
beforeAll(async () => {
  const figures = {
    runsByState: new Map(),
    setAside: 0,
    oldestDueAt: null,
    unsynced: 0,
    unpushed: 0,
    slackOutageSince: null,
  };
  const { metrics, expose } = createPrometheusMetrics({
    version: '1',
    role: 'worker',
    clock: systemClock,
    figures: async () => figures,
  });
  // A series with labels is there from its first value on.
  metrics.runEntered('running');
  metrics.stepStarted({ phase: 'verify', attempt: 2 });
  metrics.stepWaits('verify');
  metrics.stepEnded({ phase: 'verify', outcome: 'done', ms: 1500 });
  metrics.waitEnded({ kind: 'approval', ms: 60_000 });
  metrics.commandEnded({ kind: 'exited', code: 0, lastLines: '' });
  metrics.commandEnded({ kind: 'exited', code: 3, lastLines: '' });
  metrics.ticketStarted({ lateMs: 20 });
  metrics.claimLost();
  for (const outcome of ['ok', 'throttled', 'failed'] as const) {
    metrics.awsCalled({ service: 'eks', operation: 'DescribeCluster', outcome, ms: 30 });
    metrics.slackCalled({ method: 'chat.update', outcome });
  }
  const server = await startHealthServer({ port: 0, checks: {}, readMetrics: expose });
  close = server.close;
  scraped = await (await fetch(`http://localhost:${server.port}/metrics`)).text();
});
afterAll(() => close());

/** `name{labels` of every series in a query: names of metrics have an underscore, words and functions of PromQL that have are listed. */
function namesIn(query: string): string[] {
  const withoutLabels = query
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/\b(?:by|on|without) \([^)]*\)/g, '')
    .replaceAll(/"[^"]*"/g, '');
  const words = withoutLabels.match(/[a-z][a-z0-9]*(?:_[a-z0-9]+)+/g) ?? [];
  return words.filter((word) => !['histogram_quantile', 'group_left'].includes(word));
}

describe('dashboard and alerts', () => {
  test.each(queries)('%s asks for metrics that are there', (_, query) => {
    const names = namesIn(query);
    expect(names).not.toEqual([]);
    for (const name of names) expect(scraped).toMatch(new RegExp(`^${name}(?:\\{| )`, 'm'));
  });

  test.each(queries)('%s asks for labels and values that are there', (_, query) => {
    for (const [, name = '', labels = ''] of query.matchAll(/([a-z_0-9]+)\{([^}]*)\}/g)) {
      if (!name.startsWith('eks_upgrade_')) continue;
      for (const [, label] of labels.matchAll(/([a-z]+)(?:=|!=|=~)/g))
        expect(scraped).toMatch(new RegExp(`^${name}\\{[^}]*${label}="`, 'm'));
    }
    for (const [, states = ''] of query.matchAll(/state=~?"([^"]*)"/g)) {
      for (const state of states.split('|')) expect(RUN_STATES).toContain(state);
    }
  });

  test('every metric of ours is shown or watched', () => {
    const ours = new Set([...scraped.matchAll(/^# TYPE (eks_upgrade_\S+)/gm)].map(([, name]) => name));
    const asked = queries.flatMap(([, query]) => namesIn(query)).map((name) => name.replace(/_bucket$/, ''));
    expect([...ours].filter((name) => !asked.includes(name ?? ''))).toEqual([]);
  });

  test.each(alerts.map((alert) => [alert.alert, alert] as const))(
    '%s says what to do in operations.md',
    (name, { annotations }) => {
      expect(annotations.runbook).toBe(`docs/operations.md#${name.toLowerCase()}`);
      const section = docs('operations.md')
        .split(/^### /m)
        .find((part) => part.startsWith(`${name}\n`));
      expect(section?.split('\n').slice(1).join('').trim().length).toBeGreaterThan(40);
    },
  );

  test('the settings of every panel are importable: a data source to choose, ids of its own, no overlap', () => {
    const dashboard = JSON.parse(docs('dashboard.json')) as {
      uid: string;
      templating: { list: { type: string }[] };
      panels: { id: number; gridPos: object }[];
    };
    expect(dashboard.templating.list.map(({ type }) => type)).toEqual(['datasource']);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    expect(new Set(dashboard.panels.map(({ gridPos }) => JSON.stringify(gridPos))).size).toBe(dashboard.panels.length);
  });
});

describe('/metrics', () => {
  test('tells outcomes apart', () => {
    expect(scraped).toContain('eks_upgrade_commands_total{outcome="exit-0"} 1');
    expect(scraped).toContain('eks_upgrade_commands_total{outcome="exit-not-0"} 1');
    expect(scraped).toContain(
      'eks_upgrade_aws_requests_total{service="eks",operation="DescribeCluster",outcome="throttled"} 1',
    );
    expect(scraped).toContain('eks_upgrade_step_attempts_total{phase="verify",attempt="again"} 1');
    expect(scraped).toContain('eks_upgrade_step_duration_seconds_sum{phase="verify",outcome="done"} 1.5');
    expect(scraped).toContain('eks_upgrade_wait_seconds_sum{kind="approval"} 60');
  });

  test('answers without Redis too, and says that it is away', async () => {
    const away = () => Promise.reject(new Error('redis is away'));
    const { expose } = createPrometheusMetrics({ version: '1', role: 'bot', clock: systemClock, figures: away });
    expect((await expose()).text).toContain('eks_upgrade_redis_up 0');
  });
});
