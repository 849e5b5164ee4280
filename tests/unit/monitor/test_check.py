import pytest

from monitor.check import CHECKS, load_check
from tests.fakes.profiles import Cells, profile_of, values_of


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_a_check_knows_its_name(name: str) -> None:
    assert load_check(name).name == name


SAMPLES: dict[str, Cells] = {
    "numbers": [*map(float, range(100)), None],
    "texts": ["a", "b", None] * 40,
    "nothing": [None] * 40,
}


@pytest.mark.parametrize("name", sorted(CHECKS))
@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_equal_samples_pass_every_check(name: str, sample: Cells) -> None:
    profile = profile_of(sample)
    found = load_check(name).examine(profile, values_of(profile, sample))
    assert found is None or (found.value, found.p_value) == (0, 1)
