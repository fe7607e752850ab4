import '../../script/require-node.js';
import { thisProcess } from './command-line.ts';
import { runPlan } from './run-plan.ts';

process.exitCode = await runPlan(thisProcess());
