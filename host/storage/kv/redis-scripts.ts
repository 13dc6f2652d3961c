/**
 * What changes a namespace in Redis, as scripts: each runs by itself, all of it or nothing. Keys: the entry, and of the namespace the
 * names, the bytes, the times of expiration and the sizes of what expires.
 */

import { ENTRY_BYTES } from './kv-store.ts'

/** What has expired is counted no more. So much of it at once, for others wait meanwhile. */
const MOST_SWEPT = 1000

const BEGIN = `
local entry, names, bytes, times, sizes = unpack(KEYS)
local key = ARGV[1]
local function release(name, size)
  redis.call('decrby', bytes, size)
  redis.call('zrem', names, name)
  redis.call('zrem', times, name)
  redis.call('hdel', sizes, name)
end
local function held()
  local size = redis.call('hget', sizes, key)
  if size then return tonumber(size) end
  if redis.call('exists', entry) == 0 then return 0 end
  return ${ENTRY_BYTES} + #key + redis.call('hstrlen', entry, 'v') + redis.call('hstrlen', entry, 'm')
end
`

/** Key, value, metadata or nothing, seconds since 1970 or nothing, what it takes up, what all may take up. 0: that is too much. */
export const PUT = `#!lua
${BEGIN}
local value, metadata, expiration = ARGV[2], ARGV[3], ARGV[4]
local cost, most = tonumber(ARGV[5]), tonumber(ARGV[6])
local now = redis.call('time')[1]
local gone = redis.call('zrange', times, '-inf', now, 'byscore', 'limit', 0, ${MOST_SWEPT})
for _, name in ipairs(gone) do release(name, redis.call('hget', sizes, name) or 0) end
local more = cost - held()
if more > 0 and tonumber(redis.call('get', bytes) or 0) + more > most then return 0 end
redis.call('del', entry)
redis.call('hset', entry, 'v', value)
if metadata ~= '' then redis.call('hset', entry, 'm', metadata) end
redis.call('zadd', names, 0, key)
redis.call('incrby', bytes, more)
if expiration == '' then
  redis.call('zrem', times, key)
  redis.call('hdel', sizes, key)
else
  redis.call('expireat', entry, expiration)
  redis.call('zadd', times, expiration, key)
  redis.call('hset', sizes, key, cost)
end
return 1`

/** Key. */
export const DELETE = `#!lua flags=allow-oom
${BEGIN}
release(key, held())
redis.call('del', entry)`

/** Takes a name out of the list unless it was written again. Keys: the names, the entry. */
export const FORGET = "if redis.call('exists', KEYS[2]) == 0 then redis.call('zrem', KEYS[1], ARGV[1]) end"
