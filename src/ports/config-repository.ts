import type { ConfigLocation } from '#src/domain/fleet.ts';

/** The git repository that holds a cluster's eksctl config. */
export type ConfigRepository = {
  /** The commit at the head of the location's branch now. */
  headCommit: (location: ConfigLocation) => Promise<string>;
  /** A work tree of its own at `commit`; `dispose` removes it. Throws TransientError when the remote is away. */
  checkout: (location: ConfigLocation, commit: string) => Promise<Checkout>;
  /**
   * Commits `files` (path → new text) on `branch`, which starts at `parent` when it is new, and pushes it.
   * Pushing the same tree again does nothing. Returns what the remote shows afterwards, never what push printed.
   */
  commitAndPush: (request: CommitRequest) => Promise<PushedCommit>;
};

export type Checkout = {
  commit: string;
  /** Absolute path of the config's folder. */
  directory: string;
  /** The config's text as it stands in git. */
  source: string;
  /** The config evaluated (jsonnet) or parsed (YAML, JSON), as JSON text. Throws UserError with the evaluator's own words. */
  render: () => Promise<string>;
  /** As `render`, of another source text under the same path: proves an edit before it is committed. */
  renderEdited: (source: string) => Promise<string>;
  dispose: () => Promise<void>;
};

export type CommitRequest = {
  location: ConfigLocation;
  parent: string;
  branch: string;
  files: Record<string, string>;
  message: string;
};

export type PushedCommit = { branch: string; commit: string; diff: string };
