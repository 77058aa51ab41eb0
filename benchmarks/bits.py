"""Claim: a search of architecture and bits that begins with both fronts beats each, and bits chosen afterwards.

On the shipped supernet, the bits of each block a choice, four ways with as many evaluations each:

* `all_float32`, `all_int8`: the architecture, with those bits everywhere.
* `joint`: architecture and bits together, begun as ``hwnas search --bits`` begins: with the front in float32, with the
  one in INT8, and with the former's members in INT8. These count among its evaluations; those of the searches that
  found them do not, so it rests on three times as many as the others.
* `two_stage`: half of the evaluations for the architecture in float32, half for the bits of four of its front.

Accuracies of the search are of its validation images and of the very file that would be handed out, latencies are
predicted from one table of the device, sizes known. In the end the front of every way is evaluated on 2,500 of the
report's images and all of them are timed in turns. Compared is the hypervolume of accuracy, latency and size, as a
share of the box that spans all fronts, by a paired, one-sided Wilcoxon test over seeds; and which share of the INT8
front's members a member of the joint one matches or beats in all three, and beats in one. Beside it: what INT8 buys
here by kind of layer.

Run:  python benchmarks/bits.py FOLDER [--seeds 5] [--evaluations 48]
What is done is kept in FOLDER; the next call goes on from there.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from _saving import save
from scipy.stats import wilcoxon

import hwnas
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice, Option
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.evaluation.calibration import drawn
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

DEVICE, TASK, SAMPLES, CHOSEN, REPORT = "cpu:threads=1", "fashion_mnist_slice", 80, 4, 2_500
OBJECTIVES = [Objective("accuracy", "max"), Objective("latency_ms", "min"), Objective("bytes", "min")]
WAYS = ("all_float32", "all_int8", "joint", "two_stage")
Values = Mapping[str, Option]


class Setting:
    """What all ways share: the supernet with bits, its latency table, and answers that are kept.

    Args:
        folder: where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.plain = folder, hwnas.load_supernet("fashion_mnist").space
        supernet = hwnas.load_supernet("fashion_mnist").with_bits("block")
        self.study = Study(folder, supernet, TASK, DEVICE, preset="rapid")
        self.space = self.study.space
        self.names = [name for name in self.space.names if name.startswith(PREFIX)]
        self.table = self.study.profile(SAMPLES)
        self.latency = self.study.latency_predictor(self.table)
        self.evaluator = Evaluator(self.study.supernet, self.study.task, self.study.run.archive)

    def with_bits(self, values: Values, bits: int) -> Architecture:
        """An architecture with the same bits everywhere."""
        return self.space.architecture({**values, **dict.fromkeys(self.names, bits)})

    def search(
        self, name: str, space: SearchSpace, to: Callable[[Values], Architecture], n: int, seed: int,
        start: Iterable[Architecture] = (),
    ) -> list[Architecture]:  # fmt: skip
        """The front, as architectures of the whole space, of a search over any space that leads there."""

        def evaluate(architectures: list[Architecture]) -> list[dict[str, float]]:
            whole = [to(a) for a in architectures]
            genomes = self.space.encode_many(whole)
            assert self.space.costs is not None
            latency_ms, size = self.latency(genomes).mean, self.space.costs(genomes)["bytes"]
            figures = self.evaluator.figures(whole)
            return [
                {"accuracy": figure, "latency_ms": float(latency_ms[i]), "bytes": float(size[i])}
                for i, figure in enumerate(figures)
            ]

        front = hwnas.search(
            space, evaluate, OBJECTIVES, evaluations=n, seed=seed, archive=self.folder / f"{name}-{seed}.db",
            start=start, at_once=1, provenance={"evaluate": self.evaluator.searched},
        )  # fmt: skip
        print(f"{name} {seed}: {len(front)} on the front", flush=True)
        return [to(member.trial.architecture) for member in front]

    def way(self, way: str, n: int, seed: int) -> list[Architecture]:
        """The front of one of `WAYS`."""
        if way == "joint":
            float32, int8 = (self.way(other, n, seed) for other in ("all_float32", "all_int8"))  # kept in the archive
            start = [*float32, *int8, *(self.with_bits(a, INT8) for a in float32)]
            return self.search(way, self.space, self.space.architecture, n, seed, start)
        if way != "two_stage":
            bits = INT8 if way == "all_int8" else FLOAT32
            return self.search(way, self.plain, lambda a: self.with_bits(a, bits), n, seed)
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
    report, kept = drawn(task.examples("report"), REPORT), _Kept(setting.folder / "scores.json")
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


def main() -> None:
    """Search what is missing, time all fronts, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--evaluations", type=int, default=48)
    options = parser.parse_args()
    setting = Setting(options.folder)
    found = {way: [setting.way(way, options.evaluations, seed) for seed in range(options.seeds)] for way in WAYS}
    figures = truth(setting, [front for fronts in found.values() for front in fronts])
    costs = {way: [np.array([figures[a] for a in front]) for front in fronts] for way, fronts in found.items()}
    everything = np.concatenate([front for fronts in costs.values() for front in fronts])
    ideal, nadir = everything.min(axis=0), everything.max(axis=0)
    volumes = {way: [hypervolume(front, ideal, nadir, margin=0.1) for front in fronts] for way, fronts in costs.items()}
    joint = np.array(volumes["joint"])
    study = setting.study
    worth = int8_worth(setting.space, study.device, find_preset("rapid"), 0, lambda *_: None)
    save(
        "bits",
        __doc__ or "",
        {
            "evaluations": options.evaluations,
            "seeds": options.seeds,
            "hypervolume": {way: [round(v, 4) for v in values] for way, values in volumes.items()},
            "p_joint_is_more_than": {
                way: float(wilcoxon(joint - values, alternative="greater").pvalue)
                for way, values in volumes.items()
                if way != "joint" and len(joint) >= 5
            },
            "int8_members_matched_and_beaten_by_joint": [
                [round(share, 3) for share in beaten(own, other)]
                for own, other in zip(costs["joint"], costs["all_int8"], strict=True)
            ],
            "fastest_ms": {way: round(min(float(f[:, 1].min()) for f in fronts), 4) for way, fronts in costs.items()},
            "smallest_bytes": {way: int(min(f[:, 2].min() for f in fronts)) for way, fronts in costs.items()},
            "best_accuracy": {
                way: round(1 - min(float(f[:, 0].min()) for f in fronts), 4) for way, fronts in costs.items()
            },
            "int8_here": list(worth.sentences),
        },
    )


if __name__ == "__main__":
    main()
