/**
 * The Lua scripts of the run store. One script is one commit: Redis runs it whole or not at all, and inside MULTI a
 * failing script would not stop the commands after it, so everything that belongs together is in here.
 */

/** KEYS run events owner latest due unsynced runs · ARGV id cluster doc event wakeAt state. Returns '' or the holder's id. */
export const CREATE_RUN = `
local holder = redis.call('HGET', KEYS[3], ARGV[2])
if holder then return holder end
redis.call('HSET', KEYS[3], ARGV[2], ARGV[1])
redis.call('HSET', KEYS[4], ARGV[2], ARGV[1])
redis.call('HSET', KEYS[1], 'doc', ARGV[3], 'cluster', ARGV[2], 'state', ARGV[6], 'epoch', 0, 'rev', 1, 'wake', 0)
redis.call('XADD', KEYS[2], '*', 'event', ARGV[4])
redis.call('ZADD', KEYS[5], ARGV[5], ARGV[1])
redis.call('SADD', KEYS[6], ARGV[1])
return ''
`;

/** KEYS as for CREATE_RUN · ARGV id cluster: as if it had not been, unless somebody took it in hand since ('kept'). */
export const UNDO_CREATE = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 'gone' end
if redis.call('HGET', KEYS[1], 'epoch') ~= '0' or redis.call('HGET', KEYS[1], 'rev') ~= '1' then return 'kept' end
for _, key in ipairs({ KEYS[3], KEYS[4] }) do
  if redis.call('HGET', key, ARGV[2]) == ARGV[1] then redis.call('HDEL', key, ARGV[2]) end
end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('ZREM', KEYS[5], ARGV[1])
redis.call('SREM', KEYS[6], ARGV[1])
return 'ok'
`;

/** KEYS run. A replica has it, so a failover does not forget it. Returns 1, or 0 when another server was asked and knows no such run. */
export const KEEP_RUN = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'kept', 1)
return 1
`;

/** KEYS run. Returns {doc, epoch, wake} or nothing: from here on every earlier claim is void. */
export const CLAIM_RUN = `
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local epoch = redis.call('HINCRBY', KEYS[1], 'epoch', 1)
local row = redis.call('HMGET', KEYS[1], 'doc', 'wake')
return { row[1], tostring(epoch), row[2] }
`;

/**
 * KEYS run events owner due unsynced unpushed · ARGV id cluster rev epoch-or-'' doc wakeAt-or-'' ended(0|1) state
 * wants-push(0|1) event…
 *
 * Returns 'ok', 'changed' (somebody else committed first: decide again) or 'claim-lost'.
 */
export const CHANGE_RUN = `
local row = redis.call('HMGET', KEYS[1], 'rev', 'epoch')
if ARGV[4] ~= '' and row[2] ~= ARGV[4] then return 'claim-lost' end
if row[1] ~= ARGV[3] then return 'changed' end
redis.call('HSET', KEYS[1], 'doc', ARGV[5], 'state', ARGV[8])
redis.call('HINCRBY', KEYS[1], 'rev', 1)
for i = 10, #ARGV do redis.call('XADD', KEYS[2], '*', 'event', ARGV[i]) end
redis.call('SADD', KEYS[5], ARGV[1])
redis.call(ARGV[9] == '1' and 'SADD' or 'SREM', KEYS[6], ARGV[1])
if ARGV[7] == '1' then
  if redis.call('HGET', KEYS[3], ARGV[2]) == ARGV[1] then redis.call('HDEL', KEYS[3], ARGV[2]) end
  redis.call('ZREM', KEYS[4], ARGV[1])
elseif ARGV[6] ~= '' then
  redis.call('ZADD', KEYS[4], ARGV[6], ARGV[1])
end
return 'ok'
`;

/** KEYS run due · ARGV id epoch wakeAt: parks a claimed run that did not change. */
export const PARK_RUN = `
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[2] then return 'claim-lost' end
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
return 'ok'
`;

/**
 * KEYS run owner due aside unsynced unpushed · ARGV id why at: nobody looks at the run any more, and its notice is asked for.
 * It keeps its cluster. A run that was released already is only taken from the due ones.
 */
export const SET_ASIDE = `
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('SREM', KEYS[6], ARGV[1])
local cluster = ''
local owners = redis.call('HGETALL', KEYS[2])
for i = 2, #owners, 2 do if owners[i] == ARGV[1] then cluster = owners[i - 1] end end
if cluster == '' then return 'not-owner' end
if redis.call('HEXISTS', KEYS[4], ARGV[1]) == 1 then return 'was-aside' end
redis.call('HSET', KEYS[4], ARGV[1], cjson.encode({ cluster = cluster, why = ARGV[2], at = tonumber(ARGV[3]) }))
redis.call('SADD', KEYS[5], ARGV[1])
return 'ok'
`;

/** KEYS due aside · ARGV id wakeAt: a run that can be read again goes on. */
export const TAKE_BACK = `
if redis.call('HDEL', KEYS[2], ARGV[1]) == 1 then redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1]) end
return 'ok'
`;

/** KEYS events owner due aside · ARGV id cluster event: an operator takes the cluster from a run that nobody can read. */
export const RELEASE_CLUSTER = `
if redis.call('HGET', KEYS[2], ARGV[2]) ~= ARGV[1] then return 'not-owner' end
redis.call('HDEL', KEYS[2], ARGV[2])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('HDEL', KEYS[4], ARGV[1])
redis.call('XADD', KEYS[1], '*', 'event', ARGV[3])
return 'ok'
`;

/** KEYS posts · ARGV key before-or-'' record: writes it if what stands there is still `before`. */
export const REPLACE_POST = `
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
`;

/** KEYS run unsynced · ARGV id rev: synced only if nothing was committed since. */
export const MARK_SYNCED = `
if redis.call('HGET', KEYS[1], 'rev') == ARGV[2] then redis.call('SREM', KEYS[2], ARGV[1]) end
return 'ok'
`;

/** KEYS lane · ARGV gap now: takes the lane if it is free and keeps it for `gap`; else returns how long to wait. */
export const RESERVE_SLOT = `
local free = tonumber(redis.call('GET', KEYS[1]) or '0')
local now = tonumber(ARGV[2])
if free > now then return string.format('%.0f', free - now) end
redis.call('SET', KEYS[1], string.format('%.0f', now + tonumber(ARGV[1])))
return '0'
`;

/** KEYS lane · ARGV ms now: nobody gets the lane before, unless it is taken for longer already. */
export const PAUSE_LANE = `
local until_ = tonumber(ARGV[2]) + tonumber(ARGV[1])
if tonumber(redis.call('GET', KEYS[1]) or '0') < until_ then redis.call('SET', KEYS[1], string.format('%.0f', until_)) end
return 'ok'
`;

/**
 * KEYS server forgotten doubtful owner unsynced · ARGV run_id since: another server than before answers, so its last
 * writes may be gone. Every run that owns a cluster is then looked at in Slack anew. Returns 'same', 'first' or 'other'.
 */
export const NOTICE_SERVER = `
local before = redis.call('GET', KEYS[1])
if before == ARGV[1] then return 'same' end
redis.call('SET', KEYS[1], ARGV[1])
if not before then return 'first' end
redis.call('DEL', KEYS[2])
for _, id in ipairs(redis.call('HVALS', KEYS[4])) do
  redis.call('HSET', KEYS[2], id, ARGV[2])
  redis.call('SADD', KEYS[3], id)
  redis.call('SADD', KEYS[5], id)
end
return 'other'
`;

/** KEYS posts · ARGV key…: what stands there may not be what is noted, so it is edited. */
export const DOUBT_POSTS = `
for _, key in ipairs(ARGV) do
  local text = redis.call('HGET', KEYS[1], key)
  if text then redis.call('HSET', KEYS[1], key, (string.gsub(text, '"contentHash":"[^"]*"', '"contentHash":""'))) end
end
return 'ok'
`;
