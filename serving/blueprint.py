"""A replica's plan, and its text.

Equal plans are equal text, and of it the version is made that Serve compares: others restart replicas.
Pickled values are not: their bytes tell which of their parts were one object, and in which order a set was.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from pydantic import TypeAdapter, ValidationError

from core.batching import Batching
from core.errors import InvalidSpec
from core.refs import EndpointName, ResidentId
from core.resources import Resources
from core.signature import Signature
from registry.manifest import Option
from registry.records import Resident, Role
from serving.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class ReplicaPlan:
    """What a replica is started with.

    Not its weight nor how many there are: a change of those must not restart it.
    """

    resident: ResidentId
    endpoint: EndpointName
    version: int
    location: str
    digest: str
    platform: str
    signature: Signature
    resources: Resources
    batching: Batching
    options: Mapping[str, Option]
    role: Role
    around: Surroundings

    @classmethod
    def of(cls, resident: Resident, around: Surroundings) -> Self:
        """The plan of one resident's replicas."""
        return cls(
            resident=resident.id,
            endpoint=resident.endpoint,
            version=resident.version,
            location=resident.location,
            digest=resident.digest,
            platform=resident.platform,
            signature=resident.signature,
            resources=resident.spec.resources,
            batching=resident.spec.batching,
            options=resident.spec.options,
            role=resident.role,
            around=around,
        )


_PLANS = TypeAdapter(ReplicaPlan)


def write_plan(plan: ReplicaPlan) -> str:
    """The plan's text."""
    document = _PLANS.dump_python(plan, mode="json")
    document["around"]["trusted"] = sorted(document["around"]["trusted"])
    return json.dumps(document, sort_keys=True)


def read_plan(text: str) -> ReplicaPlan:
    """The plan that was written; raises InvalidSpec."""
    try:
        return _PLANS.validate_json(text)
    except ValidationError as error:
        raise InvalidSpec("ReplicaPlan", {"text": str(error)[:500]}) from error
