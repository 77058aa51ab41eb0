"""Claim: the default strategy proposes in under 50 ms each at 400 evaluations; its inner loop judges 100,000 a second.

On `mobilenetv3` (the space of Once-for-All, 45 choices), told 400 random architectures, with two to four figures that
are formulas of the genes: the strategy asks, once for each of five seeds. Likewise in a space of 15,625 architectures
that is looked at in full. The inner loop is counted as candidates that the
evolution scored, by both learnt models, in all of its time. Beside it, in the same run, the loop of LINAS as it was
published: pymoo's NSGA-II with integer SBX, scikit-learn's ridge regression on one-hot genes, and 20,000 predictions,
one generation at a time (and, as DyNAS-T 1.6.0 does, one network at a time). Processor time of one thread.

Then wall time where linear algebra may have a thread for each core and another process keeps one of them busy: as it
is, and with the limit of `hwnas/threads.py` taken away, in turns.

Run:  OMP_NUM_THREADS=1 python benchmarks/search_speed.py
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from _saving import save
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.problem import Problem
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.pm import PM
from pymoo.operators.repair.rounding import RoundingRepair
from pymoo.operators.sampling.rnd import IntegerRandomSampling
from pymoo.optimize import minimize
from sklearn.linear_model import Ridge
from threadpoolctl import threadpool_limits

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.finding import find
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.strategies.surrogate import SurrogateSearch
from hwnas.surrogates.base.proposer import Proposer
from hwnas.surrogates.base.seams import Guess
from hwnas.surrogates.prior.pooled import PooledModel

KNOWN, INNER, SEEDS = 400, 20_000, 5
OBJECTIVES = (Objective("accuracy", "max"), Objective("latency_ms"), Objective("size_bytes"), Objective("memory_bytes"))


def figures(space: SearchSpace, genomes: IntArray) -> FloatArray:
    """Minimised ``(n, 4)``: what saturates, and three that add up, one beyond a sum."""
    macs = space.costs(genomes)["macs"] / 1e8 if space.costs else 1 + np.asarray([0, 0, 1, 3, 0.5])[genomes].sum(axis=1)
    saturating = -80 * (1 - np.exp(-macs / 3)) - 0.1 * genomes[:, ::2].sum(axis=1)
    return np.column_stack([saturating, macs**0.9, macs + genomes.sum(axis=1), np.exp(genomes[:, :3].mean(axis=1))])


def told(space: SearchSpace, seed: int, known: int = KNOWN, objectives: int = 2) -> SurrogateSearch:
    """The strategy after so many evaluations."""
    strategy, rng = SurrogateSearch(space, OBJECTIVES[:objectives], seed), np.random.default_rng(seed)
    genomes = rng.permutation(np.unique(space.sample(2 * known, rng), axis=0))[:known]
    values = figures(space, genomes)
    strategy.tell(
        [
            Result(Trial(space.decode(g)), {o.name: float(o.sign * v) for o, v in zip(OBJECTIVES, row, strict=True)})
            for g, row in zip(genomes, values, strict=True)
        ]
    )
    return strategy


def proposing_ms(space: SearchSpace, known: int = KNOWN, objectives: int = 2) -> list[float]:
    """Milliseconds for each architecture of one batch, one figure for each seed."""
    found = []
    for seed in range(SEEDS):
        strategy = told(space, seed, known, objectives)
        began = time.process_time()
        trials = strategy.ask(strategy.batch)
        found.append(round(1000 * (time.process_time() - began) / len(trials), 1))
    return found


def beside_a_busy_process(space: SearchSpace) -> dict[str, list[float]]:
    """Milliseconds of wall time for each architecture of one batch, with and without the limit of threads."""
    limited = Proposer.ask
    unlimited = limited.__wrapped__  # type: ignore[attr-defined]  # what `on_one_thread` wraps
    found: dict[str, list[float]] = {"as_it_is": [], "without_the_limit": []}
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        for seed in range(SEEDS):
            for way, ask in (("as_it_is", limited), ("without_the_limit", unlimited)):
                Proposer.ask = ask  # type: ignore[method-assign]
                strategy = told(space, seed)
                with threadpool_limits(os.cpu_count()):
                    began = time.perf_counter()
                    trials = strategy.ask(strategy.batch)
                    found[way].append(round(1000 * (time.perf_counter() - began) / len(trials), 1))
    finally:
        Proposer.ask = limited  # type: ignore[method-assign]
        busy.kill()
    return found


def ours_per_second(space: SearchSpace, seed: int) -> float:
    """Candidates that the inner evolution scores in a second."""
    strategy, rng = told(space, seed), np.random.default_rng(seed)
    model, scored = strategy.scorer(strategy.history, rng), 0
    assert isinstance(model, PooledModel)

    class Counted:
        def __call__(self, genomes: IntArray) -> Guess:
            nonlocal scored
            scored += len(genomes)
            return model(genomes)

        draw = model.draw

    began = time.process_time()
    strategy.generator(strategy.history, Counted(), rng)
    return scored / (time.process_time() - began)


def theirs_per_second(space: SearchSpace, seed: int, *, together: bool) -> float:
    """The same of pymoo's NSGA-II over ridge regressions; one network at a time is asked for a tenth of them."""
    history = told(space, seed).history
    models = [Ridge().fit(space.one_hot(history.genomes), column) for column in history.costs.T]

    def predicted(genomes: IntArray) -> FloatArray:
        rows = space.one_hot(genomes)
        return np.column_stack([m.predict(rows) for m in models])

    def one_by_one(genomes: IntArray) -> FloatArray:
        return np.concatenate([predicted(genome[None]) for genome in genomes])

    ask: Callable[[IntArray], FloatArray] = predicted if together else one_by_one

    class Task(Problem):
        def __init__(self) -> None:
            super().__init__(n_var=len(space.choices), n_obj=2, xl=0, xu=space.sizes - 1, vtype=int)

        def _evaluate(self, x: IntArray, out: dict[str, FloatArray], *_: object, **__: object) -> None:
            out["F"] = ask(x)

    algorithm = NSGA2(
        pop_size=50,
        sampling=IntegerRandomSampling(),
        crossover=SBX(prob=0.9, vtype=float, repair=RoundingRepair()),
        mutation=PM(prob=0.02, vtype=float, repair=RoundingRepair()),
        eliminate_duplicates=True,
    )
    budget = INNER if together else INNER // 10
    began = time.process_time()
    minimize(Task(), algorithm, ("n_eval", budget), seed=seed, verbose=False)
    return budget / (time.process_time() - began)


def main() -> None:
    """Measure and save."""
    make = find("spaces", "mobilenetv3")
    assert callable(make)
    space: SearchSpace = make()
    own = {str(n): proposing_ms(space, objectives=n) for n in (2, 3, 4)}
    listed = SearchSpace([Choice(f"edge{i}", tuple("abcde"), ordered=False) for i in range(6)])
    own_listed = {str(n): proposing_ms(listed, objectives=n) for n in (2, 3, 4)}
    beside = beside_a_busy_process(space)
    ours = [ours_per_second(space, seed) for seed in range(SEEDS)]
    batched = [theirs_per_second(space, seed, together=True) for seed in range(2)]
    single = theirs_per_second(space, 0, together=False)
    save(
        "search_speed",
        __doc__ or "",
        {
            "genes": len(space.choices),
            "known": KNOWN,
            "ms_for_each_proposal_by_objectives": own,
            "ms_for_each_proposal_in_a_listed_space_by_objectives": own_listed,
            "ms_for_each_proposal_in_a_listed_space_after_100": proposing_ms(listed, 100),
            "ms_for_each_proposal_beside_a_busy_process": beside,
            "candidates_per_second_on_one_core": [round(v) for v in ours],
            "nsga2_over_ridge_per_second": [round(v) for v in batched],
            "nsga2_over_ridge_per_second_one_by_one": round(single),
            "times_nsga2_over_ridge": round(float(np.median(ours) / np.median(batched)), 1),
        },
    )


if __name__ == "__main__":
    main()
