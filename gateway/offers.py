"""What a gateway does beside answering at once."""

from dataclasses import dataclass

from gateway.desk import Desk
from gateway.inputs import Inputs
from gateway.limiter import Limiter
from gateway.operator import Operator
from gateway.recall import Recall
from gateway.shadower import Shadower


@dataclass(frozen=True, slots=True)
class Offers:
    """What is None is not offered.

    `desk` takes what is to be answered later, `operator` has statistics and the repository, `shadower`
    repeats requests at shadow variants, `limiter` holds callers to their plans, `inputs` are
    those of asynchronous invocations that lie in a store. `recall` answers from the response cache.
    """

    desk: Desk | None = None
    operator: Operator | None = None
    shadower: Shadower | None = None
    limiter: Limiter | None = None
    inputs: Inputs | None = None
    recall: Recall | None = None


NOTHING = Offers()
