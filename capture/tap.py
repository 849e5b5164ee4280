"""The tap: where the gateway hands over what it answered, at no cost to the request."""

import logging
import threading
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from capture.part import Partition, group_records, write_part
from capture.record import CaptureRecord, tabulate_records
from capture.store import Store, open_store
from core.clock import Clock

_LOG = logging.getLogger(__name__)
# The writer gives the interpreter back after so many records, so that an event loop in the same
# process never waits for a whole part to be encoded.
_BREATH_RECORDS = 256
_BREATH_S = 0.0005
# How long a process that ends waits for a slow storage; its supervisor must grant it.
CLOSE_S = 30.0


@dataclass(frozen=True, slots=True)
class CaptureCounts:
    """Records so far: offered = written + dropped + failed + pending, at every moment."""

    offered: int = 0
    written: int = 0
    dropped: int = 0
    failed: int = 0
    pending: int = 0


class Tap(Protocol):
    """Takes captured records; called by the gateway once for each captured request, on its event loop."""

    def offer(self, record: CaptureRecord) -> bool:
        """Take the record, or drop it (False). Returns at once, whatever the state of the storage.

        Never raises. The record is the tap's from here on.
        """
        ...

    @property
    def counts(self) -> CaptureCounts:
        """What became of the records."""
        ...

    def start(self) -> None:
        """Begin to write; called once."""
        ...

    def close(self) -> None:
        """Write all that was taken, then stop. Records offered later are dropped."""
        ...


class NullTap:
    """Keeps nothing."""

    def offer(self, record: CaptureRecord) -> bool:  # noqa: ARG002 - the protocol's argument
        """Drop the record."""
        return False

    @property
    def counts(self) -> CaptureCounts:
        """All zero: nothing is captured here, so nothing is lost."""
        return CaptureCounts()

    def start(self) -> None:
        """Nothing to begin."""

    def close(self) -> None:
        """Nothing to end."""


class CaptureLog:
    """Writes records as Parquet parts from a thread of its own.

    `url` is a folder or an object store. A part is written when `rotate_s` seconds have gone or
    `rotate_bytes` are waiting. At most `buffer_bytes` are held in memory, those being written
    included; what comes beyond is dropped and counted. What cannot be written is counted as failed
    and given up: a full disk costs records, never a request.
    """

    def __init__(
        self, url: str, rotate_s: float, rotate_bytes: int, buffer_bytes: int, clock: Clock
    ) -> None:
        self._url = url
        self._rotate_s = rotate_s
        self._rotate_bytes = min(rotate_bytes, buffer_bytes)
        self._buffer_bytes = buffer_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._store: Store | None = None
        self._buffer: list[CaptureRecord] = []
        self._buffered_bytes = 0
        self._held_bytes = 0
        self._offered = self._written = self._dropped = self._failed = 0
        self._is_failing = False

    def start(self) -> None:
        """Start the writing thread."""
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._thread.start()

    def offer(self, record: CaptureRecord) -> bool:
        """Take the record if there is room for it."""
        size = record.nbytes
        with self._lock:
            self._offered += 1
            if self._held_bytes + size > self._buffer_bytes or self._closing.is_set():
                self._dropped += 1
                return False
            self._held_bytes += size
            self._buffered_bytes += size
            self._buffer.append(record)
            is_due = self._buffered_bytes >= self._rotate_bytes
        if is_due and not self._wake.is_set():
            self._wake.set()
        return True

    @property
    def counts(self) -> CaptureCounts:
        """What became of the records; `pending` holds those being written too."""
        with self._lock:
            ended = self._written + self._dropped + self._failed
            return CaptureCounts(
                self._offered, self._written, self._dropped, self._failed, self._offered - ended
            )

    def flush(self) -> None:
        """Write what is waiting now, in the calling thread."""
        with self._lock:
            records, size = self._buffer, self._buffered_bytes
            self._buffer, self._buffered_bytes = [], 0
        if not records:
            return
        written = 0
        try:
            written = self._write(records)
        finally:
            with self._lock:
                self._held_bytes -= size
                self._written += written
                self._failed += len(records) - written

    def close(self, timeout_s: float = CLOSE_S) -> None:
        """Write everything and stop; gives up on storage that takes longer than `timeout_s`."""
        self._closing.set()
        self._wake.set()
        if self._thread is None:
            self.flush()
        else:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.wait(self._rotate_s)
            self._wake.clear()
            self.flush()
        self.flush()

    def _write(self, records: list[CaptureRecord]) -> int:
        written = 0
        for partition, tables in self._encode(records).items():
            table = pa.concat_tables(tables).combine_chunks()
            try:
                if self._store is None:
                    self._store = open_store(self._url)
                write_part(self._store, partition.folder, table, self._clock.now())
            except Exception as error:  # noqa: BLE001 - any fault of a storage costs only this part
                self._note_failure(error, table.num_rows)
            else:
                written += table.num_rows
                self._is_failing = False
        return written

    def _encode(self, records: list[CaptureRecord]) -> dict[Partition, list[pa.Table]]:
        tables: dict[Partition, list[pa.Table]] = {}
        for at in range(0, len(records), _BREATH_RECORDS):
            for partition, group in group_records(records[at : at + _BREATH_RECORDS]).items():
                try:
                    tables.setdefault(partition, []).append(tabulate_records(group))
                except Exception as error:  # noqa: BLE001 - an odd record costs only its neighbours
                    self._note_failure(error, len(group))
            self._closing.wait(_BREATH_S)
        return {partition: found for partition, found in tables.items() if found}

    def _note_failure(self, error: Exception, count: int) -> None:
        # Once per episode: a full disk would fill the log of a full disk.
        if not self._is_failing:
            _LOG.error(
                "capture: %d records could not be written, more may follow: %s", count, error
            )
        self._is_failing = True
