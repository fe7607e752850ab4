import type { ConfigLocation } from '#src/domain/fleet.ts';

/** The git repository that holds a cluster's eksctl config. */
export type ConfigRepository = {
  /** The commit at the head of the location's branch now. */
  headCommit: (location: ConfigLocation) => Promise<string>;
  /** Branches whose names begin so, as the remote shows them now. */
  branches: (location: ConfigLocation, prefix: string) => Promise<Branch[]>;
  /**
   * Whether what `commit` says in the config stands, or has stood, in the history of `into`: merged, squashed or by hand.
   */
  isMerged: (location: ConfigLocation, commits: { commit: string; into: string }) => Promise<boolean>;
  /** A work tree of its own at `commit`; `dispose` removes it. Throws TransientError when the remote is away. */
  checkout: (location: ConfigLocation, commit: string) => Promise<Checkout>;
  /**
   * Commits `files` (path → new text) on `branch`, which starts at `parent` when it is new, and pushes it. A branch of an
   * earlier time that is merged is taken up where it is.
   * Pushing the same tree again does nothing. Returns what the remote shows afterwards, never what push printed.
   */
  commitAndPush: (request: CommitRequest) => Promise<PushedCommit>;
};

/** The same without a way to change anything. */
export type ConfigSource = Omit<ConfigRepository, 'commitAndPush'>;

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

export type Branch = { branch: string; commit: string };

export type CommitRequest = {
  location: ConfigLocation;
  parent: string;
  branch: string;
  files: Record<string, string>;
  message: string;
  /**
   * Which of a series of contents this is: when the branch holds this one of the series or a later one, nothing is
   * committed.
   */
  state?: { series: string; sequence: number };
};

export type PushedCommit = { branch: string; commit: string; diff: string };
