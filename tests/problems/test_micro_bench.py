"""MicroBench answers what its table says, at every fidelity; and the table that ships is whole."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.trial import Trial
from hwnas.problems.micro_bench import MicroBench, read_table
from hwnas.searches.search import search
from tests.micro_tables import EPOCHS, made_up_table, mean_accuracy

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(ROOT.glob("micro_bench/*.json.gz"))


@pytest.fixture(scope="module")
def bench() -> MicroBench:
    return MicroBench(made_up_table())


def test_an_answer_is_the_mean_of_the_seeds_and_has_the_curve(bench: MicroBench) -> None:
    architecture = bench.space.middle
    (answer,) = bench.evaluate([architecture])
    assert answer["accuracy"] == pytest.approx(mean_accuracy(bench.space.encode(architecture)))
    assert len(answer["curve"]) == EPOCHS
    assert answer["report_accuracy"] == pytest.approx(answer["accuracy"] - 0.01)


def test_cheap_looks_are_stages_of_the_same_curve_and_do_not_know_the_unseen(bench: MicroBench) -> None:
    trials = [Trial(bench.space.middle, fidelity) for fidelity in ("epoch1", "epoch6", "full")]
    first, half, full = bench.evaluate([], trials)
    assert full["curve"][:6] == half["curve"]
    assert half["curve"][:1] == first["curve"]
    assert "report_accuracy" not in half
    (distilled,) = bench.evaluate([], [Trial(bench.space.middle, "distilled1")])
    assert distilled["accuracy"] == pytest.approx(0.4)
    assert bench.shares["distilled1"] == pytest.approx(1.5 / 12)


def test_a_noisy_bench_answers_with_the_seed_of_the_trial(bench: MicroBench) -> None:
    noisy = MicroBench(bench.table, noisy=True)
    found = [next(noisy.evaluate([], [Trial(bench.space.largest, "full", seed)]))["accuracy"] for seed in range(4)]
    assert len(set(found)) == 3
    assert found[3] == found[0]


def test_an_unknown_fidelity_is_named_with_those_there_are(bench: MicroBench) -> None:
    with pytest.raises(InputError, match=r"no fidelity 'epoch13'.*epoch1"):
        list(bench.evaluate([], [Trial(bench.space.middle, "epoch13")]))


def test_its_front_is_what_a_search_of_everything_finds(bench: MicroBench) -> None:
    found = search(bench.space, bench.evaluate, bench.objectives, evaluations=256, strategy="random")
    assert [r.trial for r in found] == [r.trial for r in bench.front()]
    costs = np.array([[-r.figures["accuracy"], r.figures["latency_ms"]] for r in bench.front()])
    assert not any((a <= b).all() and (a < b).any() for a in costs for b in costs)


def test_its_front_can_be_asked_for_other_figures(bench: MicroBench) -> None:
    size = Objective("skips", exact=lambda a: -float(list(a.values()).count("skip")))
    front = bench.front([Objective("accuracy", "max"), Objective("macs"), size])
    assert {r.trial.architecture for r in front} >= {bench.space.smallest, bench.space.largest}


def test_a_file_that_is_none_of_its_tables_is_refused_in_one_sentence(tmp_path: Path) -> None:
    for content in (b"", gzip.compress(b"{}"), gzip.compress(b"[1, 2")):
        (tmp_path / "t.json.gz").write_bytes(content)
        with pytest.raises(InputError, match="MicroBench"):
            read_table(tmp_path / "t.json.gz")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_the_table_that_ships_is_whole_and_its_costs_are_those_of_the_space(path: Path) -> None:
    table = read_table(path)
    bench = MicroBench(table)
    assert len(set(bench.architectures)) == bench.space.count() == 256
    genomes = np.stack([bench.space.encode(a) for a in bench.architectures])
    assert bench.space.costs is not None
    for figure, values in bench.space.costs(genomes).items():
        np.testing.assert_array_equal(values, bench.column(figure))
    assert np.shape([row.search for row in table.rows]) == (256, table.seeds, table.epochs)
    assert bench.column("accuracy").min() > 0.5  # every cell learnt something: ten classes
    assert table.latency_verdict == "stable"
    assert 3 <= len(bench.front()) < 100
