import pytest

from core.http import Reply, header
from gateway.etag import is_known, tag_reply, write_tag

JSON = (b"content-type", b"application/json")
REPLY = Reply(200, [JSON, (b"x-other", b"1")], b"{}")


def test_the_tag_is_of_the_content_its_type_and_its_encoding() -> None:
    same = Reply(200, [(b"x-other", b"2"), JSON], b"{}")
    assert write_tag(same) == write_tag(REPLY)
    others = [
        Reply(200, [JSON], b"[]"),
        Reply(200, [(b"content-type", b"text/csv")], b"{}"),
        Reply(200, [JSON, (b"content-encoding", b"gzip")], b"{}"),
        Reply(200, [JSON, (b"inference-header-content-length", b"1")], b"{}"),
    ]
    assert len({write_tag(one) for one in (REPLY, *others)}) == 5


def test_who_has_the_content_gets_no_body_where_that_may_be() -> None:
    tagged = tag_reply(REPLY, [], has_not_modified=True)
    tag = header(tagged.headers, b"etag") or b""
    assert (tagged.status, tagged.body) == (200, b"{}")
    asked = [(b"if-none-match", b'"other", W/' + tag)]
    spared = tag_reply(REPLY, asked, has_not_modified=True)
    assert (spared.status, spared.body) == (304, b"")
    assert spared.headers == [(b"x-other", b"1"), (b"etag", tag)]
    assert tag_reply(REPLY, asked, has_not_modified=False).status == 200


@pytest.mark.parametrize(
    ("said", "known"),
    [
        (b'"a"', True),
        (b'W/"a"', True),
        (b'"b","a"', True),
        (b" * ", True),
        (b'"b"', False),
        (b"a", False),
        (b'"*"', False),
        (b'"', False),
        (b"", False),
    ],
)
def test_tags_are_compared_weakly(said: bytes, *, known: bool) -> None:
    assert is_known(b'"a"', [(b"if-none-match", said)]) is known
