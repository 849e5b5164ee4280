"""The shape of the house: sizes, names, twins, and plug-in tables that match their folders."""

from importlib import import_module
from pathlib import Path
from statistics import median, quantiles

import pytest

from tests.house.source import ROOMS, ROOT, functions, lines, modules, tables

VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "base", "shared"}
# Modules whose behaviour another suite covers: process entries, values without behaviour, and the
# edges of Ray, which the cluster and system suites run for real.
WITHOUT_TWIN = {
    "__init__.py",
    "__main__.py",
    "headers.py",
    "listening.py",
    "records.py",
    "schema.py",
    "action.py",
    "release.py",
    "env.py",
}
COVERED_ELSEWHERE = {
    "serving/cluster.py": "tests/cluster",
    "serving/handle_port.py": "tests/cluster/test_replica.py",
    "serving/replica.py": "tests/cluster",
    "serving/orchestrator.py": "tests/fakes/orchestrator.py",
    "serving/transform/pool.py": "tests/cluster/test_transform.py",
    "tidegate/supervisor/command.py": "tests/unit/tidegate/test_supervisor_part.py",
    "tidegate/demo/calls.py": "tests/system/test_demo.py",
    "tidegate/demo/closing.py": "tests/system/test_demo.py",
    "tidegate/demo/drift.py": "tests/system/test_demo.py",
    "tidegate/demo/exposure.py": "tests/system/test_demo.py",
    "tidegate/demo/promotion.py": "tests/system/test_demo.py",
    "tidegate/demo/stage.py": "tests/system/test_demo.py",
    "tidegate/demo/story.py": "tests/system/test_demo.py",
    "training/submission.py": "tests/system",
    "training/runner.py": "tests/fakes/jobs.py",
}


def test_files_are_small() -> None:
    sizes = sorted(lines(path) for path in modules() if path.name != "__init__.py")
    longest = max(modules(), key=lines)
    assert lines(longest) <= 400, f"{longest.relative_to(ROOT)} has {lines(longest)} lines"
    assert median(sizes) <= 120
    assert quantiles(sizes, n=10)[-1] <= 300


def test_functions_are_small() -> None:
    found = [(size, path, name) for path in modules() for name, size in functions(path)]
    sizes = [size for size, _, _ in found]
    size, path, name = max(found)
    assert size <= 60, f"{path.relative_to(ROOT)}:{name} has {size} lines"
    assert quantiles(sizes, n=10)[-1] <= 30


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [path for path in modules() if path.stem.strip("_") in VAGUE] == []


@pytest.mark.parametrize("room", ROOMS)
def test_each_module_has_its_twin(room: str) -> None:
    missing = [str(path.relative_to(ROOT)) for path in modules(room) if not has_twin(path)]
    assert missing == []


def has_twin(path: Path) -> bool:
    relative = path.relative_to(ROOT)
    if path.name in WITHOUT_TWIN:
        return True
    if str(relative) in COVERED_ELSEWHERE:
        return (ROOT / COVERED_ELSEWHERE[str(relative)]).exists()
    # A twin may lie in the room's folder or deeper, and may add its folder's name: test_onnx,
    # test_runtimes_onnx.
    name = f"test_*{path.stem}.py"
    room = ROOT / "tests" / "unit" / relative.parts[0]
    return any(found.stem.endswith(f"_{path.stem}") for found in room.rglob(name))


@pytest.mark.parametrize(("name", "table"), tables().items(), ids=tables())
def test_each_plug_in_table_names_what_its_folder_holds(name: str, table: dict[str, str]) -> None:
    named = {path.partition(":")[0] for path in table.values()}
    folders = {module.rpartition(".")[0] for module in named}
    assert len(folders) == 1, f"{name} names modules of several folders"
    folder = import_module(folders.pop())
    held = {
        f"{folder.__name__}.{path.stem}"
        for path in Path(folder.__path__[0]).glob("*.py")
        if path.name != "__init__.py"
    }
    assert named == held
