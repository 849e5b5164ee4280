import asyncio

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.batching import Batching
from serving.waiting import Waiting, WaitingRoom

REQUESTS = st.lists(
    st.tuples(
        st.integers(1, 5), st.integers(1, 3), st.integers(1, 3), st.booleans(), st.booleans()
    ),
    max_size=30,
)


@given(REQUESTS, st.integers(1, 8), st.booleans())
def test_everybody_leaves_once_in_the_order_of_urgency(
    requests: list[tuple[int, int, int, bool, bool]],
    limit: int,
    batched: bool,  # noqa: FBT001
) -> None:
    loop = asyncio.new_event_loop()
    room = WaitingRoom(Batching(max_rows=limit), batched=batched)
    everybody: list[Waiting] = []
    for rows, width, level, is_late, is_gone in requests:
        one = Waiting(
            {"x": np.zeros((rows, width))}, rows, 1.0 if is_late else None, 1.0,
            loop.create_future(), level,
        )  # fmt: skip
        if is_gone:
            one.future.cancel()
        room.add(one)
        everybody.append(one)
    taken: list[Waiting] = []
    late: list[Waiting] = []
    while room:
        batch, expired = room.take(now=2.0)
        assert len({one.inputs["x"].shape[1:] for one in batch}) <= 1
        assert len(batch) <= 1 or (batched and sum(one.rows for one in batch) <= limit)
        taken += batch
        late += expired
    loop.close()
    there = [one for one in everybody if not one.future.cancelled()]
    assert sorted(map(id, [*taken, *late])) == sorted(map(id, there))
    assert all(one.deadline is not None for one in late)
    for width in (1, 2, 3):
        levels = [one.level for one in taken if one.inputs["x"].shape[1] == width]
        assert levels == sorted(levels)
    assert room.rows == 0


def test_clearing_gives_everybody_back() -> None:
    loop = asyncio.new_event_loop()
    room = WaitingRoom(Batching(), batched=True)
    one = Waiting({"x": np.zeros((2, 1))}, 2, None, 0.0, loop.create_future())
    room.add(one)
    assert (room.rows, room.clear(), bool(room), room.rows) == (2, [one], False, 0)
    loop.close()
