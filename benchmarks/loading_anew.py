"""Claim: a model is faster or slower each time it is loaded, for as long as it is; loaded anew, it is noise.

Six random networks of the shipped space are timed in stretches of `ROUNDS` interleaved rounds, each beside the space's
smallest and middle network; a figure is the median over a stretch of the model's processor time over that beside it. In
one half of the stretches everything is loaded anew at their start, in the other everything stays; the two kinds take
turns. What lasts through a stretch shows in both its even and its odd rounds: the square root of their covariance over
stretches is reported, for all models alike (`of_the_reference`, the scale of a session) and for each (`of_a_model`).
What hwnas does about it is in `hwnas/devices/_runner.py`.

Run:  python benchmarks/loading_anew.py [--seconds 200]
"""

import argparse
import random
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from _saving import save

from hwnas.contracts.arrays import FloatArray
from hwnas.devices._runner import Runner, precedence
from hwnas.devices._session import Sessions
from hwnas.export.architecture import write_architecture
from hwnas.genomes.sampling import draw
from hwnas.spaces.mobilenetv3_grey28 import mobilenetv3_grey28

MODELS, ROUNDS, WARM_UP = 6, 12, 10


class Bench:
    """The models and the two references, loaded."""

    def __init__(self, models: list[str], references: list[str]) -> None:
        self.models, self.references = models, references
        self._runner = Runner(Sessions())
        self.load()

    def load(self) -> None:
        """Everything anew, in random order, while what was there stays until its successor is."""
        everything = [*self.models, *self.references]
        random.shuffle(everything)
        loaded = getattr(self, "_loaded", {})
        for path in everything:
            loaded[path] = self._runner.loaded(path, 0)
            loaded[path].warm_up(WARM_UP)
        self._loaded = loaded

    def _ms(self, path: str, seconds: float) -> float:
        loaded = self._loaded[path]
        loaded.settle()
        return median(loaded.burst(5, seconds)[1]) / 1e6

    def stretch(self) -> FloatArray:
        """Logarithms of quotients, ``(rounds, models, references)``."""
        found = np.empty((ROUNDS, len(self.models), len(self.references)))
        for row in found:
            for index in random.sample(range(len(self.models)), len(self.models)):
                before = [self._ms(path, 0.003) for path in self.references]
                own = self._ms(self.models[index], 0.01)
                after = [self._ms(path, 0.003) for path in self.references]
                row[index] = [np.log(2 * own / (b + a)) for b, a in zip(before, after, strict=True)]
        return found


def lasting(stretches: FloatArray) -> dict[str, float]:
    """What lasts, from quotients to one reference ``(stretches, rounds, models)``."""
    halves = [np.median(stretches[:, part::2], axis=1) for part in (0, 1)]
    apart = [half - half.mean(axis=0) for half in halves]
    common = [half.mean(axis=1) for half in apart]
    own = [half - shared[:, None] for half, shared in zip(apart, common, strict=True)]
    root = {name: np.mean(a * b) for name, (a, b) in {"of_the_reference": common, "of_a_model": own}.items()}
    return {name: float(np.sqrt(max(0.0, value))) for name, value in root.items()}


def main() -> None:
    """Time in turns, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=200.0)
    options = parser.parse_args()
    space = mobilenetv3_grey28()
    random.seed(0)
    with tempfile.TemporaryDirectory() as folder, precedence():
        named = {str(i): space.decode(genome) for i, genome in enumerate(draw(space, 3 + MODELS, 0)[3:])}
        named |= {"smallest": space.smallest, "middle": space.middle}
        paths = {n: str(write_architecture(space, a, Path(folder) / n)) for n, a in named.items()}
        bench = Bench([paths[str(i)] for i in range(MODELS)], [paths["smallest"], paths["middle"]])
        kinds: dict[str, list[FloatArray]] = {"loaded_anew": [], "kept": []}
        end = time.monotonic() + options.seconds
        while time.monotonic() < end:
            bench.load()
            kinds["loaded_anew"].append(bench.stretch())
            kinds["kept"].append(bench.stretch())
    # A pair of stretches shares one loading; `kept` is what changes within a pair.
    anew, kept = (np.stack(kinds[kind]) for kind in ("loaded_anew", "kept"))
    found: dict[str, object] = {"stretches": 2 * len(anew)}
    for name, quotients in (("loaded_anew", anew), ("kept", (kept - anew) / np.sqrt(2))):
        found[name] = {
            "beside_middle": lasting(quotients[..., 1]),
            "beside_smallest": lasting(quotients[..., 0]),
            "beside_both": lasting(quotients.mean(axis=-1)),
        }
    spread = np.median(np.abs(anew[..., 1] - np.median(anew[..., 1], axis=1, keepdims=True)))
    save("loading_anew", __doc__ or "", {**found, "spread_of_a_round": float(1.4826 * spread)})


if __name__ == "__main__":
    main()
