/**
 * What a child prints ends in Slack threads and logs, so secrets are taken out at the door. Patterns, not a list of
 * known values: the door does not know what its caller knows. Better a harmless word too many than a key.
 */
const SECRETS: readonly { pattern: RegExp; replacement: string }[] = [
  // Access key ids: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
  { pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, replacement: '[access key]' },
  { pattern: /k8s-aws-v1\.[A-Za-z0-9_-]+/g, replacement: '[token]' },
  { pattern: /\bxox[a-z]-[A-Za-z0-9-]+|\bxapp-[A-Za-z0-9-]+/g, replacement: '[token]' },
  {
    pattern: /\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{20,}/g,
    replacement: '[token]',
  },
  { pattern: /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, replacement: '[token]' },
  { pattern: /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?(?:-----END \1-----|$)/g, replacement: '[private key]' },
  { pattern: /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@'"]+@/gi, replacement: '$1[credentials]@' },
  {
    pattern: /\b(authorization["']?\s*[:=]\s*["']?)(?:(?:bearer|basic|token)\s+)?[^\s"',]+/gi,
    replacement: '$1[token]',
  },
  { pattern: /\b(bearer\s+)[A-Za-z0-9._~+/=-]{12,}/gi, replacement: '$1[token]' },
  { pattern: /(X-Amz-(?:Signature|Security-Token|Credential)=)[^&\s"']+/gi, replacement: '$1[secret]' },
  {
    pattern:
      /((?:secret_?access_?key|session_?token|security_?token|password|passwd|client_?secret|api_?key|access_?token)["']?\s*[:=]\s*["']?)[^\s"',}]+/gi,
    replacement: '$1[secret]',
  },
];

export function redactSecrets(text: string): string {
  return SECRETS.reduce((redacted, { pattern, replacement }) => redacted.replace(pattern, replacement), text);
}
