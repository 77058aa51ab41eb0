"""Claim: at equal cost, architecture and bits searched together beat float32, INT8, and bits chosen afterwards.

The bits of each block of a supernet's networks are a choice, four ways with as many evaluations each, where those of
other searches that a way begins with count:

* `all_float32`, `all_int8`: the architecture, with those bits everywhere.
* `joint`: architecture and bits together, begun as ``hwnas search --bits`` begins: with the front in float32, with the
  one in INT8, and with the former's members in INT8. Of the evaluations a quarter is for each of the two fronts.
* `two_stage`: half of the evaluations for the architecture in float32, half for the bits of four of its front.

Networks: the `shipped` supernet; and a small `vit` and EfficientNet-Lite0 (`efficientnet_lite0`) trained for
Fashion-MNIST and MiniLM (`minilm`) for topics of texts, each made elastic and searched as it is, so what is smaller was
not trained.

Scores of the search are of its examples, and of the very file that would be handed out where `hwnas` writes it quickly;
latencies are predicted from one table of the device, sizes known. In the end the front of every way is evaluated on the
report's examples and all of them are timed in turns. Compared is the hypervolume of accuracy, latency and size, as a
share of the box that spans all fronts, by a paired, one-sided Wilcoxon test over seeds; and which share of the members
of two INT8 fronts a member of the joint one matches or beats in all three, and beats in one: of the front that it was
begun with, and of that of `all_int8`. A member of the former is left out of the joint front where another was better by
the search's figures: where it is not matched, the result says how far short that other one fell of it in the end.
Beside it: what INT8 buys here by kind of layer.

Run:  python benchmarks/bits.py FOLDER [--network shipped] [--seeds 5] [--evaluations 32] [--until end]
What is done is kept in FOLDER; the next call goes on from there. What is not given is as the network has it in
`_bits_networks.py`. Only the table and what follows the search are timed: `--until table` (or `search`) ends behind it,
so that these can be done on an idle machine.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from _bits_networks import NETWORKS, Network
from _elastic_subject import Cut
from _saving import save
from scipy.stats import wilcoxon

import hwnas
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice, Option
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.evaluation.evaluator import Evaluator
from hwnas.evaluation.figure import figure_of
from hwnas.evaluation.scores import scores_of_file
from hwnas.export.writer import write_onnx
from hwnas.pipeline.reports.int8_worth import int8_worth
from hwnas.pipeline.study import Study
from hwnas.profiling.presets import find_preset
from hwnas.profiling.stopwatch import time_models
from hwnas.searches.indicators import hypervolume
from hwnas.spaces._bits import FLOAT32, INT8, PREFIX

DEVICE, CHOSEN = "cpu:threads=1", 4
FIGURES = ("accuracy", "latency_ms", "bytes")
LEAST_SEEDS = 5  # that a paired test can tell anything of
BEGINNING = 4  # of the joint search's evaluations one in so many finds each of the fronts that it begins with
OBJECTIVES = [Objective("accuracy", "max"), Objective("latency_ms", "min"), Objective("bytes", "min")]
WAYS = ("all_float32", "all_int8", "joint", "two_stage")
Values = Mapping[str, Option]


class Setting:
    """What all ways share: the supernet with bits, its latency table, and answers that are kept.

    Args:
        folder: where they are kept.
        network: what is searched.
    """

    def __init__(self, folder: Path, network: Network) -> None:
        supernet, task = network.opened(folder)
        self.folder, self.plain = folder, supernet.space
        self.study = Study(folder / "run", supernet.with_bits("block"), Cut(task, network.most), DEVICE, preset="rapid")
        self.space = self.study.space
        self.names = [name for name in self.space.names if name.startswith(PREFIX)]
        self.latency = self.study.latency_predictor(self.study.profile(network.samples))
        self.evaluator = Evaluator(self.study.supernet, self.study.task, self.study.run.archive)

    def with_bits(self, values: Values, bits: int) -> Architecture:
        """An architecture with the same bits everywhere."""
        return self.space.architecture({**values, **dict.fromkeys(self.names, bits)})

    def searched_by(self, architecture: Architecture) -> tuple[float, float, float]:
        """Accuracy on the search's examples, predicted latency and size."""
        genomes = self.space.encode(architecture)[None]
        assert self.space.costs is not None
        (figure,) = self.evaluator.figures([architecture])
        return figure, float(self.latency(genomes).mean[0]), float(self.space.costs(genomes)["bytes"][0])

    def search(
        self, name: str, space: SearchSpace, to: Callable[[Values], Architecture], n: int, seed: int,
        start: Iterable[Architecture] = (),
    ) -> list[Architecture]:  # fmt: skip
        """The front, as architectures of the whole space, of a search over any space that leads there."""

        def evaluate(architectures: list[Architecture]) -> list[dict[str, float]]:
            return [dict(zip(FIGURES, self.searched_by(to(a)), strict=True)) for a in architectures]

        front = hwnas.search(
            space, evaluate, OBJECTIVES, evaluations=n, seed=seed, archive=self.folder / f"{name}-{seed}.db",
            start=start, at_once=1, provenance={"evaluate": self.evaluator.searched},
        )  # fmt: skip
        print(f"{name} {seed}: {len(front)} on the front", flush=True)
        return [to(member.trial.architecture) for member in front]

    def way(self, way: str, n: int, seed: int) -> list[Architecture]:
        """The front of one of `WAYS`."""
        if way == "joint":
            float32, int8 = (self.alike(f"begun_{bits}", bits, n // BEGINNING, seed) for bits in (FLOAT32, INT8))
            start = [*float32, *int8, *(self.with_bits(a, INT8) for a in float32)]
            known = len({*float32, *int8})  # paid for already
            own = n - 2 * (n // BEGINNING) + known
            return self.search(way, self.space, self.space.architecture, own, seed, start)
        if way != "two_stage":
            return self.alike(way, INT8 if way == "all_int8" else FLOAT32, n, seed)
        first = self.search("first_stage", self.plain, lambda a: self.with_bits(a, FLOAT32), n // 2, seed)
        ranked = sorted(first, key=lambda a: float(self.latency(self.space.encode(a)[None]).mean[0]))
        members = [ranked[i] for i in np.unique(np.linspace(0, len(ranked) - 1, CHOSEN).round().astype(int))]
        choices = [Choice("member", tuple(range(len(members))), ordered=False)]
        second = SearchSpace([*choices, *(Choice(name, (INT8, FLOAT32)) for name in self.names)], name="bits")

        def to(values: Values) -> Architecture:
            own = {name: values[name] for name in self.names}
            return self.space.architecture({**members[int(values["member"])], **own})

        found = self.search(way, second, to, n - n // 2, seed)
        return list(dict.fromkeys([*first, *found]))

    def alike(self, name: str, bits: int, n: int, seed: int) -> list[Architecture]:
        """The front of a search of the architecture, with the same bits everywhere."""
        return self.search(name, self.plain, lambda a: self.with_bits(a, bits), n, seed)

    def begun_with_int8(self, n: int, seed: int) -> list[Architecture]:
        """The front in INT8 that the joint search of as many evaluations begins with."""
        return self.alike(f"begun_{INT8}", INT8, n // BEGINNING, seed)  # kept in the archive

    def file(self, architecture: Architecture) -> Path:
        """The model that would be handed out."""
        path = self.folder / "files" / f"{architecture.key}.onnx"
        if not path.is_file():
            path.parent.mkdir(exist_ok=True)
            network = self.evaluator.lowered(architecture, self.evaluator.network(architecture))
            write_onnx(network, self.space.inputs, path)
        return path


class _Kept:
    """Figures by name, kept in a file between calls."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._figures: dict[str, float] = json.loads(path.read_text()) if path.is_file() else {}

    def of(self, name: str, told: Callable[[], float]) -> float:
        """The figure of that name; worked out if it is not there."""
        if name not in self._figures:
            self._figures[name] = told()
            self._path.write_text(json.dumps(self._figures))
        return self._figures[name]


def truth(setting: Setting, fronts: Sequence[Sequence[Architecture]]) -> dict[Architecture, list[float]]:
    """Error on the report's images, latency in one session, and bytes of every file."""
    everyone = list(dict.fromkeys(a for front in fronts for a in front))
    files, task = [setting.file(a) for a in everyone], setting.study.task
    report, kept = task.examples("report"), _Kept(setting.folder / "scores.json")
    scores = [kept.of(p.stem, lambda p=p: figure_of(task, scores_of_file(task, p, report))) for p in files]
    profile = time_models(setting.study.device, files, setting.file(setting.space.largest), find_preset("rapid"))
    print(f"timed: {profile.verdict.state}. {profile.verdict.advice}", flush=True)
    if profile.verdict.state == "unusable":
        raise hwnas.DeviceError("The machine is too busy to time the fronts; call again, and it goes on from here.")
    return {
        a: [1 - score, latency.latency_ms, float(path.stat().st_size)]
        for a, score, latency, path in zip(everyone, scores, profile.latencies, files, strict=True)
    }


def beaten(own: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Shares of the `other` front's members that a member of `own` matches or beats in all figures; and beats in one,
    too.
    """
    matched = [(own <= row).all(axis=1) for row in other]
    better = [some & (own < row).any(axis=1) for some, row in zip(matched, other, strict=True)]
    return float(np.mean([some.any() for some in matched])), float(np.mean([some.any() for some in better]))


def short_of(
    setting: Setting,
    member: Architecture,
    front: Sequence[Architecture],
    figures: Mapping[Architecture, Sequence[float]],
) -> dict[str, float]:
    """How far the one of `front` that was better than a member by the search's figures, and falls short of it by least
    in the end, does so: points of accuracy, and per cent of latency and size.
    """
    accuracy, *costs = setting.searched_by(member)
    rows = []
    for other in front:
        its_accuracy, *its = setting.searched_by(other)
        if its_accuracy >= accuracy and all(one <= cost for one, cost in zip(its, costs, strict=True)):
            (error, *last), (its_error, *its_last) = figures[member], figures[other]
            more = [100 * (one / cost - 1) for one, cost in zip(its_last, last, strict=True)]
            rows.append([max(0.0, round(x, 3)) for x in (100 * (its_error - error), *more)])
    return dict(zip(("accuracy_points", "latency_percent", "size_percent"), min(rows, key=max), strict=True))


def main() -> None:
    """Search what is missing, time all fronts, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--network", choices=NETWORKS, default="shipped")
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--evaluations", type=int)
    parser.add_argument("--until", choices=("table", "search", "end"), default="end")
    options = parser.parse_args()
    network = NETWORKS[options.network]
    n, seeds = options.evaluations or network.evaluations, range(options.seeds or network.seeds)
    setting = Setting(options.folder, network)
    if options.until == "table":
        return
    found = {way: [setting.way(way, n, seed) for seed in seeds] for way in WAYS}
    begun = [setting.begun_with_int8(n, seed) for seed in seeds]
    if options.until == "search":
        return
    figures = truth(setting, [*(front for fronts in found.values() for front in fronts), *begun])
    costs = {way: [np.array([figures[a] for a in front]) for front in fronts] for way, fronts in found.items()}
    begun_costs = [np.array([figures[a] for a in front]) for front in begun]
    everything = np.concatenate([front for fronts in costs.values() for front in fronts])
    ideal, nadir = everything.min(axis=0), everything.max(axis=0)
    volumes = {way: [hypervolume(front, ideal, nadir, margin=0.1) for front in fronts] for way, fronts in costs.items()}
    joint = np.array(volumes["joint"])
    study = setting.study
    worth = int8_worth(setting.space, study.device, find_preset("rapid"), 0, lambda *_: None)
    save(
        "bits" if options.network == "shipped" else f"bits_{options.network}",
        __doc__ or "",
        {
            "network": options.network,
            "examples": {"train": len(study.task.examples("train"))} | dict(network.most),
            "evaluations_of_each_way": n,
            "seeds": len(seeds),
            "hypervolume": {way: [round(v, 4) for v in values] for way, values in volumes.items()},
            "p_joint_is_more_than": {
                way: float(wilcoxon(joint - values, alternative="greater").pvalue)
                for way, values in volumes.items()
                if way != "joint" and len(joint) >= LEAST_SEEDS
            },
            "int8_members_matched_and_beaten_by_joint": _shares(costs["joint"], costs["all_int8"]),
            "begun_int8_members_matched_and_beaten_by_joint": _shares(costs["joint"], begun_costs),
            "begun_int8_members_not_matched": [
                short_of(setting, member, found["joint"][seed], figures)
                for seed, front in enumerate(begun)
                for member in front
                if not (costs["joint"][seed] <= np.array(figures[member])).all(axis=1).any()
            ],
            "fastest_ms": {way: round(min(float(f[:, 1].min()) for f in fronts), 4) for way, fronts in costs.items()},
            "smallest_bytes": {way: int(min(f[:, 2].min() for f in fronts)) for way, fronts in costs.items()},
            "best_accuracy": {
                way: round(1 - min(float(f[:, 0].min()) for f in fronts), 4) for way, fronts in costs.items()
            },
            "int8_here": list(worth.sentences),
        },
    )


def _shares(own: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> list[list[float]]:
    """See `beaten`, by seed."""
    return [[round(share, 3) for share in beaten(*pair)] for pair in zip(own, other, strict=True)]


if __name__ == "__main__":
    main()
