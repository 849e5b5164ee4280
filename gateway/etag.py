"""Entity tags: the digest of an answer's content, by which a caller finds that it has it already.

Source: RFC 9110, 8.8.3 and 13.1.2. The tags are strong: equal for equal bytes of one type and encoding.
"""

import re
from dataclasses import replace
from hashlib import blake2b

from core.http import Headers, Reply

_TAG = re.compile(rb'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
# What the bytes of a body mean depends on these.
_OF_FORM = (b"content-type", b"content-encoding", b"inference-header-content-length")


def tag_reply(reply: Reply, asked: Headers, *, has_not_modified: bool) -> Reply:
    """The reply with its tag; 304 without a body, where that may be, for a caller that has this content."""
    tag = write_tag(reply)
    headers = [*reply.headers, (b"etag", tag)]
    if has_not_modified and is_known(tag, asked):
        # Headers that speak of the content go with the content.
        return Reply(304, [pair for pair in headers if pair[0] not in _OF_FORM])
    return replace(reply, headers=headers)


def write_tag(reply: Reply) -> bytes:
    """The tag of a reply's content."""
    form = b"\n".join(value for name, value in reply.headers if name in _OF_FORM)
    digest = blake2b(b"%d\n" % len(form) + form, digest_size=16)
    digest.update(reply.body)
    return b'"%s"' % digest.hexdigest().encode()


def is_known(tag: bytes, asked: Headers) -> bool:
    """Whether `If-None-Match` names this tag, or any (`*`); weakly compared, RFC 9110, 13.1.2."""
    values = [value for name, value in asked if name == b"if-none-match"]
    return any(value.strip() == b"*" or tag in _TAG.findall(value) for value in values)
