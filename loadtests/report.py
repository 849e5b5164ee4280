"""What the benchmark leaves: two tables for people, one JSON file for comparing runs."""

import json
import platform as machine
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from loadtests.batching import Round
from loadtests.verdict import Readings, list_ratios

RESULTS = Path(__file__).parent / "results"


def show(readings: Readings, batching: Round) -> None:
    """Print the readings, then the ratios that count."""
    columns = ("connections", "server", "requests/s", "of bare", "p50 ms", "p99 ms", "failed")
    table = Table(*columns, title="Tabular model, 32 features, JSON, one replica")
    for connections, row in readings.items():
        for name, reading in row.items():
            table.add_row(
                str(connections),
                name,
                f"{reading.rate:,.0f}",
                f"{reading.rate / row['bare'].rate:.0%}",
                f"{reading.p50_ms:.2f}",
                f"{reading.p99_ms:.2f}",
                str(reading.failures),
            )
    ratios = Table("ratio", "read", "to reach", "")
    for ratio in list_ratios(readings, batching):
        mark = "met" if ratio.is_met else "[red]missed[/red]"
        ratios.add_row(ratio.name, f"{ratio.value:.2f}", ratio.wanted, mark)
    console = Console()
    console.print(table)
    console.print(ratios)


def save(readings: Readings, batching: Round) -> None:
    """Keep the run as JSON, with the machine it ran on."""
    RESULTS.mkdir(exist_ok=True)
    document = write_document(readings, batching)
    document["at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    document["machine"] = {"python": machine.python_version(), "processor": machine.machine()}
    (RESULTS / "bench.json").write_text(json.dumps(document, indent=2) + "\n")


def write_document(readings: Readings, batching: Round) -> dict[str, Any]:
    """The run as a JSON document."""
    return {
        "readings": {
            str(connections): {
                name: {**asdict(reading), "of_bare": reading.rate / row["bare"].rate}
                for name, reading in row.items()
            }
            for connections, row in readings.items()
        },
        "batching": {
            **asdict(batching),
            "efficiency": batching.efficiency,
            "busy": batching.busy,
            "speed": batching.speed,
        },
        "ratios": [
            {**asdict(ratio), "is_met": ratio.is_met} for ratio in list_ratios(readings, batching)
        ],
    }
