"""The residents that an endpoint wishes for. Pure."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace

from core.endpoint import VariantSpec
from core.errors import InvalidSpec
from core.refs import ModelRef, ResidentId, VariantName
from core.signature import Signature
from registry.catalogue import Version
from registry.records import Endpoint, Resident, ResidentState, Role
from serving.explainer import sign_explanation

# Replicas, applications and files are named after a resident and say more after it.
_NAME_LENGTH = 56


def want_resident(endpoint: Endpoint, variant: VariantSpec, version: Version) -> Resident:
    """The resident that a variant asks for. Its id covers all that a replica is started with."""
    started_with = {
        "digest": version.digest,
        "version": version.version,
        "resources": variant.resources.model_dump(mode="json"),
        "batching": variant.batching.model_dump(mode="json"),
        "options": variant.options,
        # Left out where there is none: it came later, and must not restart what runs.
        **({"pool": variant.pool} if variant.pool is not None else {}),
    }
    written = json.dumps(started_with, sort_keys=True)
    content = hashlib.sha256(f"{endpoint.name}\n{variant.name}\n{written}".encode()).hexdigest()
    named = f"{endpoint.name}-{variant.name}"[:_NAME_LENGTH]
    return Resident(
        id=ResidentId(f"{named}-{content[:12]}"),
        endpoint=endpoint.name,
        variant=VariantName(variant.name),
        model=version.model,
        version=version.version,
        spec=variant,
        signature=_hide_states(variant, version.manifest.signature),
        platform=version.manifest.platform,
        location=version.location,
        digest=version.digest,
        state=ResidentState.STARTING,
    )


def want_explainer(endpoint: Endpoint, variant: VariantSpec, version: Version) -> Resident:
    """The resident that explains a variant's answers; one replica of it, whatever the variant has."""
    spec = variant.model_copy(update={"replicas": 1, "autoscaling": None, "pool": None})
    predictor = want_resident(endpoint, spec, version)
    return replace(
        predictor,
        id=ResidentId(f"{predictor.id}-explainer"),
        signature=sign_explanation(version.manifest),
        role=Role.EXPLAINER,
    )


def _hide_states(variant: VariantSpec, signature: Signature) -> Signature:
    """What callers see; a spec that does not fit shows all, and its replica says what is wrong."""
    sequences = variant.batching.sequences
    try:
        return signature if sequences is None else sequences.hide(signature)
    except InvalidSpec:
        return signature


def references(endpoints: tuple[Endpoint, ...]) -> Iterator[ModelRef]:
    """Every reference that must be resolved before planning."""
    for endpoint in endpoints:
        for variant in endpoint.spec.variants:
            yield ModelRef.parse(variant.model)
