"""The developer page of a route, in a real browser without a window."""

import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from core.exposure import Exposure
from registry.publishing import Authored
from tests.fakes.gateway_process import run_gateway
from tidegate.client.waiting import Waiting

ROUTE = {
    "name": "open",
    "endpoint": "iris",
    "auth": "anonymous",
    "operations": ["infer", "documents"],
}


def test_a_browser_shows_it_and_its_policy_lets_it_work(tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("no chromium here (apt-get install chromium)")
    with run_gateway(tmp_path) as running:
        exposure = Exposure.read({"routes": [ROUTE]})
        running.platform.stages.publish("prod", lambda _: exposure, Authored(0.0))
        url = f"http://{running.public}/docs/open"
        Waiting().until(
            lambda: httpx.get(url, trust_env=False).status_code,
            lambda status: status == 200,
            subject="the page",
            timeout_s=10,
        )
        command = [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
        ]
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        shown = subprocess.run(
            [*command, profile, "--virtual-time-budget=3000", "--dump-dom", url],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        assert "/v1/endpoints/open:predict" in shown.stdout
        assert "curl" in shown.stdout
        assert "Content Security Policy" not in shown.stderr
        # The same request that the page's form is filled with.
        document = httpx.get(f"{url}/openapi.json", trust_env=False).json()
        assert document["openapi"] == "3.1.0"
