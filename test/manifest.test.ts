import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..');
const manifest = () => parse(readFileSync(join(root, 'manifest.yml'), 'utf8'));
const schema = JSON.parse(
  readFileSync(join(root, 'test/support/slack-manifest-schema/manifest.schema.2.0.0.json'), 'utf8'),
);
// Not strict: Slack's schema uses keywords of its own.
const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);

describe('manifest.yml', () => {
  it("fits Slack's own schema", () => {
    validate(manifest());
    expect(validate.errors ?? []).toEqual([]);
  });

  it.each([
    ['a missing name', (broken: ReturnType<typeof manifest>) => delete broken.display_information.name],
    [
      'a command without its slash',
      (broken) => Object.assign(broken.features.slash_commands[0], { command: 'eks-upgrade' }),
    ],
    ['an unknown setting', (broken) => Object.assign(broken.settings, { socket_mode: true })],
    ['a scope that is none', (broken) => broken.oauth_config.scopes.bot.push(7)],
  ])('would be refused with %s', (_, breakIt) => {
    const broken = manifest();
    breakIt(broken);
    expect(validate(broken)).toBe(false);
  });

  it('asks for the least rights: no more than the bot calls', () => {
    expect(manifest().oauth_config.scopes).toEqual({
      bot: ['commands', 'chat:write', 'channels:history', 'usergroups:read'],
    });
    expect(manifest().settings.event_subscriptions).toBeUndefined();
  });

  it('has what the bot needs: Socket Mode, interactivity, a bot user and the command', () => {
    expect(manifest().settings).toMatchObject({ socket_mode_enabled: true, interactivity: { is_enabled: true } });
    expect(manifest().features.bot_user.display_name).toBe('EKS Upgrade Bot');
    expect(manifest().features.slash_commands.map(({ command }: { command: string }) => command)).toEqual([
      '/eks-upgrade',
    ]);
  });

  it('keeps to the sizes of the app settings page', () => {
    const {
      display_information: { name, description, long_description: long },
      features,
    } = manifest();
    expect(name.length).toBeLessThanOrEqual(35);
    expect(description.length).toBeLessThanOrEqual(140);
    expect(long.length).toBeGreaterThanOrEqual(175);
    expect(long.length).toBeLessThanOrEqual(4000);
    expect(features.slash_commands[0].description.length).toBeLessThanOrEqual(2000);
    expect(features.slash_commands[0].usage_hint.length).toBeLessThanOrEqual(1000);
  });
});
