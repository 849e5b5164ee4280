import pytest

from core.plugins import load
from gateway.upstream import UPSTREAMS, Upstream, UpstreamReply
from tests.contracts.upstream import Serve, UpstreamContract
from tests.fakes.upstream import FakeUpstream

pytestmark = pytest.mark.anyio


class TestFakeUpstream(UpstreamContract):
    @pytest.fixture
    async def upstream(self) -> Upstream:
        return FakeUpstream()

    @pytest.fixture
    def serve(self, upstream: Upstream) -> Serve:
        assert isinstance(upstream, FakeUpstream)
        answers = upstream.answers

        async def serve(reply: UpstreamReply) -> str:
            async def answer(_message: bytes) -> UpstreamReply:
                return reply

            address = f"fake:{len(answers)}"
            answers[address] = answer
            return address

        return serve

    @pytest.fixture
    def deserted(self) -> str:
        return "fake:none"


async def test_every_upstream_can_be_loaded() -> None:
    for name in UPSTREAMS:
        load("upstream", UPSTREAMS, name)().close()
