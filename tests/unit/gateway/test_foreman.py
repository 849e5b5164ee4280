import os

from gateway.foreman import Place, read_place


def test_a_gateway_that_is_alone_has_no_place() -> None:
    assert read_place([]) == Place()
    Place().tell_ready()


def test_a_worker_tells_its_foreman_once_it_listens() -> None:
    ready, told = os.pipe()
    place = read_place(["--number", "2", "--ready", str(told), "--lifeline", "9"])
    assert (place.number, place.lifeline) == (2, 9)
    place.tell_ready()
    assert os.read(ready, 8) == b"1"
    assert os.read(ready, 8) == b""
    os.close(ready)
