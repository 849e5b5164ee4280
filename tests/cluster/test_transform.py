"""A batch transform by actors of the real cluster."""

from pathlib import Path

import pytest
from pyarrow import csv

from core.refs import ModelName
from serving.surroundings import Surroundings
from serving.transform.entry import begin, transform
from serving.transform.order import TransformOrder
from serving.transform.spec import TransformSpec
from tests.cluster.conftest import World


@pytest.fixture
def order(world: World, tmp_path: Path) -> TransformOrder:
    number = world.publish("rows")
    lines = "".join(f"{n},0,0,0,row{n}\n" for n in range(50))
    (tmp_path / "in.csv").write_text("f0,f1,f2,f3,id\n" + lines + "oops,0,0,0,bad\n")
    spec = TransformSpec.read(
        {
            "model": f"rows:{number}",
            "input": str(tmp_path / "in.csv"),
            "output": str(tmp_path / "out"),
            "part_rows": 20,
            "workers": 2,
            "resources": {"num_cpus": 0.2},
        }
    )
    around = Surroundings(world.platform.database.url, "127.0.0.1", 2**26, "")
    version = world.catalogue.get(ModelName("rows"), number)
    return TransformOrder.of("transform-1", spec, version, around)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.*")  # Ray Data 2.60 warns of its own
def test_actors_answer_every_row_once(order: TransformOrder, tmp_path: Path) -> None:
    # Ray reads the environment when it is imported, and that is made with its head.
    from serving.transform.pool import run_parts  # noqa: PLC0415 - as above

    told: list[str] = []
    summary = transform(order, run_parts, told.append)
    assert (summary["rows"], summary["errors"], summary["parts"]) == (50, 1, 3)
    found = [csv.read_csv(file) for file in sorted((tmp_path / "out").glob("part-*.csv"))]
    answered = {row["id"]: row["scores.high"] for table in found for row in table.to_pylist()}
    assert answered == {f"row{n}": float(n) for n in range(50)}
    assert told[-1].startswith("100 %")
    assert len(begin(order).done) == 3
