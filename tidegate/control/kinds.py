"""The kinds of jobs that there are, and the module that does each in the cluster."""

from collections.abc import Mapping
from typing import Any

from serving.transform.spec import TransformSpec
from training.runner import JobKind, Limits
from training.spec import TrainingSpec

# A transform's own process only hands out parts: its workers ask for their CPUs themselves.
_DRIVER_CPUS = 0.1


def limit_training(document: Any) -> Limits:
    """What a training job takes; raises InvalidSpec."""
    spec = TrainingSpec.read(document)
    return Limits(spec.resources.num_cpus, spec.time_limit_s)


def limit_transform(document: Any) -> Limits:
    """What a batch transform takes; raises InvalidSpec."""
    return Limits(_DRIVER_CPUS, TransformSpec.read(document).time_limit_s)


JOB_KINDS: Mapping[str, JobKind] = {
    "training": JobKind("training.entry", limit_training),
    "transform": JobKind("serving.transform.entry", limit_transform),
}
