"""Which operation of the Open Inference Protocol a path asks for."""

from dataclasses import dataclass
from enum import StrEnum


class Operation(StrEnum):
    """What a caller can ask for. The last four are known and answer 501: they are not built."""

    SERVER_LIVE = "server_live"
    SERVER_READY = "server_ready"
    SERVER_METADATA = "server_metadata"
    MODEL_METADATA = "model_metadata"
    MODEL_READY = "model_ready"
    MODEL_CONFIG = "model_config"
    INFER = "infer"
    GENERATE = "generate"
    GENERATE_STREAM = "generate_stream"
    STATISTICS = "statistics"
    REPOSITORY_INDEX = "repository_index"
    LOAD = "load"
    UNLOAD = "unload"
    REPOSITORY = "repository"
    SHARED_MEMORY = "shared_memory"
    TRACE = "trace"
    LOGGING = "logging"


@dataclass(frozen=True, slots=True)
class Call:
    """One operation, with the model and version that the path names (empty where it names none)."""

    operation: Operation
    method: str
    model: str = ""
    version: str = ""


_SERVER = {
    (): (Operation.SERVER_METADATA, "GET"),
    ("health", "live"): (Operation.SERVER_LIVE, "GET"),
    ("health", "ready"): (Operation.SERVER_READY, "GET"),
    ("models", "stats"): (Operation.STATISTICS, "GET"),
    ("logging",): (Operation.LOGGING, ""),
    ("trace", "setting"): (Operation.TRACE, ""),
}
_MODEL = {
    (): (Operation.MODEL_METADATA, "GET"),
    ("ready",): (Operation.MODEL_READY, "GET"),
    ("config",): (Operation.MODEL_CONFIG, "GET"),
    ("infer",): (Operation.INFER, "POST"),
    ("stats",): (Operation.STATISTICS, "GET"),
    ("generate",): (Operation.GENERATE, "POST"),
    ("generate_stream",): (Operation.GENERATE_STREAM, "POST"),
    ("trace", "setting"): (Operation.TRACE, ""),
}
_PREFIXES = {
    "systemsharedmemory": Operation.SHARED_MEMORY,
    "cudasharedmemory": Operation.SHARED_MEMORY,
}


def parse_path(path: str) -> Call | None:
    """The operation at a path that starts with `/v2`, or None. `Call.method` is empty for any."""
    parts = tuple(path.strip("/").split("/"))
    if parts[0] != "v2":
        return None
    rest = parts[1:]
    if rest in _SERVER:
        return Call(*_SERVER[rest])
    if rest[0] in _PREFIXES:
        return Call(_PREFIXES[rest[0]], "")
    if rest[0] == "repository":
        return _parse_repository(rest[1:])
    return _parse_model(rest)


def _parse_model(rest: tuple[str, ...]) -> Call | None:
    if len(rest) < 2 or rest[0] != "models" or not rest[1]:
        return None
    model, tail, version = rest[1], rest[2:], ""
    if tail[:1] == ("versions",) and len(tail) > 1:
        version, tail = tail[1], tail[2:]
    if tail not in _MODEL:
        return None
    return Call(*_MODEL[tail], model=model, version=version)


def _parse_repository(rest: tuple[str, ...]) -> Call | None:
    match rest:
        case ("index",):
            return Call(Operation.REPOSITORY_INDEX, "POST")
        case ("models", model, "load") if model:
            return Call(Operation.LOAD, "POST", model)
        case ("models", model, "unload") if model:
            return Call(Operation.UNLOAD, "POST", model)
        case (repository, *_, _) if repository:
            # One repository is there, and it has no name.
            return Call(Operation.REPOSITORY, "")
        case _:
            return None
