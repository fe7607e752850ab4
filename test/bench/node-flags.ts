import packageJson from '../../package.json' with { type: 'json' };

/** With which operators start Node: `npm run worker` without what is loaded. */
export const NODE_FLAGS = packageJson.scripts.worker.split(' ').filter((word) => word.startsWith('--max-'));
