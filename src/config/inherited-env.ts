import type { Environment } from './environment.ts';

/**
 * What child processes may see of our environment, by who needs it: the subprocess door gives a child exactly what
 * its adapter picks from here, so that Slack's tokens and Redis's password never reach eksctl, jsonnet or git.
 */
export type InheritedEnv = {
  /** Finding programs, files, proxies and certificates; every child may have it. */
  base: Record<string, string>;
  /** Reaching a git remote. Author and committer are always the bot. */
  git: Record<string, string>;
  /** AWS's credential chain and endpoints, as AWS documents them; for a child that talks to AWS. */
  aws: Record<string, string>;
};

const BASE = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'TZ', 'LANG', 'LC_ALL', 'LC_CTYPE'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME'],
]);

/** Variables of git's own manual: https://git-scm.com/docs/git#_environment_variables */
const GIT = new Set([
  ...['SSH_AUTH_SOCK', 'GIT_SSH', 'GIT_SSH_COMMAND', 'GIT_ASKPASS', 'SSH_ASKPASS', 'GIT_SSL_CAINFO', 'GIT_SSL_CAPATH'],
  ...['GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GIT_CONFIG_NOSYSTEM', 'GIT_CONFIG_COUNT'],
]);
const GIT_CONFIG_PAIR = /^GIT_CONFIG_(?:KEY|VALUE)_\d+$/;

/** https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html#EVarSettings */
const AWS = new Set([
  ...['AWS_PROFILE', 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_SDK_LOAD_CONFIG', 'AWS_CA_BUNDLE'],
  ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CREDENTIAL_EXPIRATION'],
  ...['AWS_ROLE_ARN', 'AWS_ROLE_SESSION_NAME', 'AWS_WEB_IDENTITY_TOKEN_FILE'],
  ...['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'],
  ...['AWS_CONTAINER_AUTHORIZATION_TOKEN', 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'],
  ...['AWS_EC2_METADATA_DISABLED', 'AWS_EC2_METADATA_SERVICE_ENDPOINT', 'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE'],
  ...['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_STS_REGIONAL_ENDPOINTS', 'AWS_USE_FIPS_ENDPOINT'],
  ...['AWS_USE_DUALSTACK_ENDPOINT', 'AWS_MAX_ATTEMPTS', 'AWS_RETRY_MODE', 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'],
]);
const AWS_ENDPOINT = /^AWS_ENDPOINT_URL(?:_[A-Z0-9_]+)?$/;

export function inheritedEnv(env: Environment): InheritedEnv {
  return {
    base: pick(env, (name) => BASE.has(name)),
    git: pick(env, (name) => GIT.has(name) || GIT_CONFIG_PAIR.test(name)),
    aws: pick(env, (name) => AWS.has(name) || AWS_ENDPOINT.test(name)),
  };
}

function pick(env: Environment, allowed: (name: string) => boolean): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && allowed(name)) picked[name] = value;
  }
  return picked;
}
