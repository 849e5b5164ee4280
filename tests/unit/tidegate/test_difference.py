from core.exposure import Exposure
from tidegate.difference import compare

BEFORE = Exposure.read(
    {
        "routes": [{"name": "a", "endpoint": "iris"}, {"name": "b", "endpoint": "iris"}],
        "plans": [{"name": "gold", "rate": 5}],
    }
)
AFTER = Exposure.read(
    {
        "routes": [
            {"name": "a", "endpoint": "iris", "auth": ["api_key", "sigv4"], "plan": "gold"},
            {"name": "c", "endpoint": "roses"},
        ],
        "plans": [{"name": "gold", "rate": 5, "quota": {"limit": 10, "period": "day"}}],
    }
)


def test_a_line_for_each_thing() -> None:
    assert compare(BEFORE, AFTER) == (
        "~ route a: auth api_key → api_key+sigv4, plan none → gold",
        "- route b",
        "+ route c (endpoint roses, auth api_key)",
        "~ plan gold: quota none → {limit 10, period day}",
    )
    assert compare(BEFORE, BEFORE) == ()
