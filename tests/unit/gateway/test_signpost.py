from dataclasses import replace

from gateway.authenticator import Trust
from gateway.entrance import PublicEntrance
from gateway.facades.open_inference import OpenInferenceFacade
from gateway.facades.plain_json import PlainJsonFacade
from gateway.signpost import Signpost
from tests.fakes.gateway import FakeGateway, make_directory

PARTS = FakeGateway().parts(PublicEntrance(Trust()))
V2, V1 = OpenInferenceFacade(*PARTS), PlainJsonFacade(*PARTS)
DIRECTORY = make_directory()
DIRECTORY = replace(DIRECTORY, stages={**DIRECTORY.stages, "dev": DIRECTORY.stages["prod"]})


def test_a_path_leads_to_its_facade() -> None:
    way = Signpost([V2, V1], has_stages=True).find("/v1/endpoints/x:predict", [], DIRECTORY)
    assert (way.facade, way.path, way.stage) == (V1, "/v1/endpoints/x:predict", "")


def test_a_path_may_begin_with_a_stage() -> None:
    way = Signpost([V2, V1], has_stages=True).find("/dev/v2/models/x", [], DIRECTORY)
    assert (way.facade, way.path, way.stage) == (V2, "/v2/models/x", "dev")
    way = Signpost([V2, V1], has_stages=True).find("/none/v2/models/x", [], DIRECTORY)
    assert (way.facade, way.stage) == (None, "")
    way = Signpost([V2, V1], has_stages=False).find("/dev/v2/models/x", [], DIRECTORY)
    assert way.facade is None


def test_a_header_may_name_the_stage() -> None:
    way = Signpost([V2], has_stages=True).find("/v2", [(b"x-tidegate-stage", b"dev")], DIRECTORY)
    assert (way.facade, way.stage) == (V2, "dev")
