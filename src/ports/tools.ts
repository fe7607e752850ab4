/** The command line tools a worker needs. */
export type Tools = {
  /** What each tool says its version is, or why that could not be found out. */
  versions: () => Promise<ToolVersion[]>;
};

export type ToolVersion = {
  tool: 'eksctl' | 'jsonnet' | 'git';
  minimum: string;
  found: { kind: 'version'; version: string } | { kind: 'missing'; why: string };
};
