"""How our HTTP servers listen: the options of uvicorn that every one of them is started with."""

from collections.abc import Mapping
from typing import Any

BACKLOG = 2048
# No lines, headers or look-ups for each request that nobody asked for.
OPTIONS: Mapping[str, Any] = {
    "ws": "none",
    "lifespan": "off",
    "access_log": False,
    "log_level": "warning",
    "proxy_headers": False,
    "server_header": False,
    "date_header": False,
    # Longer than load balancers keep an idle connection, so that they close first.
    "timeout_keep_alive": 75,
    "backlog": BACKLOG,
}
