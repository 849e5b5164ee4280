"""What was written before the platform stopped, and is not so any more when it starts."""

from registry.platform import Platform
from registry.records import EndpointState


def doubt_ready(platform: Platform, now: float) -> int:
    """Say of each endpoint that was ready, and of which no replica answers, that it is on its way.

    For a start, before anybody is answered: the reconciler, which finds out how they stand, needs some
    seconds to reach the cluster. Returns how many those were.
    """
    answering = {one.resident for one in platform.leases.list() if one.expires_at > now}
    served = {one.endpoint for one in platform.residents.list() if one.id in answering}
    return sum(
        platform.endpoints.mark(one, EndpointState.UPDATING, "no replica answers yet")
        for one in platform.endpoints.list()
        if one.state is EndpointState.READY and one.name not in served
    )
