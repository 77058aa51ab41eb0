"""Settings that make slow strategies quick enough to run many times, and long ones reach their end; for all tests."""

from hwnas.contracts.architecture import Architecture


def length(architecture: Architecture) -> float:
    """A score of architectures without networks; not of all of them."""
    return float("nan") if architecture.get("kind") == "skip" else float(len(architecture.to_json()))


SMALL: dict[str, dict[str, object]] = {
    "agemoea": {"population": 12},
    "bananas": {"members": 2, "depth": 2, "epochs": 5, "pool": 60},
    "ctnas": {"initial": 12, "epochs": 5, "steps": 5},
    "enas": {"hidden": 6},
    "gp_hamming": {"steps": 3, "pool": 60, "draws": 16},
    "gp_path": {"steps": 3, "pool": 60, "draws": 16},
    "linas": {"initial": 12, "inner": 300},
    "mfkd": {"steps": 3, "pool": 60, "hints": 20, "initial": 8},
    "nasbot": {"steps": 2, "pool": 25, "draws": 8, "nus": (0.4,)},
    "nsga2": {"population": 12},
    "pnas": {"beam": 10, "epochs": 5},
    "ppo": {"hidden": 6, "epochs": 2},
    "qnehvi": {"steps": 3, "pool": 60, "draws": 16},
    "reinforce": {"hidden": 6},
    "unsga3": {"population": 12},
    "vizier": {"steps": 3, "pool": 60},
    "weaknas": {"epochs": 5, "pool": 500},
    "zero_cost": {"score": length, "candidates": 60},
}
