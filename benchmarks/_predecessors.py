"""One run of a predecessor, inside the environment that `search_predecessors.py` makes; it knows nothing of hwnas.

Asks for figures over standard output and input, one line each way: genome indices out, accuracy and cost in. What the
method itself does stays its own: DyNAS-T's LINAS and NSGA-II classes with their predictors, encodings and inner loop;
pymoo's NSGA-II with integer SBX and polynomial mutation, as its documentation shows; BoTorch's qLogNEHVI over a pool.

Run by hand:  python _predecessors.py METHOD SEED EVALUATIONS
"""

# Every class here is cut to the measure of untyped libraries.
# ruff: noqa: ANN001, ANN002, ANN003, ANN202, ANN204, ARG002, ARG005, D403, N818

import importlib.abc
import importlib.machinery
import io
import json
import os
import sys
import types

ASK, ANSWER = sys.stdout, sys.stdin
ABSENT = ("fairseq", "torchvision", "torchprofile", "transformers", "sacremoses", "gdown", "neural_compressor")
GENES = 45  # five depths, twenty kernels, twenty expansions, three options each


class Budget(Exception):
    """Enough was asked."""


class Questions:
    """Hands a genome (depths, kernels, expansions) to whoever knows, and counts."""

    def __init__(self, evaluations):
        self.left = evaluations

    def __call__(self, genome):
        if self.left == 0:
            raise Budget
        self.left -= 1
        ASK.write(json.dumps([int(v) for v in genome]) + "\n")
        ASK.flush()
        return json.loads(ANSWER.readline())


class _Anything(types.ModuleType):
    """Stands for a library that the methods compared here import and never use."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        made = {"__init__": lambda self, *a, **k: None, "__class_getitem__": classmethod(lambda c, i: c)}
        return type(name, (), {**made, "__file__": None})  # one of them is opened as a shared library


class _Stubs(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return _Anything(spec.name)

    def exec_module(self, module):
        pass


def dynast(algorithm, seed, evaluations):
    """DyNAS-T 1.6.0, its OFA runner replaced by the task; nothing else is changed."""
    sys.meta_path.append(_Stubs())
    import dynast.search.search_tactic as tactic

    ask = Questions(evaluations)
    depths, kernels, expansions = (2, 3, 4), (3, 5, 7), (3, 4, 6)

    class Runner:
        """The task in the place of the network: measures by asking, predicts by DyNAS-T's own predictors."""

        def __init__(self, acc_predictor=None, latency_predictor=None, macs_predictor=None, params_predictor=None, **_):
            self.predictors = {"accuracy_top1": acc_predictor, "latency": latency_predictor}
            self.asked = None

        def _figures(self, config):
            key = json.dumps(config)
            if self.asked is None or self.asked[0] != key:
                genome = [depths.index(v) for v in config["d"]] + [kernels.index(v) for v in config["ks"]]
                self.asked = (key, ask(genome + [expansions.index(v) for v in config["e"]]))
            return self.asked[1]

        def validate_top1(self, config, device=None):
            return self._figures(config)[0]

        def measure_latency(self, config, **_):
            self.asked = None  # a genome that comes again is measured again, as it would be
            return self._figures(config)[1], 0.0

        def estimate_accuracy_top1(self, config):
            return self.predictors["accuracy_top1"].predict(config)

        def estimate_latency(self, config):
            return self.predictors["latency"].predict(config)

    tactic.OFARunner = Runner
    results = os.environ["PREDECESSORS_TMP"] + "/results.csv"
    arguments = {
        "supernet": "ofa_mbv3_d234_e346_k357_w1.2",
        "optimization_metrics": ["latency", "accuracy_top1"],
        "measurements": ["latency", "accuracy_top1"],
        "num_evals": evaluations,
        "results_path": results,
        "population": 50,
        "seed": seed,
    }
    make = tactic.LINAS if algorithm == "linas" else tactic.Evolutionary
    make(search_algo="nsga2", **arguments).search()


def pymoo_nsga2(seed, evaluations):
    """pymoo's NSGA-II for integers, set up as in its documentation."""
    import numpy as np
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.core.problem import ElementwiseProblem
    from pymoo.operators.crossover.sbx import SBX
    from pymoo.operators.mutation.pm import PM
    from pymoo.operators.repair.rounding import RoundingRepair
    from pymoo.operators.sampling.rnd import IntegerRandomSampling
    from pymoo.optimize import minimize

    ask = Questions(evaluations)

    class Task(ElementwiseProblem):
        def __init__(self):
            super().__init__(n_var=GENES, n_obj=2, xl=0, xu=2, vtype=int)

        def _evaluate(self, x, out, *args, **kwargs):
            accuracy, cost = ask(x)
            out["F"] = np.array([-accuracy, cost])

    algorithm = NSGA2(
        pop_size=50,
        sampling=IntegerRandomSampling(),
        crossover=SBX(prob=1.0, eta=3.0, vtype=float, repair=RoundingRepair()),
        mutation=PM(prob=1.0, eta=3.0, vtype=float, repair=RoundingRepair()),
        eliminate_duplicates=True,
    )
    minimize(Task(), algorithm, ("n_eval", evaluations), seed=seed, verbose=False)


def botorch_qlognehvi(seed, evaluations, batch=10, initial=20, pool=512):
    """qLogNEHVI on two Gaussian processes over one-hot genes, those of blocks that are not there left out; candidates
    are mutants of the front and random ones. It begins with the smallest and the largest network, and its reference
    point is the worst of all that was seen, which these two make the corner that hypervolume is counted from.
    """
    import numpy as np
    import torch
    from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import ModelListGP, SingleTaskGP
    from botorch.models.transforms import Standardize
    from botorch.optim import optimize_acqf_discrete
    from botorch.sampling import SobolQMCNormalSampler
    from botorch.utils.multi_objective.pareto import is_non_dominated
    from gpytorch.mlls import SumMarginalLogLikelihood

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    rng, ask = np.random.default_rng(seed), Questions(evaluations)

    def there(genomes):
        blocks = (np.arange(4) < 2 + genomes[:, :5, None]).reshape(-1, 20)
        return np.concatenate([np.ones((len(genomes), 5), dtype=bool), blocks, blocks], axis=1)

    def canonical(genomes):
        return np.where(there(genomes), genomes, 0)

    def one_hot(genomes):
        genes = np.eye(3)[genomes] * there(genomes)[:, :, None]
        return torch.tensor(genes.reshape(len(genomes), -1), dtype=torch.float64)

    def measure(genomes):
        answers = np.array([ask(g) for g in genomes])
        return torch.tensor(np.column_stack([answers[:, 0], -answers[:, 1]]), dtype=torch.float64)

    ends = np.repeat([[0], [2]], GENES, axis=1)
    x = canonical(np.concatenate([ends, rng.integers(0, 3, (initial - 2, GENES))]))
    y = measure(x)
    while True:
        features = one_hot(x)
        models = ModelListGP(*(SingleTaskGP(features, y[:, [i]], outcome_transform=Standardize(1)) for i in range(2)))
        fit_gpytorch_mll(SumMarginalLogLikelihood(models.likelihood, models))
        front = x[is_non_dominated(y).numpy()]
        mutants = front[rng.integers(len(front), size=pool)]
        change = rng.random(mutants.shape) < rng.choice([1, 2, 4, 8], (pool, 1)) / GENES
        mutants = np.where(change, (mutants + rng.integers(1, 3, mutants.shape)) % 3, mutants)
        known = {row.tobytes() for row in x}
        candidates = np.concatenate([mutants, rng.integers(0, 3, (pool // 8, GENES))])
        candidates = np.unique(canonical(candidates), axis=0)
        candidates = np.array([c for c in candidates if c.tobytes() not in known])
        acquisition = qLogNoisyExpectedHypervolumeImprovement(
            models, y.min(0).values.tolist(), features, sampler=SobolQMCNormalSampler(torch.Size([64]), seed=seed),
            prune_baseline=True,
        )  # fmt: skip
        chosen, _ = optimize_acqf_discrete(acquisition, batch, one_hot(candidates), max_batch_size=256)
        new = chosen.reshape(len(chosen), GENES, 3).argmax(2).numpy()
        x, y = np.concatenate([x, new]), torch.cat([y, measure(new)])


def main():
    """Run one method until it has asked enough."""
    method, seed, evaluations = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    sys.stdout = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), line_buffering=True)  # their prints go elsewhere
    try:
        if method in {"dynast_linas", "dynast_nsga2"}:
            dynast(method.removeprefix("dynast_"), seed, evaluations)
        elif method == "pymoo_nsga2":
            pymoo_nsga2(seed, evaluations)
        else:
            botorch_qlognehvi(seed, evaluations)
    except Budget:
        pass


if __name__ == "__main__":
    main()
