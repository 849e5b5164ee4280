"""How long captures are kept: whole days go at once."""

from collections.abc import Iterator

from capture.part import midnight_of
from capture.store import Store, guard_storage, open_store
from capture.truth import TRUTH_FOLDER


def forget_days(url: str, before: float) -> int:
    """Remove the days (UTC) that had ended at `before` (Unix seconds), of records and of truth.

    Returns how many folders of one day went. Folders that are not of the log stay. Raises Unavailable.
    """
    hour = int(before // 3600)
    with guard_storage(url):
        store = open_store(url)
        ended = [folder for folder in _find_days(store) if _ended(folder, hour)]
        for folder in ended:
            store.remove_folder(folder)
    return len(ended)


def _find_days(store: Store) -> Iterator[str]:
    endpoints = [name for name in store.folders() if name.startswith("endpoint=")]
    holders = [f"{name}/{below}" for name in endpoints for below in store.folders(name)]
    holders += [f"{TRUTH_FOLDER}/{name}" for name in store.folders(TRUTH_FOLDER)]
    for holder in holders:
        for day in store.folders(holder):
            yield f"{holder}/{day}"


def _ended(folder: str, hour: int) -> bool:
    midnight = midnight_of(folder.rpartition("/")[2])
    return midnight is not None and midnight + 24 <= hour
