"""What every replica is told of the platform around it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Not part of a resident's identity: a change of these restarts nothing by itself.

    `host` is the private interface, `logs` the folder of the logbooks, `trusted` the runtimes that may
    run code of a package's author.
    """

    database_url: str = field(repr=False)
    host: str
    body_limit: int
    logs: str
    trusted: frozenset[str] = frozenset()
