import http.client
import threading

from core.batching import Batching
from core.clock import SystemClock
from core.dtypes import DataType
from core.refs import EndpointName
from core.signature import Signature, TensorSpec
from core.signing import Secret, sign
from serving.door import Door
from serving.engine import Engine, Loaded
from serving.host import Host
from serving.server import Served
from tests.fakes.runtime import FakeRuntime

SIGNATURE = Signature(
    (TensorSpec("x", DataType.FP32, (-1, 1)),),
    (TensorSpec("y", DataType.FP32, (-1, 1)),),
    batched=True,
)
SECRET, CLOCK = Secret("k", b"s" * 32), SystemClock()
BODY = b'{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[4]}]}'


def open_host(runtime: FakeRuntime) -> Host:
    served = Served(EndpointName("iris"), "1", "fake", SIGNATURE, 64, 10_000)
    loaded = Loaded.of(served, [runtime], Batching())
    door = Door("r", lambda: (SECRET,), CLOCK)
    return Host("iris", lambda: Engine(loaded, door, "0.1.0"))


def ask(
    address: str, method: str = "POST", path: str = "/v2/models/iris/infer"
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(address, timeout=10)
    proof = sign(SECRET, "r", CLOCK.now() + 30)
    connection.request(method, path, BODY, {"x-tidegate-proof": proof})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_it_serves_on_a_port_of_its_own_and_stops() -> None:
    host = open_host(FakeRuntime())
    address = host.start("127.0.0.1")
    status, body = ask(address)
    assert (status, b"8.0" in body) == (200, True)
    assert host.beat() < 10
    host.stop()
    try:
        ask(address)
    except ConnectionRefusedError:
        return
    raise AssertionError("the port is still open")


def test_draining_waits_for_what_is_in_flight() -> None:
    runtime = FakeRuntime()
    host = open_host(runtime)
    address = host.start("127.0.0.1")
    runtime.entered.clear()
    runtime.gate.clear()
    answers: list[int] = []
    caller = threading.Thread(target=lambda: answers.append(ask(address)[0]))
    caller.start()
    assert runtime.entered.wait(10)
    drained = threading.Thread(target=lambda: host.drain(0.0, 10.0))
    drained.start()
    assert drained.is_alive()
    runtime.gate.set()
    drained.join(10)
    caller.join(10)
    assert answers == [200]
    assert ask(address, "GET", "/v2/health/ready") == (503, b'{"ready":false}')
    host.stop()
