import type { App } from '@slack/bolt';
import { register as registerGateButton } from './actions/gate-button.ts';
import { register as registerRunButtons } from './actions/run-buttons.ts';
import { register as registerCommand } from './commands/eks-upgrade.ts';
import type { ListenerDeps } from './deps.ts';
import { originsOf } from './payloads.ts';
import { register as registerGateReason } from './views/gate-reason.ts';

export type { ListenerDeps } from './deps.ts';

/** Everything people type and press: ack, parse, call one operation, reply. */
export function registerListeners(app: App, deps: ListenerDeps): void {
  onlyFrom(app, deps);
  registerCommand(app, deps);
  registerRunButtons(app, deps);
  registerGateButton(app, deps);
  registerGateReason(app, deps);
}

/** User ids mean something in their own workspace only: what another one sends (a shared channel) is acked and left. */
function onlyFrom(app: App, { fleet, log }: ListenerDeps): void {
  app.use(async (args) => {
    const origins = originsOf(args.body);
    if (origins.includes(fleet.teamId)) {
      await args.next();
      return;
    }
    log.warn({ origins }, 'ignored an event of another workspace');
    if ('ack' in args && typeof args.ack === 'function') await args.ack();
  });
}
