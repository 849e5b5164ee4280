import pytest

from core.errors import QueueFull
from gateway.budget import Budget


def test_what_is_given_back_can_be_taken_again() -> None:
    budget = Budget(10)
    budget.take(10)
    with pytest.raises(QueueFull):
        budget.take(1)
    budget.give(4)
    budget.take(4)
    assert budget.held_bytes == 10


def test_a_refusal_takes_nothing() -> None:
    budget = Budget(10)
    with pytest.raises(QueueFull):
        budget.take(11)
    assert budget.held_bytes == 0
