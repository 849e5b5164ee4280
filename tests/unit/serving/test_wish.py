from dataclasses import replace

from core.endpoint import EndpointSpec, VariantSpec
from core.refs import EndpointName
from registry.records import Role
from serving.wish import references, want_explainer, want_resident
from tests.unit.serving.worlds import make_endpoint, make_version

IRIS = make_endpoint()
VARIANT = IRIS.spec.variants[0]


def test_the_id_covers_what_a_replica_is_started_with_and_nothing_else() -> None:
    one = want_resident(IRIS, VARIANT, make_version(1)).id
    more = VARIANT.model_copy(update={"replicas": 3, "weight": 9.0})
    assert want_resident(IRIS, more, make_version(1)).id == one
    for field, value in (("options", {"a": 1}), ("resources", {"num_cpus": 2})):
        other = VariantSpec.read({**VARIANT.model_dump(mode="json"), field: value})
        assert want_resident(IRIS, other, make_version(1)).id != one
    assert want_resident(IRIS, VARIANT, make_version(2)).id != one


def test_long_names_leave_room_for_what_is_named_after_them() -> None:
    spec = EndpointSpec.read(
        {"name": "e" * 63, "variants": [{"name": "v" * 63, "model": "iris@live"}]}
    )
    long = replace(IRIS, name=EndpointName(spec.name), spec=spec)
    found = want_explainer(long, spec.variants[0], make_version(1))
    assert len(f"{found.id}-{'r' * 8}") <= 96
    assert found.role is Role.EXPLAINER


def test_every_variants_model_is_to_be_resolved() -> None:
    assert [str(ref) for ref in references((IRIS,))] == ["iris@live"]
