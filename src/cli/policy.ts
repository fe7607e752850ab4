import '../../script/require-node.js';
import { thisProcess } from './command-line.ts';
import { runPolicy } from './run-policy.ts';

process.exitCode = await runPolicy(thisProcess());
