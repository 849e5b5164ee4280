"""The demo, told to its end."""

import json
import os
import subprocess
from pathlib import Path

from tests.system.stand import TIDEGATE


def test_the_demo_keeps_its_promises(tmp_path: Path) -> None:
    ran = subprocess.run(
        [str(TIDEGATE), "demo", "--json"],
        cwd=tmp_path,
        env=dict(os.environ),  # noqa: TID251 - a process edge
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
    steps = {step["what"]: step["outcome"] for step in json.loads(ran.stdout)}
    assert steps["143 held-out rows"] == "no finding"
    assert steps["the same rows, three features shifted"].startswith("3 findings")
    assert steps["requests during both switches"].endswith("answered, 0 failed")
    page = (tmp_path / ".tidegate" / "drift-report.html").read_text()
    assert "worst concavity" in page
