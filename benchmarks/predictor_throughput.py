"""Claim: from genome to prediction, at least 100,000 architectures a second on one core, whichever regressor is chosen.

In every built-in space that knows its features: a predictor of each kind is fitted to 100 architectures (their
multiply-adds to the power 0.9, with 2 % noise: the speed does not depend on the figures), then asked for 100,000 random
canonical genomes in populations of 5,000, as a search asks. Seconds are the process's own processor time, so that
other work on the machine does not count; the look-up table, made once per predictor, is told apart. Beside it the
plain way, features and then the predictor.

Run:  python benchmarks/predictor_throughput.py
"""

import time

import numpy as np
from _saving import save

from hwnas.contracts import finding
from hwnas.contracts.search_space import SearchSpace
from hwnas.predictors import CalibratedPredictor, OfGenomes, features

KINDS = ("ridge", "gaussian_process", "trees")
LEARN, ASKED, POPULATION = 100, 100_000, 5_000


def seconds_of(ask: object, genomes: np.ndarray) -> float:
    """Processor seconds to predict all genomes, population by population."""
    assert callable(ask)
    started = time.process_time()
    for i in range(0, len(genomes), POPULATION):
        ask(genomes[i : i + POPULATION])
    return time.process_time() - started


def one(space: SearchSpace, kind: str) -> dict[str, object]:
    """Figures of one kind of predictor in one space."""
    rng = np.random.default_rng(0)
    learn, asked = space.sample(LEARN, rng), space.sample(ASKED, rng)
    assert space.costs is not None
    figures = space.costs(learn)["macs"] ** 0.9 * (1 + 0.02 * rng.normal(size=LEARN))
    make = finding.find("predictors", kind)
    assert callable(make)
    predictor: CalibratedPredictor = make(relative=True, space=space)
    predictor.fit(features(space, learn), figures)
    plain = seconds_of(lambda genomes: predictor.predict(features(space, genomes)), asked[: ASKED // 5]) * 5
    quick = OfGenomes(predictor)
    first = seconds_of(quick, asked[: ASKED // 5])  # the table is made in here
    again = seconds_of(quick, asked)
    return {
        "view": predictor.fitted.view.name,
        "per_second": round(ASKED / again),
        "per_second_plain": round(ASKED / plain),
        "seconds_to_make_the_table": round(max(0.0, first - plain / 5), 2),
        "met": ASKED / again >= 100_000,
    }


def main() -> None:
    """All spaces, all kinds."""
    found: dict[str, dict[str, object]] = {}
    for name in finding.names("spaces"):
        make = finding.find("spaces", name)
        assert callable(make)
        space = make()
        if not isinstance(space, SearchSpace) or space.features is None or space.costs is None:
            continue
        found[name] = {kind: one(space, kind) for kind in KINDS}
    save("predictor_throughput", __doc__ or "", {"spaces": found})


if __name__ == "__main__":
    main()
