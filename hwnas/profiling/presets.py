"""How much to measure: three sizes, each at least so many runs **and** so many seconds, as MLPerf Mobile does."""

from dataclasses import dataclass

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.nearest import nearest_first


@dataclass(frozen=True)
class Preset:
    """Size of a measurement.

    Args:
        name: what people type.
        rounds: rounds of all models.
        min_runs: at least so many runs of a model in a round, and
        min_seconds: at least so long.
        half_width: models whose interval reaches further than this share of their latency get more rounds,
        max_rounds: until they have had so many.
    """

    name: str
    rounds: int
    min_runs: int
    min_seconds: float
    half_width: float
    max_rounds: int


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("rapid", rounds=5, min_runs=6, min_seconds=0.008, half_width=0.04, max_rounds=10),
        Preset("normal", rounds=10, min_runs=6, min_seconds=0.03, half_width=0.02, max_rounds=20),
        Preset("thorough", rounds=20, min_runs=20, min_seconds=0.1, half_width=0.01, max_rounds=60),
    )
}


def find_preset(name: str) -> Preset:
    """The preset called `name`.

    Raises:
        InputError: there is none; the message lists them, nearest first.
    """
    if name not in PRESETS:
        raise InputError(
            f"No preset {quoted(name)}; there are, nearest first: {', '.join(nearest_first(name, PRESETS))}."
        )
    return PRESETS[name]
