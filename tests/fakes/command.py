"""The command as people run it, in the home of a control process that is served on a free port."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from typer.testing import CliRunner, Result

from core.errors import TidegateError
from tests.fakes.control import FakeControl
from tidegate.cli.app import app
from tidegate.cli.failure import Failure, explain
from tidegate.supervisor.port import choose_port


def run(*arguments: str) -> Result:
    """Run a command; an error of the platform's is the result's `exception`."""
    return CliRunner().invoke(app, list(arguments))


def read(*arguments: str) -> Any:
    """What a command that goes well prints with --json: one document and nothing else."""
    result = run(*arguments, "--json")
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def tell(*arguments: str) -> str:
    """What a command that goes well prints for people."""
    result = run(*arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def fail(*arguments: str) -> Failure:
    """How a command that goes wrong is told."""
    error = run(*arguments).exception
    assert isinstance(error, (TidegateError, OSError)), repr(error)
    return explain(error)


@contextmanager
def serve(control: FakeControl) -> Iterator[int]:
    """The control process on a socket of its own; gives the port."""
    port = choose_port("127.0.0.1")
    config = uvicorn.Config(control.app, port=port, lifespan="off", log_level="error", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join()
