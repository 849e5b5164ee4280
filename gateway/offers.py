"""What a gateway does beside answering at once."""

from dataclasses import dataclass

from gateway.desk import Desk
from gateway.operator import Operator
from gateway.shadower import Shadower


@dataclass(frozen=True, slots=True)
class Offers:
    """What is None is not offered.

    `desk` takes what is to be answered later, `operator` has statistics and the repository, `shadower`
    repeats requests at shadow variants.
    """

    desk: Desk | None = None
    operator: Operator | None = None
    shadower: Shadower | None = None


NOTHING = Offers()
