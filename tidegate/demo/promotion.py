"""Act six: a second version takes over while requests are running, and hands back."""

import threading
from dataclasses import dataclass, field
from time import monotonic
from types import TracebackType
from typing import Self

import httpx

from tidegate.demo.calls import bearer, infer_url, read_rows, write_body
from tidegate.demo.models import CLASSIFIER
from tidegate.demo.stage import PromiseBroken, Stage

CALLERS = 4
_SEEN_S = 30.0


@dataclass(slots=True)
class Load:
    """Callers that ask without a pause; counts answers by the version that gave them."""

    url: str
    body: str
    headers: dict[str, str]
    answers: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._threads = [threading.Thread(target=self._call) for _ in range(CALLERS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def await_version(self, version: int, more: int = 50) -> None:
        """Wait until `version` has given `more` further answers; raises PromiseBroken."""
        wanted = self.answers.get(str(version), 0) + more
        ends = monotonic() + _SEEN_S
        with self._changed:
            while self.answers.get(str(version), 0) < wanted:
                if not self._changed.wait(ends - monotonic()):
                    raise PromiseBroken(f"version {version} does not answer: {self.answers}")

    def _call(self) -> None:
        with httpx.Client(timeout=30) as client:
            while not self._stop.is_set():
                try:
                    answer = client.post(self.url, content=self.body, headers=self.headers)
                    self._count(answer)
                except httpx.HTTPError as error:
                    self.failures.append(repr(error))

    def _count(self, answer: httpx.Response) -> None:
        if answer.status_code != 200:
            self.failures.append(f"{answer.status_code} {answer.text[:200]}")
            return
        version = answer.json()["model_version"]
        with self._changed:
            self.answers[version] = self.answers.get(version, 0) + 1
            self._changed.notify_all()


def promote_and_roll_back(stage: Stage) -> None:
    """Move the alias forward and back under load; not one request may fail."""
    with stage.open_act("Promote version 2 while requests are running, then roll back"):
        live = stage.client.models.get(CLASSIFIER)
        first = next(alias.version for alias in live.aliases if alias.name == "live")
        second = next(one.version for one in live.versions if one.version != first)
        body = write_body(read_rows(stage.held_out)[:1])
        with Load(infer_url(stage), body, bearer(stage)) as load:
            load.await_version(first)
            promote(stage, load, first, second)
            roll_back(stage, load, first)
        total = sum(load.answers.values())
        stage.expect(load.failures, [], "failed requests")
        stage.show("requests during both switches", f"{total} answered, 0 failed")


def promote(stage: Stage, load: Load, first: int, second: int) -> None:
    """The alias moves by compare-and-set; the new version loads beside the old one."""
    started = monotonic()
    stage.client.models.point(CLASSIFIER, "live", second, expected=first)
    with stage.console.status(f"   version {second} loads beside version {first}"):
        stage.client.endpoints.wait(CLASSIFIER, timeout_s=120, version=second)
        load.await_version(second)
    stage.show(
        f"{CLASSIFIER}@live moved to version {second}",
        f"answers after {monotonic() - started:.1f} s",
        f"tidegate models alias {CLASSIFIER} live {second} --expected {first} "
        f"&& tidegate endpoints wait {CLASSIFIER} --version {second}",
    )


def roll_back(stage: Stage, load: Load, first: int) -> None:
    """The previous version is still loaded, so that going back takes one write."""
    started = monotonic()
    stage.client.models.rollback(CLASSIFIER, "live")
    load.await_version(first)
    stage.show(
        f"rolled back to version {first}",
        f"answers after {monotonic() - started:.1f} s",
        f"tidegate models rollback {CLASSIFIER} live",
    )
