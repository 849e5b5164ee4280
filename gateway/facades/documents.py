"""What a route takes and gives, for people and programs.

GET /docs/{name}                 the developer page
GET /docs/{name}/openapi.json    the OpenAPI document
"""

from core.errors import TidegateError
from core.http import Reply, header
from core.oip import exchange as oip
from gateway.etag import tag_reply
from gateway.facade import Exchange
from gateway.openapi import describe_route
from gateway.page import write_examples, write_page
from gateway.plane import DataPlane
from gateway.scribe import Scribe

_HTML = (b"content-type", b"text/html; charset=utf-8")


class DocumentsFacade:
    """`/docs/`."""

    prefix = "/docs/"

    def __init__(self, plane: DataPlane, scribe: Scribe) -> None:
        del scribe
        self._plane = plane

    async def answer(self, exchange: Exchange) -> Reply:
        """Answer one request."""
        match exchange.path.removeprefix(self.prefix).split("/"):
            case [name] if name:
                is_page = True
            case [name, "openapi.json"] if name:
                is_page = False
            case _:
                return oip.not_found()
        if exchange.method not in ("GET", "HEAD"):
            return oip.refuse_method(exchange.method, "GET")
        document = self._describe(exchange, name)
        if not is_page:
            return tag(oip.write_document(document), exchange)
        page = write_page(document, write_examples(document, find_url(exchange)))
        policy = (b"content-security-policy", page.policy.encode())
        others = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
        return tag(Reply(200, [_HTML, policy, *others], page.body), exchange)

    def write_error(self, error: TidegateError) -> Reply:
        """`{"error": "..."}` with the error's status."""
        return oip.write_error(error)

    def write_crash(self, request_id: str) -> Reply:
        """500 with the request's id."""
        return oip.write_document({"error": f"internal error, request {request_id}"}, 500)

    def _describe(self, exchange: Exchange, name: str) -> dict[str, object]:
        call = exchange.call(name)
        admitted = self._plane.admit(call, "documents")
        resident = self._plane.resolve(call, admitted)
        route = admitted.route
        return describe_route(
            admitted.name,
            resident.signature,
            str(resident.version),
            ("anonymous",) if route is None else route.auth,
            find_url(exchange),
            ("infer", "metadata", "async") if route is None else route.operations,
        )


def tag(reply: Reply, exchange: Exchange) -> Reply:
    """The reply with its tag; browsers ask each time whether it is still the same."""
    asked = (b"cache-control", b"no-cache")
    known = Reply(reply.status, [*reply.headers, asked], reply.body)
    return tag_reply(known, exchange.headers, has_not_modified=True)


def find_url(exchange: Exchange) -> str:
    """The address that the caller reached us by, with its stage."""
    host = (header(exchange.headers, b"host") or b"localhost").decode("latin-1")
    scheme = exchange.scope.get("scheme", "http")
    return f"{scheme}://{host}" + (f"/{exchange.stage}" if exchange.stage else "")
