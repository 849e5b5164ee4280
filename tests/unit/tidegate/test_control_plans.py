from tests.fakes.control import FakeControl


def test_a_plan_of_one_stage_is_none_of_another(control: FakeControl) -> None:
    control.client.plans.apply({"name": "gold", "rate": 5}, "dev")
    control.client.plans.apply({"name": "gold", "rate": 7}, "dev")
    assert [one.spec.rate for one in control.client.plans.list("dev")] == [7]
    assert control.client.plans.list() == ()
    control.client.plans.remove("gold", "dev")
    assert control.client.plans.list("dev") == ()
