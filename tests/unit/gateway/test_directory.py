from dataclasses import replace

import pytest

from core.endpoint import EndpointSpec, VariantSpec
from core.errors import EndpointNotFound
from core.refs import EndpointName, KeyId
from core.route import RouteSpec
from gateway.directory import Directory, read_directory
from registry.migration import migrate
from registry.platform import Platform, open_platform
from registry.records import ResidentState
from tests.fakes.gateway import DIGEST, KEY_ID, make_key, make_lease, make_resident

NOW = 1_000.0
SPEC = EndpointSpec(
    name="iris",
    variants=(
        VariantSpec(name="main", model="flowers:1", weight=3),
        VariantSpec(name="off", model="flowers:2", weight=0),
    ),
)


@pytest.fixture
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    url = f"sqlite:///{tmp_path_factory.mktemp('tables')}/platform.db"
    migrate(url)
    platform = open_platform(url)
    platform.endpoints.apply(SPEC, NOW)
    return platform


def test_live_residents_with_weight_answer(platform: Platform) -> None:
    live, off = make_resident(1, "main"), make_resident(2, "off")
    retired = replace(make_resident(9, "main"), state=ResidentState.RETIRED)
    for resident in (live, off, retired):
        platform.residents.add(resident)
    served = read_directory(platform, NOW).serve("iris")
    assert served.residents == (live,)
    assert served.weights == (3.0,)


def test_a_variant_that_is_replaced_answers_until_the_new_ones_do(platform: Platform) -> None:
    before = make_resident(1, "before")
    platform.residents.add(before)
    assert read_directory(platform, NOW).serve("iris").residents == (before,)
    wanted = make_resident(2, "main")
    platform.residents.add(wanted)
    assert read_directory(platform, NOW).serve("iris").residents == (wanted,)


def test_an_endpoint_on_its_way_out_does_not_answer(platform: Platform) -> None:
    platform.endpoints.take_down(EndpointName("iris"))
    with pytest.raises(EndpointNotFound):
        read_directory(platform, NOW).serve("iris")


def test_only_leases_that_hold_are_read(platform: Platform) -> None:
    resident = make_resident()
    good = make_lease(resident, "good", NOW + 1)
    for lease in (good, make_lease(resident, "ended", NOW)):
        platform.leases.take(lease)
    assert read_directory(platform, NOW).leases == {resident.id: (good,)}


def test_routes_keys_and_the_newest_secret(platform: Platform) -> None:
    route = RouteSpec(name="flowers", endpoint="iris")
    platform.routes.apply(route, NOW)
    platform.keys.add(make_key(KEY_ID, DIGEST))
    secret = platform.secrets.rotate(NOW)
    directory = read_directory(platform, NOW)
    assert directory.routes == {"flowers": route}
    assert directory.keys[KeyId(KEY_ID)].digest == DIGEST
    assert directory.secret == secret


def test_its_generation_is_the_tables(platform: Platform) -> None:
    assert read_directory(platform, NOW).generation == platform.database.generation()


def test_an_empty_directory_serves_nothing() -> None:
    with pytest.raises(EndpointNotFound):
        Directory().serve("iris")
