from core.exposure import Exposure
from gateway.published import Gate, Published, StageView

EXPOSURE = Exposure.read(
    {
        "routes": [
            {"name": "a", "endpoint": "iris", "path": "/score", "deny": ["10.0.0.0/8"]},
            {"name": "b", "endpoint": "iris", "auth": "jwt", "issuers": ["one"]},
            {"name": "c", "endpoint": "iris", "auth": "jwt"},
        ],
        "plans": [{"name": "gold", "rate": 1}],
        "issuers": [
            {"name": "one", "issuer": "https://one", "audiences": ["x"]},
            {"name": "two", "issuer": "https://two", "audiences": ["x"]},
        ],
    }
)


def test_everything_is_one_look_up_away() -> None:
    published = Published.of(EXPOSURE, 7)
    assert published.number == 7
    assert published.paths == {"/score": "a"}
    assert published.plans["gold"].rate == 1
    assert [issuer.name for issuer in published.issuers["b"]] == ["one"]
    assert [issuer.name for issuer in published.issuers["c"]] == ["one", "two"]


def test_networks_are_let_in_or_not() -> None:
    gate = Published.of(EXPOSURE, 1).gates["a"]
    assert gate.admits("192.0.2.1")
    assert gate.admits("2001:db8::1")
    assert not gate.admits("10.1.2.3")
    assert not gate.admits("::ffff:10.1.2.3")
    assert not gate.admits("nonsense")
    assert Gate().admits("nonsense")


def test_a_canary_answers_those_who_draw_below_its_share() -> None:
    live, canary = Published.of(EXPOSURE, 1), Published.of(EXPOSURE, 2)
    view = StageView("prod", live, canary, 0.25)
    assert view.choose(0.2) is canary
    assert view.choose(0.25) is live
    assert StageView("prod", live).choose(0.0) is live
