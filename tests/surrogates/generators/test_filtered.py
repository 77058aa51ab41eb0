"""A cheap score in front of a generator, or beside the genes; and scores of networks as functions of architectures."""

import numpy as np
import pytest
import torch

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.scores.snip import snip
from hwnas.searches.search import open_strategy, search
from hwnas.spaces.micro_cell import micro_cell
from hwnas.surrogates.generators.evolved import RandomPool
from hwnas.surrogates.generators.filtered import Filtered, Scored, score_of
from hwnas.tasks.digits import digits

SPACE = SearchSpace([Choice(f"c{i}", (0, 1, 2, 3)) for i in range(5)])


def size(architecture: Architecture) -> float:
    return float(sum(architecture.values()))  # type: ignore[arg-type]


def test_a_search_behind_a_filter_measures_what_the_score_likes_and_scores_each_once() -> None:
    calls: list[Architecture] = []

    def score(architecture: Architecture) -> float:
        calls.append(architecture)
        return size(architecture)

    def evaluate(architectures: list[Architecture]) -> list[dict[str, float]]:
        return [{"loss": abs(size(a) - 7.5)} for a in architectures]

    def mean_size(**settings: object) -> float:
        front = search(SPACE, evaluate, [Objective("loss")], evaluations=60, batch=10, initial=10, **settings)  # type: ignore[arg-type]
        return float(np.mean([size(r.trial.architecture) for r in front.results[10:]]))

    filtered = mean_size(generator=Filtered(RandomPool(), Scored(score), keep=0.2))
    assert filtered > mean_size(generator=RandomPool()) + 1
    assert len(calls) == len(set(calls)) > 0


def test_a_score_that_is_no_number_is_worst() -> None:
    scored = Scored(lambda a: float("nan") if a["c0"] == 3 else size(a))
    values = scored(SPACE, np.array([[3, 0, 0, 0, 0], [0, 0, 0, 0, 0]]))
    assert values.tolist() == [-np.inf, 0.0]


@pytest.mark.parametrize("wrong", [{"keep": 0.0}, {"keep": 1.5}, {"most": 0}])
def test_a_filter_that_keeps_nothing_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        Filtered(RandomPool(), Scored(size), **wrong)  # type: ignore[arg-type]


def test_as_a_feature_a_score_that_tells_what_genes_hide_is_learnt_from_and_one_of_chance_is_not_trusted() -> None:
    hidden = np.random.default_rng(0).random(4**5)  # of each architecture its own, so genes tell nothing of it

    def truth(a: Architecture) -> float:
        return float(hidden[int("".join(str(a[f"c{i}"]) for i in range(5)), 4)])

    def evaluate(architectures: list[Architecture]) -> list[dict[str, float]]:
        return [{"loss": truth(a)} for a in architectures]

    def best(score: object, use: str) -> float:
        front = search(SPACE, evaluate, [Objective("loss")], evaluations=30, strategy="zero_cost", score=score, use=use)
        return front[0].figures["loss"]

    noise = np.random.default_rng(1)
    known = float(np.sort(hidden)[20])
    for use in ("feature", "filter"):
        assert best(lambda a: -truth(a), use) < known
    assert best(lambda _: float(noise.random()), "feature") > known


def test_a_score_by_name_is_of_a_fresh_network_that_always_begins_alike() -> None:
    space, examples = micro_cell(), digits().examples("train").take(slice(0, 16))
    largest, batch = space.largest, (examples.inputs[0], examples.labels)
    of_snip = score_of(space, "snip", batch)
    state = torch.get_rng_state()
    assert of_snip(largest) == of_snip(largest) != of_snip(space.middle)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(0)
    assert space.build is not None
    assert of_snip(largest) == snip(space.build(largest), *map(torch.from_numpy, batch))
    assert score_of(space, "synflow")(largest) > score_of(space, "synflow")(space.middle)


def test_what_cannot_be_scored_is_said() -> None:
    with pytest.raises(InputError, match=r"'snip' looks at data; pass examples=\(inputs, labels\), or take one of"):
        score_of(micro_cell(), "snip")
    with pytest.raises(InputError, match="needs a space that builds networks"):
        open_strategy("zero_cost", SPACE, [Objective("loss")])
    with pytest.raises(InputError, match="nearest first: synflow"):
        open_strategy("zero_cost", micro_cell(), [Objective("loss")], score="synflo")
    with pytest.raises(InputError, match="one of filter, feature, got 'both'"):
        open_strategy("zero_cost", micro_cell(), [Objective("loss")], use="both")
