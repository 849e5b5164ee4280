"""How many replicas a resident is to have at least. Pure."""

from dataclasses import replace

from core.endpoint import VariantSpec
from registry.records import Resident, ResidentState
from serving.world import World


def scale(resident: Resident, variant: VariantSpec, world: World) -> Resident:
    """The resident as its variant wants it now: with autoscaling, `replicas` is the floor.

    What still loads or is rolled out has one replica at least, since it must show that it answers.
    """
    scaling = variant.autoscaling
    if scaling is None:
        return replace(resident, spec=variant)
    asked_at = max(resident.created_at or world.now, world.asked_at(resident.id))
    floor = scaling.floor(world.now, asked_at)
    if resident.state is not ResidentState.LIVE:
        floor = max(floor, 1)
    return replace(resident, spec=variant.model_copy(update={"replicas": floor}))


def is_other_scale(given: VariantSpec, wanted: VariantSpec) -> bool:
    """Whether the cluster must be told."""
    return (given.replicas, given.autoscaling) != (wanted.replicas, wanted.autoscaling)
