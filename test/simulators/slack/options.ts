import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { clockFromNow } from '../clock.ts';

const userSchema = z.strictObject({
  id: z.string().regex(/^[UW][A-Z0-9]+$/),
  /** Handle, as in `user_name`. */
  name: z.string(),
  realName: z.string(),
  /** Background of the avatar. */
  color: z.string().default('#4a154b'),
  /** For display only, e.g. `approver`: what a person may do is decided by the app. */
  role: z.string().default(''),
});

const channelSchema = z.strictObject({
  id: z.string().regex(/^C[A-Z0-9]+$/),
  /** Without `#`. */
  name: z.string(),
  topic: z.string().default(''),
  isArchived: z.boolean().default(false),
  botIsMember: z.boolean().default(true),
});

const commandSchema = z.strictObject({
  command: z.string().startsWith('/'),
  description: z.string().default(''),
  usageHint: z.string().default(''),
});

const modeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('socket') }),
  z.strictObject({ kind: z.literal('http'), requestUrl: z.url(), signingSecret: z.string() }),
]);

const optionsSchema = z.strictObject({
  clock: z
    .strictObject({ origin: z.number(), realOrigin: z.number(), speed: z.number().positive() })
    .default(() => clockFromNow(1)),
  /** 0: any free port. */
  port: z.number().int().default(0),
  teamId: z.string().default('T0LOCAL00'),
  teamName: z.string().default('Local Workspace'),
  teamDomain: z.string().default('local-workspace'),
  botName: z.string().default('EKS Upgrade Bot'),
  users: z
    .array(userSchema)
    .min(1)
    .default(() => [
      { id: 'U0MAYA000', name: 'maya', realName: 'Maya Okafor', color: '#c2410c', role: 'requester' },
      { id: 'U0SAM0000', name: 'sam', realName: 'Sam Lindqvist', color: '#0369a1', role: 'approver' },
      { id: 'U0ROBIN00', name: 'robin', realName: 'Robin Costa', color: '#6d28d9', role: '' },
    ]),
  userGroups: z
    .array(z.strictObject({ id: z.string(), handle: z.string(), name: z.string(), users: z.array(z.string()) }))
    .default(() => [{ id: 'S0PLATFRM', handle: 'platform', name: 'Platform team', users: ['U0SAM0000'] }]),
  channels: z
    .array(channelSchema)
    .min(1)
    .default(() => [
      {
        id: 'C0MAINT00',
        name: 'maintenance-notices',
        topic: 'Planned work on shared clusters',
        isArchived: false,
        botIsMember: true,
      },
      { id: 'C0GENERAL', name: 'general', topic: '', isArchived: false, botIsMember: false },
    ]),
  /** Slack app manifest: its bot scopes and slash commands are used unless `scopes` or `commands` are given. */
  manifestPath: z.string().optional(),
  scopes: z.array(z.string()).optional(),
  commands: z.array(commandSchema).optional(),
  logPath: z.string().optional(),
  mode: modeSchema.default({ kind: 'socket' }),
  /** Enforce Slack's rate limits, in simulated time. */
  rateLimits: z.boolean().default(false),
  /** Real milliseconds; Slack's is 3000. */
  ackLimitMs: z.number().positive().default(3000),
  /** Shown at the top of the page to newcomers; may use `code` marks. */
  hint: z.string().default(''),
});

export type SlackSimulatorOptions = z.input<typeof optionsSchema>;
export type SlackUser = z.output<typeof userSchema>;
export type SlackChannel = z.output<typeof channelSchema>;
export type SlashCommand = z.output<typeof commandSchema>;
export type SlackSettings = Omit<z.output<typeof optionsSchema>, 'scopes' | 'commands' | 'manifestPath'> & {
  scopes: string[];
  commands: SlashCommand[];
};

const manifestSchema = z.object({
  features: z.object({
    slash_commands: z
      .array(z.object({ command: z.string(), description: z.string().default(''), usage_hint: z.string().default('') }))
      .default([]),
  }),
  oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }),
});

/** Throws a ZodError that names each wrong option. */
export function parseOptions(options: SlackSimulatorOptions): SlackSettings {
  const { manifestPath, scopes, commands, ...rest } = optionsSchema.parse(options);
  const manifest =
    manifestPath === undefined ? undefined : manifestSchema.parse(parse(readFileSync(manifestPath, 'utf8')));
  const fromManifest = manifest?.features.slash_commands.map(({ command, description, usage_hint: usageHint }) => ({
    command,
    description,
    usageHint,
  }));
  return {
    ...rest,
    scopes: scopes ??
      manifest?.oauth_config.scopes.bot ?? ['commands', 'chat:write', 'channels:history', 'usergroups:read'],
    commands: commands ?? fromManifest ?? [],
  };
}
