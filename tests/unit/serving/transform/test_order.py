from pathlib import Path

import pytest

from core.errors import PackageCorrupt
from core.refs import ModelName
from registry.catalogue import Version
from serving.surroundings import Surroundings
from serving.transform.order import TransformOrder, WorkerPlan, choose_output_format
from serving.transform.spec import TransformSpec
from tests.samples import make_package

AROUND = Surroundings("sqlite://", "127.0.0.1", 2**26, "")


def make_order(folder: Path, **asked: object) -> TransformOrder:
    package = make_package(folder / "package", "linear")
    spec = TransformSpec.read(
        {
            "model": "linear:1",
            "input": str(folder / "in.csv"),
            "output": str(folder / "out"),
            **asked,
        }
    )
    manifest = package.manifest
    version = Version(
        ModelName("linear"), 1, str(package.folder), manifest.digest, manifest, created_at=0.0
    )
    return TransformOrder.of("transform-1", spec, version, AROUND)


def test_an_order_survives_its_file_and_is_its_owners_only(tmp_path: Path) -> None:
    order = make_order(tmp_path)
    order.write(tmp_path / "job" / "spec.json")
    assert TransformOrder.load(tmp_path / "job" / "spec.json") == order
    assert (tmp_path / "job" / "spec.json").stat().st_mode & 0o777 == 0o600


def test_a_missing_order_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(PackageCorrupt):
        TransformOrder.load(tmp_path / "spec.json")


def test_a_plan_opens_a_worker_for_the_very_package(tmp_path: Path) -> None:
    order = make_order(tmp_path)
    (tmp_path / "in.csv").write_text("f0,f1,f2,f3\n1,2,3,4\n")
    WorkerPlan(order.spec, order.location, order.digest, "csv").open()
    changed = WorkerPlan(order.spec, order.location, type(order.digest)("sha256:0"), "csv")
    with pytest.raises(PackageCorrupt):
        changed.open()


@pytest.mark.parametrize(
    ("asked", "name", "kind"),
    [({}, "a.csv", "csv"), ({}, "a.ndjson", "jsonl"), ({}, "a.png", "parquet"),
     ({"output_format": "jsonl"}, "a.csv", "jsonl"), ({"format": "csv"}, "a.txt", "csv")],
)  # fmt: skip
def test_the_output_is_as_the_input_unless_said(
    tmp_path: Path, asked: dict[str, object], name: str, kind: str
) -> None:
    spec = TransformSpec.read({"model": "m:1", "input": "/in", "output": "/out", **asked})
    assert choose_output_format(spec, (Path(name),)) == kind
