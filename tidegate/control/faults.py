"""Whatever goes wrong in an operation, as the error envelope."""

from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from core.errors import InvalidSpec, NotFound, TidegateError, Unavailable, UnsupportedOperation
from core.spec import tell_faults
from core.statuses import headers_of, status_of
from tidegate.control.envelope import write_error


def answer_errors(app: FastAPI) -> None:
    """Let the app answer every error in one form, with the status that `core.statuses` gives it."""
    app.add_exception_handler(TidegateError, _answer)
    app.add_exception_handler(RequestValidationError, _answer_fault)
    app.add_exception_handler(DBAPIError, _answer_outage)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_unforeseen)


def _respond(error: TidegateError, status: int | None = None) -> Response:
    headers = {name.decode(): value.decode() for name, value in headers_of(error)}
    code = status_of(type(error)) if status is None else status
    return JSONResponse(write_error(error), code, headers)


async def _answer(_request: Request, error: Exception) -> Response:
    return _respond(cast("TidegateError", error))


async def _answer_fault(_request: Request, error: Exception) -> Response:
    """FastAPI's own validation, as the specs' own."""
    found = cast("RequestValidationError", error).errors()
    inside = [
        {**fault, "loc": [part for part in fault["loc"] if part != "body"]} for fault in found
    ]
    return _respond(InvalidSpec("request", tell_faults(inside, "body")))


async def _answer_outage(_request: Request, error: Exception) -> Response:
    return _respond(Unavailable("platform database", str(error.__cause__ or error)[:500]))


async def _answer_http(request: Request, error: Exception) -> Response:
    """Paths and methods that are not there."""
    status = cast("HTTPException", error).status_code
    if status == 405:
        named = f"{request.method} {request.url.path}"
        return _respond(UnsupportedOperation(named), 405)
    if status == 404:
        return _respond(NotFound("path", request.url.path))
    return _respond(TidegateError(str(error)), status)


async def _answer_unforeseen(_request: Request, _error: Exception) -> Response:
    # Starlette raises it again after this answer, so that the server logs it with its trace.
    return _respond(TidegateError("an unforeseen error; the control process's log has it"))
