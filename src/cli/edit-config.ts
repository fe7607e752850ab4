import '../../script/require-node.js';
import { thisProcess } from './command-line.ts';
import { runEditConfig } from './run-edit-config.ts';

process.exitCode = await runEditConfig(thisProcess());
