"""What a gateway offers beside answering at once."""

from dataclasses import dataclass

from gateway.desk import Desk
from gateway.operator import Operator


@dataclass(frozen=True, slots=True)
class Offers:
    """What is None is not offered.

    `desk` takes what is to be answered later, `operator` has statistics and the repository.
    """

    desk: Desk | None = None
    operator: Operator | None = None


NOTHING = Offers()
