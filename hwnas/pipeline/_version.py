"""Which code made a result."""

from importlib.metadata import PackageNotFoundError, version


def code_version() -> str:
    """The installed version of hwnas."""
    try:
        return version("hwnas")
    except PackageNotFoundError:
        return "not installed"


def versions() -> str:
    """Of everything that decides what a network computes and a predictor learns: what is stored is good as long."""
    return " ".join([code_version(), *(version(name) for name in ("torch", "onnxruntime", "onnx", "scikit-learn"))])
