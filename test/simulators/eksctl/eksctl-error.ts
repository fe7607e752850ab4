/** What eksctl prints as `Error: …` before it exits with 1. */
export class EksctlError extends Error {
  override readonly name = 'EksctlError';
}
