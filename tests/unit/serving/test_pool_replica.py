from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import RuntimeUnavailable
from core.pool import PoolSpec
from core.refs import ReplicaId
from registry.manifest import Manifest
from registry.records import Lease, ResidentState
from serving.pool_replica import check_isolation, find_untried
from serving.wish import want_resident
from tests.unit.serving.worlds import NOW, make_endpoint, make_lease, make_version

APP = PoolSpec(name="small").app
IRIS = make_endpoint()
RESIDENTS = [want_resident(IRIS, IRIS.spec.variants[0], make_version(n)) for n in range(1, 21)]
MATES = [ReplicaId(f"mate-{number}") for number in range(3)]
POOL = [Lease(mate, APP, "h:1", NOW) for mate in MATES]


def test_every_new_model_is_tried_by_one_replica() -> None:
    found = [one for mate in MATES for one in find_untried(RESIDENTS, POOL, APP, mate)]
    assert sorted(one.id for one in found) == sorted(one.id for one in RESIDENTS)
    assert all(find_untried(RESIDENTS, POOL, APP, mate) for mate in MATES)


def test_what_has_answered_or_failed_or_is_loaded_is_not_tried() -> None:
    one = RESIDENTS[0]
    live, failed = replace(one, state=ResidentState.LIVE), replace(one, reason="rotten")
    assert find_untried([live, failed], POOL[:1], APP, MATES[0]) == []
    assert find_untried([one], [*POOL[:1], make_lease(one)], APP, MATES[0]) == []


def test_who_holds_no_lease_tries_nothing() -> None:
    assert find_untried(RESIDENTS, [], APP, MATES[0]) == []


@pytest.mark.parametrize(("runtime", "is_refused"), [("onnx", False), ("python", True)])
def test_what_imports_its_authors_modules_has_its_process_to_itself(
    tmp_path: Path, runtime: str, *, is_refused: bool
) -> None:
    document = make_version(1).manifest.model_dump(mode="json")
    manifest = Manifest.read({**document, "runtime": runtime})
    (tmp_path / "tidegate.json").write_bytes(manifest.write())
    resident = replace(RESIDENTS[0], location=str(tmp_path))
    if not is_refused:
        check_isolation(resident)
        return
    with pytest.raises(RuntimeUnavailable, match="leave `pool` out"):
        check_isolation(resident)
