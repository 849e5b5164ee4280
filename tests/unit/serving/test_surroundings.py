from serving.surroundings import Surroundings


def test_an_address_that_may_hold_a_password_is_not_shown() -> None:
    around = Surroundings("postgresql://u:secret@host/db", "127.0.0.1", 1, "logs")
    assert "secret" not in repr(around)
    assert around.trusted == frozenset()
