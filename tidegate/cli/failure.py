"""What becomes of an error: one line, what to do next, and how the command exits."""

from dataclasses import dataclass

from core.errors import (
    Conflict,
    DeadlineExceeded,
    InvalidInput,
    NotFound,
    TidegateError,
    Unauthenticated,
    Unavailable,
)

FAILED = 1
UNREACHABLE = 3

# Whom the client and `connect` name when nobody is there to do what was asked. An endpoint that is
# unavailable is another matter: the platform answered, and said so.
_PLATFORM = frozenset({"control API", "platform"})

_ADVICE: dict[type[TidegateError], str] = {
    DeadlineExceeded: "It may still come: look again, or wait longer with --timeout.",
    Unavailable: "`tidegate status` and the files in the home's `logs` folder tell more.",
    NotFound: "The `list` command of the same noun shows what is there.",
    Conflict: "Look at how it stands now, then decide.",
    Unauthenticated: "The admin token of another home? Set TIDEGATE_HOME to the platform's own.",
    InvalidInput: "Mend what it names; --help shows what the command takes.",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """How an error is told: its text, advice (may be empty) and the exit code."""

    text: str
    advice: str
    code: int


def explain(error: TidegateError | OSError) -> Failure:
    """The failure that an error is; OSError is a file or folder that this command uses."""
    if isinstance(error, OSError):
        return Failure(str(error), "", FAILED)
    if isinstance(error, Unavailable) and error.subject in _PLATFORM:
        advice = "Is it running? `tidegate status` tells; `tidegate up` starts it."
        return Failure(str(error), advice, UNREACHABLE)
    advice = next((text for kind, text in _ADVICE.items() if isinstance(error, kind)), "")
    return Failure(str(error), advice, FAILED)
