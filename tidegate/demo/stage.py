"""What the acts share: the running platform, what was promised and kept, and how to do it by hand."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.markup import escape

from tidegate.client import Client
from tidegate.settings import Settings


class PromiseBroken(Exception):
    """The platform did not do what the demo says it does."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done: what, what came of it, and the command for it."""

    act: int
    what: str
    outcome: str
    command: str


@dataclass(slots=True)
class Stage:
    """Passed from act to act. `key` and `held_out` (a Parquet file) are filled on the way."""

    settings: Settings
    environ: Mapping[str, str]
    client: Client
    console: Console
    key: str = ""
    held_out: str = ""
    act: int = 0
    steps: list[Step] = field(default_factory=list)

    @contextmanager
    def open_act(self, title: str) -> Iterator[None]:
        """Announce an act and say how long it took."""
        self.act += 1
        self.console.print(f"\n[bold]{self.act}. {title}[/bold]")
        started = monotonic()
        yield
        self.console.print(f"   [dim]{monotonic() - started:.1f} s[/dim]")

    def say(self, text: str) -> None:
        """Tell what is going on."""
        self.console.print(f"   {escape(text)}")

    def show(self, what: str, outcome: str, command: str = "") -> None:
        """Tell what was done and what came of it; it goes into the table at the end."""
        self.console.print(f"   [green]✓[/green] {escape(what)}: {escape(outcome)}")
        self.steps.append(Step(self.act, what, outcome, command))

    def keep(self, name: str, text: str) -> Path:
        """Keep a file beside the demo's home, for those who repeat a step by hand."""
        folder = self.settings.home.parent / "by-hand"
        folder.mkdir(exist_ok=True)
        file = folder / name
        file.write_text(text)
        return file

    def expect(self, found: object, wanted: object, what: str) -> None:
        """Raise PromiseBroken unless both are the same."""
        if found != wanted:
            raise PromiseBroken(f"{what}: expected {wanted}, found {found}")
