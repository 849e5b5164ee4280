"""What a replica counted while it was measured, by the protocol's statistics."""

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SECOND_NS = 1e9


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows computed, runs of the model, and the seconds that those runs took."""

    rows: int
    runs: int
    model_s: float

    def __sub__(self, before: "Counted") -> "Counted":
        return Counted(
            self.rows - before.rows, self.runs - before.runs, self.model_s - before.model_s
        )

    @property
    def batch(self) -> float:
        """Mean rows of a run; 0 when there was none."""
        return self.rows / self.runs if self.runs else 0.0


def read_counted(document: Mapping[str, Any]) -> Counted:
    """From one answer of `/stats`."""
    (model,) = document["model_stats"]
    spent_ns = sum(batch["compute_infer"]["ns"] for batch in model["batch_stats"])
    return Counted(model["inference_count"], model["execution_count"], spent_ns / _SECOND_NS)


def ask_counted(url: str, headers: Mapping[str, str]) -> Counted:
    """Ask a replica now; raises URLError."""
    request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - loopback
        return read_counted(json.load(response))
