from gateway.identity import Identities


def test_ids_of_its_own_are_unique() -> None:
    identities = Identities()
    ids = {identities.of([])[0] for _ in range(100)} | {Identities().of([])[0]}
    assert len(ids) == 101


def test_the_inference_id_is_the_requests_where_none_was_sent() -> None:
    request_id, inference_id = Identities().of([])
    assert request_id == inference_id
    assert Identities().of([(b"x-request-id", b"mine")]) == (b"mine", b"mine")


def test_sane_ids_are_kept_and_others_are_not() -> None:
    sent = [(b"x-request-id", b"a"), (b"x-tidegate-inference-id", b"b")]
    assert Identities().of(sent) == (b"a", b"b")
    for odd in (b"", b"a b", b"x" * 129, b"\xff"):
        assert Identities().of([(b"x-request-id", odd)])[0] != odd
