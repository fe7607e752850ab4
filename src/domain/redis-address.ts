/** Where runs and approvals are kept: one server, or the Sentinels that know which server is the master. */
export type RedisAddress = { kind: 'server'; url: string; password: string } | ({ kind: 'sentinel' } & SentinelAddress);

export type SentinelAddress = {
  sentinels: { host: string; port: number }[];
  /** The name by which the Sentinels know the master. */
  master: string;
  /** Empty: none. Of Redis itself. */
  username: string;
  password: string;
  /** Empty: none. */
  sentinelPassword: string;
  database: number;
  tls: boolean;
};

const SENTINEL_PORT = 26_379;
const SENTINEL =
  /^redis(?<tls>s?)\+sentinel:\/\/(?:(?<user>[^@/]*)@)?(?<hosts>[^@/?]+)\/(?<master>[A-Za-z0-9._-]+)(?:\/(?<database>\d{1,5}))?(?:\?sentinelPassword=(?<sentinelPassword>[^&]+))?$/;

/**
 * `redis://…`, `rediss://…`, or, because ioredis has no form of its own for it,
 * `redis+sentinel://[[user]:password@]host1[:26379],host2/master[/db][?sentinelPassword=…]` (`rediss+sentinel` for TLS
 * to both). null: none of these. Parts that are no plain text are percent-encoded.
 */
export function parseRedisAddress(text: string): RedisAddress | null {
  if (/^rediss?\+sentinel:/.test(text)) return parseSentinel(text);
  const url = URL.parse(text);
  const isServer =
    url !== null &&
    (url.protocol === 'redis:' || url.protocol === 'rediss:') &&
    url.hostname !== '' &&
    /^(?:\/\d{0,5})?$/.test(url.pathname);
  const password = isServer ? decoded(url.password) : null;
  return password === null ? null : { kind: 'server', url: text, password };
}

function parseSentinel(text: string): RedisAddress | null {
  const parts = SENTINEL.exec(text)?.groups;
  if (parts === undefined) return null;
  const { tls, user = '', hosts = '', master = '', database = '0', sentinelPassword = '' } = parts;
  const colon = user.indexOf(':');
  const sentinels = hosts.split(',').map(parseHost);
  const username = decoded(colon < 0 ? user : user.slice(0, colon));
  const password = decoded(colon < 0 ? '' : user.slice(colon + 1));
  const ofSentinel = decoded(sentinelPassword);
  if (username === null || password === null || ofSentinel === null || !sentinels.every((host) => host !== null))
    return null;
  return {
    kind: 'sentinel',
    sentinels,
    master,
    username,
    password,
    sentinelPassword: ofSentinel,
    database: Number(database),
    tls: tls === 's',
  };
}

/** `host`, `host:port` or `[::1]:port`. */
function parseHost(text: string): { host: string; port: number } | null {
  const [, v6, name, port] = /^(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = v6 ?? name;
  return host === undefined ? null : { host, port: port === undefined ? SENTINEL_PORT : Number(port) };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
