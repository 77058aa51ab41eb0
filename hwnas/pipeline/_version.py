"""Which code made a result."""

from importlib.metadata import PackageNotFoundError, version


def code_version() -> str:
    """The installed version of hwnas."""
    try:
        return version("hwnas")
    except PackageNotFoundError:
        return "not installed"
