import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { managed, writeConfigs } from '#test/support/scenario-clusters.ts';
import { parseDemoOptions } from './options.ts';
import { type DemoWorld, startDemoWorld } from './world.ts';

const MINUTE = 60_000;

test(
  'in the local workspace Maya asks, Sam approves, and both watch the upgrade to its finish notice',
  async () => {
    const [world, page] = await Promise.all([startWorld(), openBrowser()]);
    await page.goto(world.slack.url);

    const list = page.getByRole('log', { name: 'Messages', exact: true });
    const card = list.getByRole('article').filter({ hasText: 'upgrade of harbor from 1.33 to 1.34' }).first();
    const box = page.getByPlaceholder('Message #maintenance-notices');
    await box.fill('/eks-upgrade harbor 1.34');
    await box.press('Enter');
    await list.getByText('The upgrade of harbor to 1.34 is being planned.').waitFor();
    await card.getByText('waits for approval').first().waitFor();

    await page.getByRole('radio', { name: /^Sam / }).check({ force: true });
    await card.getByRole('button', { name: 'Approve' }).click();
    const dialog = page.getByRole('dialog', { name: 'Upgrade harbor?' });
    await dialog.getByText('harbor goes from 1.33 to 1.34').waitFor();
    await dialog.getByRole('button', { name: 'Approve' }).click();

    await card.getByText(/is running: step \d+ of \d+/).waitFor();
    expect(await card.getByRole('button').allTextContents()).toEqual(['Stop after this step']);
    await list.getByText(/^Maintenance of harbor begins: Kubernetes upgrade from 1\.33 to 1\.34/).waitFor();

    await list.getByText(/^Maintenance of harbor is finished: the upgrade from 1\.33 to 1\.34 succeeded/).waitFor();
    await card.getByText(/succeeded after/).waitFor();
    expect(await list.getByRole('button').count()).toBe(0);
    await card.getByRole('link', { name: /^\d+ replies$/ }).click();
    const thread = page.getByRole('log', { name: 'Thread messages' });
    await thread.getByText(/^Step 4 of \d+ is done: control plane 1\.33 → 1\.34/).waitFor();
  },
  2 * MINUTE,
);

async function startWorld(): Promise<DemoWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'page-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const fleet = await writeConfigs(directory, [managed('harbor', { version: '1.33' })]);
  const world = await startDemoWorld(parseDemoOptions(['--speed', '600']), fleet);
  onTestFinished(world.stop);
  return world;
}

/** Nothing but the page: no first-run talk, no updates, no calls home. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

async function openBrowser(): Promise<Page> {
  const browser = await chromium.launch({ executablePath: findChromium(), args: QUIET });
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(MINUTE);
  return page;
}

function findChromium(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
  if (found === undefined) throw new Error(`none of ${names.join(', ')} is on the PATH: run script/setup --test`);
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
