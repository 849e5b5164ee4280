"""Limits that all gateways of all machines share, exactly: in Redis or Valkey, by one script a request."""

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.calendar import find_period
from gateway.charge import Charge, Standing, Verdict
from gateway.limit_store import HELD_S

_PREFIX = "tidegate:limit:"
_TIMEOUT_S = 0.5
_LIMITS = {1: "rate", 2: "quota of a {}", 3: "concurrency"}
_NONE = "-1"
# The server's clock counts, so that gateways' clocks need not agree. First every charge is judged, then all
# are taken: the script runs alone, so nobody sees half of it.
_TAKE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6
local holder, held = ARGV[1], tonumber(ARGV[2])
local left, refused, limit, wait = {}, 0, 0, 0
for i, key in ipairs(KEYS) do
  local at = 3 + (i - 1) * 7
  local cost, rate, depth = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local quota, period, ends = tonumber(ARGV[at + 3]), ARGV[at + 4], tonumber(ARGV[at + 5])
  local places = tonumber(ARGV[at + 6])
  local known = redis.call('HMGET', key, 'tokens', 'at', 'period', 'used')
  local tokens, used = depth, 0
  if known[1] and rate >= 0 then
    tokens = math.min(depth, tonumber(known[1]) + math.max(0, now - tonumber(known[2])) * rate)
  end
  if known[3] == period and known[4] then used = tonumber(known[4]) end
  left[i] = {tokens, used}
  if refused == 0 and rate >= 0 and math.min(cost, depth) - tokens > 1e-9 then
    refused, limit, wait = i, 1, (math.min(cost, depth) - tokens) / rate
  end
  if refused == 0 and quota >= 0 and used + cost > quota then
    refused, limit, wait = i, 2, math.max(0, ends - now)
  end
  if refused == 0 and places >= 0 then
    redis.call('ZREMRANGEBYSCORE', key .. ':held', '-inf', now - held)
    if redis.call('ZCARD', key .. ':held') >= places then refused, limit, wait = i, 3, 1 end
  end
end
local answer = {refused, limit, tostring(wait)}
for i, key in ipairs(KEYS) do
  local at = 3 + (i - 1) * 7
  local tokens, used = left[i][1], left[i][2]
  if refused == 0 then
    tokens, used = tokens - tonumber(ARGV[at]), used + tonumber(ARGV[at])
    redis.call('HSET', key, 'tokens', tostring(tokens), 'at', tostring(now),
      'period', ARGV[at + 4], 'used', tostring(used))
    local rate, ends = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 5])
    local kept = 60
    if rate > 0 then kept = kept + (tonumber(ARGV[at + 2]) - tokens) / rate end
    if tonumber(ARGV[at + 3]) >= 0 then kept = math.max(kept, ends - now + 60) end
    redis.call('EXPIRE', key, math.ceil(kept))
    if tonumber(ARGV[at + 6]) >= 0 then
      redis.call('ZADD', key .. ':held', now, holder)
      redis.call('EXPIRE', key .. ':held', math.ceil(held))
    end
  end
  answer[#answer + 1] = tostring(tokens)
  answer[#answer + 1] = tostring(used)
end
return answer
"""


class RedisStore:
    """At `url`: `redis://`, `rediss://` (TLS) or `unix://`."""

    def __init__(self, url: str) -> None:
        self._redis: Any = Redis.from_url(
            url,
            socket_timeout=_TIMEOUT_S,
            socket_connect_timeout=_TIMEOUT_S,
            decode_responses=True,
            max_connections=256,
        )
        self._take = self._redis.register_script(_TAKE)

    async def take(self, charges: Sequence[Charge], holder: str, now: float) -> Verdict:
        """Take all charges or none, in one round trip; raises OSError."""
        keys = [_PREFIX + charge.subject for charge in charges]
        arguments = [holder, str(HELD_S)]
        for charge in charges:
            arguments += _describe(charge, now)
        try:
            answer = await self._take(keys=keys, args=arguments)
        except RedisError as error:
            raise ConnectionError(str(error)) from error
        return _read(charges, answer)

    async def give(self, charges: Sequence[Charge], holder: str) -> None:
        """Give the places back; raises OSError."""
        try:
            for charge in charges:
                if charge.plan.concurrency is not None:
                    await self._redis.zrem(f"{_PREFIX}{charge.subject}:held", holder)
        except RedisError as error:
            raise ConnectionError(str(error)) from error

    async def close(self) -> None:
        """Let the connections go."""
        await self._redis.aclose()


def _describe(charge: Charge, now: float) -> list[str]:
    plan = charge.plan
    period, ends = find_period(plan.quota.period, now) if plan.quota is not None else ("", 0.0)
    return [
        repr(charge.cost),
        _NONE if plan.rate is None else repr(plan.rate),
        repr(plan.depth),
        _NONE if plan.quota is None else str(plan.quota.limit),
        period,
        repr(ends),
        _NONE if plan.concurrency is None else str(plan.concurrency),
    ]


def _read(charges: Sequence[Charge], answer: list[Any]) -> Verdict:
    refused, limit, wait, *numbers = answer
    standings = tuple(
        Standing(
            None if charge.plan.rate is None else float(numbers[2 * at]),
            None
            if charge.plan.quota is None
            else charge.plan.quota.limit - float(numbers[2 * at + 1]),
        )
        for at, charge in enumerate(charges)
    )
    if not refused:
        return Verdict(standings)
    quota = charges[refused - 1].plan.quota
    told = _LIMITS[limit].format(quota.period if quota is not None else "")
    return Verdict(standings, refused - 1, told, float(wait))
