from tests.fakes.clock import FakeClock
from tests.fakes.running import FakeSpawner
from tidegate.supervisor.restart import RestartPolicy
from tidegate.supervisor.watch import ASK_EVERY_S, HUNG_GRACE_S, MISSES, Watch

POLICY = RestartPolicy(first_s=1, factor=2, longest_s=8, steady_s=60, failing_after=3)


def make(spawner: FakeSpawner, clock: FakeClock) -> Watch:
    parts = (spawner.part("ray"), spawner.part("control", ("ray",)), spawner.part("gateway"))
    return Watch(parts, spawner.spawn, clock, POLICY)


def make_ready() -> tuple[FakeSpawner, FakeClock, Watch]:
    spawner, clock = FakeSpawner(), FakeClock()
    watch = make(spawner, clock)
    spawner.ready = {"ray", "control", "gateway"}
    for _ in range(3):
        watch.step()
    spawner.log.clear()
    return spawner, clock, watch


def test_that_a_part_waits_for_those_before_it() -> None:
    spawner = FakeSpawner()
    watch = make(spawner, FakeClock())
    watch.step()
    watch.step()
    assert spawner.log == ["start ray", "start gateway"]
    spawner.ready.add("ray")
    watch.step()
    assert spawner.log[2:] == ["start control"]


def test_that_a_part_is_ready_once_it_answers() -> None:
    _, _, watch = make_ready()
    assert [keeper.ready for keeper in watch.keepers.values()] == [True, True, True]


def test_that_a_dead_part_starts_again_when_it_is_due() -> None:
    spawner, clock, watch = make_ready()
    spawner.running["gateway"].die()
    watch.step()
    assert spawner.log == ["end gateway 0"]
    clock.advance(1)
    watch.step()
    assert spawner.log[1:] == ["start gateway"]


def test_that_what_rests_on_a_dead_part_starts_anew_after_it_is_back() -> None:
    spawner, clock, watch = make_ready()
    spawner.running["ray"].die()
    spawner.ready.discard("ray")
    watch.step()
    clock.advance(1)
    watch.step()
    assert spawner.log == ["end ray 0", "start ray"]
    spawner.ready.add("ray")
    watch.step()
    watch.step()
    assert spawner.log[2:] == ["end control 5", "start control"]


def test_that_being_started_anew_is_no_death() -> None:
    spawner, clock, watch = make_ready()
    spawner.running["ray"].die()
    clock.advance(1)
    watch.step()
    clock.advance(1)
    watch.step()
    watch.step()
    assert watch.keepers["control"].deaths.in_a_row == 0


def test_that_a_part_that_keeps_dying_is_failing() -> None:
    spawner, clock, watch = make_ready()
    for _ in range(3):
        spawner.running["gateway"].die()
        watch.step()
        clock.advance(8)
        watch.step()
    assert [name for name, keeper in watch.keepers.items() if keeper.failing] == ["gateway"]


def test_that_a_command_that_cannot_run_is_a_death() -> None:
    spawner, clock = FakeSpawner(), FakeClock()
    spawner.refusals.append(FileNotFoundError("ray"))
    watch = make(spawner, clock)
    watch.step()
    assert watch.keepers["ray"].deaths.in_a_row == 1
    clock.advance(1)
    watch.step()
    assert "start ray" in spawner.log


def keep_silent(watch: Watch, clock: FakeClock, times: int) -> None:
    for _ in range(times):
        clock.advance(ASK_EVERY_S)
        watch.step()


def test_that_a_part_that_hangs_is_ended_and_starts_again() -> None:
    spawner, clock, watch = make_ready()
    spawner.silent.add("control")
    keep_silent(watch, clock, MISSES - 1)
    assert spawner.log == []
    keep_silent(watch, clock, 1)
    assert spawner.log == [f"end control {HUNG_GRACE_S:g}"]
    assert not watch.keepers["control"].ready
    clock.advance(1)
    watch.step()
    assert spawner.log[1:] == ["start control"]


def test_that_an_answer_in_between_ends_the_count() -> None:
    spawner, clock, watch = make_ready()
    for _ in range(2):
        spawner.silent.add("gateway")
        keep_silent(watch, clock, MISSES - 1)
        spawner.silent.clear()
        keep_silent(watch, clock, 1)
    assert spawner.log == []


def test_that_a_part_is_asked_now_and_then_only() -> None:
    spawner, clock, watch = make_ready()
    spawner.silent.add("gateway")
    for _ in range(MISSES * 2):
        clock.advance(0.25)
        watch.step()
    assert spawner.log == []


def test_that_parts_stop_in_the_opposite_order() -> None:
    spawner, _, watch = make_ready()
    watch.stop()
    assert spawner.log == ["end gateway 5", "end control 5", "end ray 5"]
    assert not any(keeper.ready for keeper in watch.keepers.values())
