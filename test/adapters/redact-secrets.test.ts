import { describe, expect, it } from 'vitest';
import { redactSecrets } from '#src/adapters/redact-secrets.ts';

describe('secrets in the output of child processes', () => {
  it.each([
    ['an access key id', 'key AKIAIOSFODNN7EXAMPLE used', 'key [access key] used'],
    ['a temporary access key id', 'ASIAIOSFODNN7EXAMPLE', '[access key]'],
    [
      'a secret key in the environment',
      'AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG',
      'AWS_SECRET_ACCESS_KEY=[secret]',
    ],
    [
      'a secret key as JSON',
      '{"SecretAccessKey": "wJalrXUtnFEMI", "Version": 1}',
      '{"SecretAccessKey": "[secret]", "Version": 1}',
    ],
    ['a session token as JSON', '"SessionToken":"IQoJb3JpZ2luX2VjE"', '"SessionToken":"[secret]"'],
    [
      'a password in a URL',
      'fatal: https://bot:hunter2@git.example.org/x.git not found',
      'fatal: https://[credentials]@git.example.org/x.git not found',
    ],
    ['a token as the user of a URL', 'https://abcdef@git.example.org/x', 'https://[credentials]@git.example.org/x'],
    ['a Kubernetes token', 'Bearer k8s-aws-v1.aHR0cHM6Ly9zdHM', 'Bearer [token]'],
    ['a Slack token', 'xoxb-1234-abcd and xapp-1-A0-xyz', '[token] and [token]'],
    ['a GitHub token', `ghp_${'a'.repeat(36)}`, '[token]'],
    ['an authorization header', 'Authorization: Basic dXNlcjpwYXNz', 'Authorization: [token]'],
    [
      'a presigned URL',
      '?X-Amz-Credential=AKI&X-Amz-Signature=abc123&x=1',
      '?X-Amz-Credential=[secret]&X-Amz-Signature=[secret]&x=1',
    ],
    ['a JSON web token', 'token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'token [token]'],
    ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nok', '[private key]\nok'],
    ['a private key that was cut off', '-----BEGIN PRIVATE KEY-----\nMIIE', '[private key]'],
  ])('%s is taken out', (_title, text, redacted) => {
    expect(redactSecrets(text)).toBe(redacted);
  });

  it.each([
    'arn:aws:iam::111122223333:role/eks-upgrade-bot',
    '2026-11-22 14:00:00 [ℹ]  nodegroup "core-b" will use "ami-0abc" [AmazonLinux2/1.23]',
    'ssh://git@example.org is not shown with its user, git@example.org:team/configs.git is no secret'.slice(38),
    'https://example.org/path?x=1 mail@example.org',
  ])('leaves %j alone', (text) => {
    expect(redactSecrets(text)).toBe(text);
  });
});
