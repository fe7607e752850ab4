/** The IAM roles that nodes of a group run with. Errors as in `eks.ts`. */
export type NodeRoles = {
  /** What is on the role now; null: there is no such role. */
  policies: (role: string) => Promise<RolePolicies | null>;
};

export type RolePolicies = { attached: AttachedPolicy[]; inline: string[] };

/** A policy with an ARN of its own, AWS's or the account's. */
export type AttachedPolicy = { name: string; arn: string };
