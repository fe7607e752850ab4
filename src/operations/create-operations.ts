import { approveRun, rejectRun } from './approve-run.ts';
import type { OperationDeps } from './decide.ts';
import type { Operations } from './operations.ts';
import { requestUpgrade } from './request-upgrade.ts';
import { runStatus } from './run-status.ts';
import { passGate, stopAtGate, waitAtGate } from './steer-gate.ts';
import { abortRun, overwriteAddon, requestStop, retryStep } from './steer-run.ts';

/** Everything a person may do, bound to the world it acts on. */
export function createOperations(deps: OperationDeps): Operations {
  return {
    requestUpgrade: (request) => requestUpgrade(deps, request),
    approveRun: (click) => approveRun(deps, click),
    rejectRun: (click) => rejectRun(deps, click),
    passGate: (click) => passGate(deps, click),
    waitAtGate: (click) => waitAtGate(deps, click),
    stopAtGate: (click) => stopAtGate(deps, click),
    retryStep: (click) => retryStep(deps, click),
    overwriteAddon: (click) => overwriteAddon(deps, click),
    abortRun: (click) => abortRun(deps, click),
    requestStop: (click) => requestStop(deps, click),
    status: (cluster) => runStatus(deps, cluster),
  };
}
