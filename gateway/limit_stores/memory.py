"""Limits of this process alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.calendar import find_period
from gateway.charge import Charge, Standing, Verdict
from gateway.limit_store import HELD_S

# Full buckets of callers that went away are forgotten when there are this many.
_MANY = 50_000
_BUSY_S = 1.0


@dataclass(slots=True)
class _Account:
    """One subject's bucket, quota and held places."""

    tokens: float
    at: float
    period: str = ""
    used: float = 0.0
    holders: dict[str, float] = field(default_factory=dict)


class MemoryStore:
    """Nothing is asked of anybody: a charge costs a look-up and some arithmetic."""

    def __init__(self, url: str = "") -> None:
        del url
        self._accounts: dict[str, _Account] = {}

    async def take(self, charges: Sequence[Charge], holder: str, now: float) -> Verdict:
        """Take all charges or none."""
        accounts = [self._find(charge, now) for charge in charges]
        for index, (charge, account) in enumerate(zip(charges, accounts, strict=True)):
            limit, wait_s = judge(charge, account, now)
            if limit:
                standings = tuple(map(_stand, charges, accounts))
                return Verdict(standings, index, limit, wait_s)
        for charge, account in zip(charges, accounts, strict=True):
            account.tokens -= charge.cost
            account.used += charge.cost
            if charge.plan.concurrency is not None:
                account.holders[holder] = now
        return Verdict(tuple(map(_stand, charges, accounts)))

    async def give(self, charges: Sequence[Charge], holder: str) -> None:
        """Give the places back."""
        for charge in charges:
            account = self._accounts.get(charge.subject)
            if account is not None:
                account.holders.pop(holder, None)

    async def close(self) -> None:
        """There is nothing to let go."""

    def _find(self, charge: Charge, now: float) -> _Account:
        plan = charge.plan
        account = self._accounts.get(charge.subject)
        if account is None:
            if len(self._accounts) >= _MANY:
                self._forget(now)
            account = self._accounts[charge.subject] = _Account(plan.depth, now)
        if plan.rate is not None:
            # A clock that was set back refills nothing.
            refilled = account.tokens + max(0.0, now - account.at) * plan.rate
            account.tokens = min(plan.depth, refilled)
        account.at = now
        if plan.quota is not None:
            period = find_period(plan.quota.period, now)[0]
            if account.period != period:
                account.period, account.used = period, 0.0
        return account

    def _forget(self, now: float) -> None:
        """Forget the half that was not asked for the longest; who holds a place stays."""
        idle = sorted(
            (account.at, subject)
            for subject, account in self._accounts.items()
            if not account.holders and now - account.at > 60 and not account.used
        )
        oldest = idle or sorted((one.at, subject) for subject, one in self._accounts.items())
        for _, subject in oldest[: _MANY // 2]:
            del self._accounts[subject]


def judge(charge: Charge, account: _Account, now: float) -> tuple[str, float]:
    """The limit that refuses the charge, and for how many seconds; empty where none does.

    A request that costs more than the bucket holds passes when the bucket is full, and is paid off after.
    """
    plan = charge.plan
    if plan.rate is not None:
        needed = min(charge.cost, plan.depth) - account.tokens
        if needed > 1e-9:
            return "rate", needed / plan.rate
    if plan.quota is not None and account.used + charge.cost > plan.quota.limit:
        return f"quota of a {plan.quota.period}", find_period(plan.quota.period, now)[1] - now
    if plan.concurrency is not None:
        for holder, since in list(account.holders.items()):
            if now - since > HELD_S:
                del account.holders[holder]
        if len(account.holders) >= plan.concurrency:
            return "concurrency", _BUSY_S
    return "", 0.0


def _stand(charge: Charge, account: _Account) -> Standing:
    plan = charge.plan
    return Standing(
        None if plan.rate is None else account.tokens,
        None if plan.quota is None else plan.quota.limit - account.used,
    )
