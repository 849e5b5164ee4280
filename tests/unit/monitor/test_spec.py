import pytest

from core.errors import InvalidSpec
from monitor.spec import MonitorSpec, Thresholds


def test_a_monitor_needs_a_name_and_an_endpoint_only() -> None:
    spec = MonitorSpec.read({"name": "watch", "endpoint": "iris"})
    assert MonitorSpec.read(spec.model_dump(mode="json")) == spec
    assert spec.every_s == 0


@pytest.mark.parametrize(
    ("field", "fault"),
    [
        ({"metrics": {"guess": None}}, "unknown metric 'guess'"),
        ({"checks": {"guess": 0.1}}, "unknown check 'guess'"),
        ({"metrics": {"psi": -1}}, "not a number from 0 up"),
        ({"checks": {"out_of_range": float("nan")}}, "not a number from 0 up"),
        ({"alpha": 0}, "greater than 0"),
        ({"min_rows": 1}, "greater than or equal to 10"),
    ],
)
def test_faults_are_named(field: dict[str, object], fault: str) -> None:
    with pytest.raises(InvalidSpec, match=fault):
        MonitorSpec.read({"name": "watch", "endpoint": "iris", "thresholds": field})


def test_only_named_metrics_decide() -> None:
    thresholds = Thresholds(metrics={"psi": None, "kolmogorov_smirnov": 0.3})
    found = [thresholds.of_metric(name) for name in ("psi", "kolmogorov_smirnov", "chi_square")]
    assert found == [0.2, 0.3, None]
