from tidegate.supervisor.restart import Deaths, RestartPolicy, count_death, is_failing

POLICY = RestartPolicy(first_s=1, factor=2, longest_s=5, steady_s=60, failing_after=3)


def test_that_each_death_in_a_row_waits_longer_up_to_a_bound() -> None:
    deaths, waits = Deaths(), []
    for _ in range(5):
        deaths = count_death(deaths, 1, POLICY)
        waits.append(deaths.wait_s)
    assert waits == [1, 2, 4, 5, 5]


def test_that_a_steady_run_starts_the_count_anew() -> None:
    assert count_death(Deaths(7, 5), 60, POLICY) == Deaths(1, 1)


def test_that_many_deaths_do_not_overflow() -> None:
    assert count_death(Deaths(10**6, 5), 0, POLICY).wait_s == 5


def test_that_it_fails_from_the_third_death_in_a_row() -> None:
    assert not is_failing(Deaths(2), POLICY)
    assert is_failing(Deaths(3), POLICY)
