"""How long a request may take."""

from core.reserved import Reserved
from gateway.entrance import Admitted


def find_timeout(admitted: Admitted, reserved: Reserved) -> float:
    """The shortest time of caller, route and endpoint, in seconds."""
    limit_s = admitted.served.spec.timeout_s
    if admitted.route is not None:
        limit_s = min(limit_s, admitted.route.timeout_s or limit_s)
    return min(limit_s, reserved.timeout_s or limit_s)
