import re

import pytest
import yaml

from core.endpoint import EndpointSpec
from core.errors import InvalidSpec
from tests.house.source import DOCS

VARIANT = {"model": "iris@live"}


def test_a_short_spec_has_sound_defaults() -> None:
    spec = EndpointSpec.read({"name": "iris", "variants": [VARIANT]})
    assert spec.variants[0].name == "main"
    assert spec.variants[0].batching.max_delay_ms == 0
    assert spec.capture.share == 0


def test_a_spec_survives_json() -> None:
    spec = EndpointSpec.read({"name": "iris", "variants": [VARIANT]})
    assert EndpointSpec.read(spec.model_dump(mode="json")) == spec


def test_all_faults_are_listed_by_path() -> None:
    with pytest.raises(InvalidSpec) as caught:
        EndpointSpec.read(
            {"name": "a/b", "variants": [{"model": "iris", "replicas": 0, "colour": 1}]}
        )
    faults = {"name", "variants.0.model", "variants.0.replicas", "variants.0.colour"}
    assert faults <= set(caught.value.faults)


@pytest.mark.parametrize(
    ("variants", "says"),
    [
        ([VARIANT, VARIANT], "same name"),
        ([{**VARIANT, "weight": 0}], "weight above 0"),
        ([], "at least 1"),
    ],
)
def test_variants_must_fit_together(variants: list[object], says: str) -> None:
    with pytest.raises(InvalidSpec, match=says):
        EndpointSpec.read({"name": "iris", "variants": variants})


@pytest.mark.parametrize("sticky", [{}, {"header": "a", "parameter": "b"}, {"header": "a b"}])
def test_a_caller_sticks_by_one_thing(sticky: dict[str, str]) -> None:
    with pytest.raises(InvalidSpec, match="sticky"):
        EndpointSpec.read({"name": "iris", "variants": [VARIANT], "sticky": sticky})


def test_the_specs_in_the_documents_are_good() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (DOCS / "serving.md").read_text(), re.DOTALL)
    assert [EndpointSpec.read(yaml.safe_load(block)).name for block in blocks] == ["iris"]
