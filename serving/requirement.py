"""What a package requires of Python: whether this environment has it, before anything is imported."""

from importlib.metadata import PackageNotFoundError, version

from packaging.requirements import InvalidRequirement, Requirement

from core.errors import RuntimeUnavailable


def check_requirements(runtime: str, requirements: tuple[str, ...]) -> None:
    """Raise RuntimeUnavailable, naming each requirement of a package that is not met here."""
    if missing := find_missing(requirements):
        detail = (
            f"its package requires {'; '.join(missing)}. Install that in the platform's environment"
        )
        raise RuntimeUnavailable(runtime, detail)


def find_missing(requirements: tuple[str, ...]) -> list[str]:
    """What is wrong with each requirement that is not met in this process."""
    return [told for told in map(_judge, requirements) if told]


def _judge(text: str) -> str:
    """What is wrong with one requirement, empty for nothing."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return f"{text[:100]!r}, which is no requirement"
    if requirement.marker is not None and not requirement.marker.evaluate():
        return ""
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return f"{text[:100]}, which is not installed"
    if requirement.specifier.contains(found, prereleases=True):
        return ""
    return f"{text[:100]}, and {found} is installed"
