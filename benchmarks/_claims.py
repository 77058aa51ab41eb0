"""What the verdicts on strategies compare: problems, arms, and what each paper claims, before anything is run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import _nb201

from hwnas.contracts.objective import Objective
from hwnas.problems.nas_bench_201 import EDGES, PATHS

ACCURACY = Objective("acc_cifar10_test200", "max", "%")
LATENCY = Objective("lat_ms_gold_6226", "min", "ms")
OTHER_LATENCY = Objective("lat_ms_1080ti_1", "min", "ms")
LIMIT_MS = 8.28  # the 30th percentile of all cells' latencies
WITHIN = Objective("lat_ms_gold_6226", "min", "ms", limit=LIMIT_MS)
HINT = "acc_oneshot_supernet_cifar10"  # what cheap looks see: accuracy with inherited weights
NOISE = 0.5  # points
CELL: dict[str, object] = {"paths": PATHS, "broken": "none"}
SKIPS = dict.fromkeys(EDGES, "skip")


@dataclass(frozen=True)
class Arm:
    """A strategy with its settings."""

    strategy: str
    settings: Mapping[str, object] = field(default_factory=dict)


_PLAIN = (
    *("random", "local_search", "aging_evolution", "surrogate", "reinforce", "ppo", "enas", "gp_hamming", "qnehvi"),
    *("vizier", "weaknas", "ctnas"),
)
_LADDERS = ("successive_halving", "asha", "hyperband", "bohb", "rank_nosh", "curve_extrapolation")
_WITHOUT = ("rank_nosh losers leave", "rank_nosh on values")
ARMS = {
    **{name: Arm(name) for name in _PLAIN},
    **{name: Arm(name, {"population": 20}) for name in ("nsga2", "unsga3", "agemoea")},  # a batch of the suites
    "worst dies": Arm("aging_evolution", {"dies": "worst"}),
    "linas": Arm("linas", {"initial": 20, "inner": 5_000}),
    "linas rbf": Arm("linas", {"initial": 20, "inner": 5_000, "predictor": "rbf"}),
    "linas database": Arm("linas", {"initial": 20, "inner": 5_000, "database": 5_000}),
    "ctnas fixed baseline": Arm("ctnas", {"renewed": 0}),
    "pnas": Arm("pnas", {"blocks": 6, "beam": 10, "rest": SKIPS}),
    "gp_path": Arm("gp_path", CELL),
    "bananas": Arm("bananas", CELL),
    "mfkd": Arm("mfkd", {"fidelities": {"inherited": 0.01}}),
    "mfkd without hints": Arm("mfkd"),
    **{name: Arm("mfkd", {"initial": 10}) for name in ("mfkd distilled", "mfkd plain", "mfkd alone")},
    **{name: Arm(name) for name in _LADDERS},
    **{name: Arm(name) for name in _WITHOUT},
    **{f"nsga2 {how}": Arm(f"nsga2 {how}", {"population": 20}) for how in ("death penalty", "for numbers")},
    "nasbot": Arm("nasbot", {"layers": _nb201.layers}),
}


@dataclass(frozen=True)
class Suite:
    """A problem: what is sought, how long, in what batches, and which arms are asked for one architecture at a time, as
    their papers do where an answer costs them little thought.
    """

    objectives: tuple[Objective, ...]
    evaluations: int
    batch: int
    arms: tuple[str, ...]
    noise: float = 0.0
    one_by_one: tuple[str, ...] = ()

    @property
    def points(self) -> range:
        """Numbers of evaluations after which the loss is kept."""
        return range(self.batch, self.evaluations + 1, self.batch)


SUITES = {
    "single": Suite(
        (ACCURACY,),
        100,
        10,
        (
            "random", "local_search", "aging_evolution", "surrogate", "weaknas", "gp_hamming", "gp_path", "vizier",
            "ctnas", "ctnas fixed baseline", "nasbot", "bananas",
            "mfkd", "mfkd without hints",
        ),
        one_by_one=("aging_evolution", "gp_hamming", "gp_path", "vizier"),
    ),
    "policies": Suite((ACCURACY,), 300, 10, ("random", "reinforce", "ppo", "enas", "pnas")),
    "noisy": Suite(
        (ACCURACY,),
        150,
        10,
        ("random", "local_search", "aging_evolution", "worst dies"),
        NOISE,
        one_by_one=("aging_evolution", "worst dies"),
    ),
    "pareto": Suite(
        (ACCURACY, LATENCY),
        200,
        20,
        (
            "random", "nsga2", "unsga3", "agemoea", "local_search", "aging_evolution", "surrogate", "linas",
            "linas rbf", "linas database", "weaknas", "gp_hamming", "qnehvi",
        ),
    ),
    "three": Suite((ACCURACY, LATENCY, OTHER_LATENCY), 200, 20, ("random", "nsga2", "unsga3", "agemoea", "surrogate")),
    "limited": Suite((ACCURACY, WITHIN), 400, 20, ("random", "nsga2", "nsga2 death penalty", "nsga2 for numbers")),
}  # fmt: skip
MICRO_EVALUATIONS, MICRO_STEP = 40, 2  # whole trainings; cheaper looks count what they were measured to take
MICRO = ("random", "gp_hamming", "weaknas", "mfkd distilled", "mfkd plain", "mfkd alone", *_LADDERS, *_WITHOUT)
LOOKS = {  # what an arm may look at before a whole training
    "mfkd distilled": ("distilled1",),
    "mfkd plain": ("plain1",),
    **dict.fromkeys((*_LADDERS, *_WITHOUT), ("epoch1", "epoch3", "epoch6")),
}
RANKERS = ("comparator", "network", "ridge")
LABELS = (25, 50, 100, 400)
CURVES = ("last accuracy", "losses so far", "extrapolated")
EPOCHS = (1, 3, 6)  # that are seen of a curve
WHOLE = 20  # curves that extrapolation learns from


def points_of(suite: str) -> list[int]:
    """After how many evaluations, or labels, losses are kept."""
    if suite == "rank":
        return list(LABELS)
    if suite == "curves":
        return list(EPOCHS)
    if suite == "micro":
        return list(range(MICRO_STEP, MICRO_EVALUATIONS + 1, MICRO_STEP))
    return list(SUITES[suite].points)


@dataclass(frozen=True)
class Claim:
    """That `arm` at `at` loses less than `factor` times what `against` loses at `against_at`.

    With `reach` it is not losses that are compared, but evaluations until the loss is at most `reach`.
    """

    method: str
    says: str
    suite: str
    arm: str
    against: str
    at: int
    against_at: int = 0
    factor: float = 1.0
    reach: float | None = None


def _claims() -> list[Claim]:
    better_than_evolution = "a lower regret than aging evolution after 60 evaluations"
    gps = [("gp_hamming", "GP, Hamming kernel"), ("gp_path", "GP, path kernel"), ("vizier", "Vizier-style UCB")]
    gps += [("nasbot", "NASBOT"), ("bananas", "BANANAS")]
    ladders = ("Successive halving", "ASHA", "Hyperband", "BOHB", "RANK-NOSH", "Curve extrapolation")
    return [
        Claim("Aging evolution", "under noise, better if the oldest dies than if the worst does", "noisy",
              "aging_evolution", "worst dies", 150),
        Claim("Aging evolution", "a lower regret than random search", "single", "aging_evolution", "random", 100),
        Claim("Local search", "without noise, a lower regret than aging evolution", "single", "local_search",
              "aging_evolution", 100),
        Claim("Local search", "without noise, a lower regret than random search", "single", "local_search", "random",
              100),
        Claim("U-NSGA-III", "with three objectives, less hypervolume missing than NSGA-II", "three", "unsga3", "nsga2",
              200),
        Claim("AGE-MOEA", "with three objectives, less hypervolume missing than NSGA-II", "three", "agemoea", "nsga2",
              200),
        Claim("NSGA-II", "within a latency limit, less hypervolume missing than with the death penalty", "limited",
              "nsga2", "nsga2 death penalty", 100),
        Claim("NSGA-II", "within a latency limit, less hypervolume missing than with operators for numbers", "limited",
              "nsga2", "nsga2 for numbers", 400),
        Claim("LINAS", "95 % of the front's hypervolume in half of NSGA-II's evaluations", "pareto", "linas", "nsga2",
              200, factor=0.5, reach=0.05),
        Claim("LINAS, rbf", "95 % of the front's hypervolume in half of NSGA-II's evaluations", "pareto", "linas rbf",
              "nsga2", 200, factor=0.5, reach=0.05),
        Claim("LINAS, database", "less hypervolume missing than without it", "pareto", "linas database", "linas", 100),
        Claim("WeakNAS", "a lower regret than aging evolution", "single", "weaknas", "aging_evolution", 100),
        *(Claim(title, better_than_evolution, "single", name, "aging_evolution", 60) for name, title in gps),
        Claim("BANANAS", "a lower regret than the GP with a path kernel", "single", "bananas", "gp_path", 100),
        Claim("qNEHVI", "less hypervolume missing than random weights (qNParEGO)", "pareto", "qnehvi", "gp_hamming",
              100),
        Claim("qNEHVI", "less hypervolume missing than NSGA-II", "pareto", "qnehvi", "nsga2", 100),
        Claim("CTNAS", "with 50 labels, ranks better than ridge", "rank", "comparator", "ridge", 50),
        Claim("CTNAS", "with 50 labels, ranks better than the same network on values", "rank", "comparator",
              "network", 50),
        Claim("CTNAS", "a lower regret if the baseline is renewed", "single", "ctnas", "ctnas fixed baseline", 100),
        Claim("MF-KD", "with cheap hints (inherited accuracy), a lower regret than without", "single", "mfkd",
              "mfkd without hints", 40),
        Claim("MF-KD", "with hints of one distilled epoch, a lower regret than without, at equal cost", "micro",
              "mfkd distilled", "mfkd alone", 24),
        Claim("MF-KD", "with hints of one distilled epoch, a lower regret than with hints of a plain one", "micro",
              "mfkd distilled", "mfkd plain", 24),
        *(Claim(title, "a lower regret than random search, at equal cost", "micro", name, "random", 16)
          for title, name in zip(ladders, _LADDERS, strict=True)),
        Claim("BOHB", "a lower regret than Hyperband", "micro", "bohb", "hyperband", 40),
        Claim("RANK-NOSH", "the regret of a predictor on whole trainings (WeakNAS) in a third of the cost", "micro",
              "rank_nosh", "weaknas", 12, 36),
        Claim("RANK-NOSH", "a lower regret than when losers leave", "micro", "rank_nosh", "rank_nosh losers leave", 16),
        Claim("RANK-NOSH", "a lower regret than with a regression on accuracies", "micro", "rank_nosh",
              "rank_nosh on values", 16),
        Claim("Curve extrapolation", "after 3 of 12 epochs, ranks better than the last accuracy", "curves",
              "extrapolated", "last accuracy", 3),
        Claim("Sum of training losses", "after 3 of 12 epochs, ranks better than the last accuracy", "curves",
              "losses so far", "last accuracy", 3),
        Claim("REINFORCE", "a lower regret than random search", "policies", "reinforce", "random", 300),
        Claim("PPO", "a lower regret than REINFORCE", "policies", "ppo", "reinforce", 300),
        Claim("ENAS's controller", "a lower regret than random search", "policies", "enas", "random", 300),
        Claim("PNAS", "less than REINFORCE's regret with a fifth of its evaluations", "policies", "pnas", "reinforce",
              60, 300),
        Claim("hwnas's own", "95 % of the front's hypervolume in half of LINAS's evaluations", "pareto", "surrogate",
              "linas", 200, factor=0.5, reach=0.05),
    ]  # fmt: skip


CLAIMS = _claims()


Runs = dict[str, dict[str, dict[str, dict[str, object]]]]
"""Suite, arm, seed: the losses of one run, and its processor time per proposal."""
