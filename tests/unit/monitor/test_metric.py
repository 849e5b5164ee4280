"""Every metric of the table against the contract, and against numbers worked out by hand."""

import pytest

from core.errors import NotFound
from monitor.metric import METRICS, Metric, load_metric
from tests.contracts.metric import MetricContract

MEASURED = [(name, kind) for name in sorted(METRICS) for kind in sorted(load_metric(name).kinds)]


@pytest.mark.parametrize(("name", "kind"), MEASURED)
class TestMetrics(MetricContract):
    @pytest.fixture
    def metric(self, name: str) -> Metric:
        return load_metric(name)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_a_metric_knows_its_name(name: str) -> None:
    assert load_metric(name).name == name


def test_an_unknown_metric_is_named() -> None:
    with pytest.raises(NotFound, match="guess"):
        load_metric("guess")
