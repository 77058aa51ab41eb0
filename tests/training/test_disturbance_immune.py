from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.contracts.training_step import Job
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.disturbance_immune import disturbance_immune

SPACE = own_space()


class Halves(nn.Module):
    """Two sub-networks of one layer, of which each looks at its own half of the inputs."""

    def __init__(self, half: str) -> None:
        super().__init__()
        self.layer, self.half = nn.Linear(8, 3, bias=False), half

    def forward(self, x: Tensor) -> Tensor:
        mask = torch.arange(8) < 4 if self.half == "first" else torch.arange(8) >= 2
        out: Tensor = self.layer(x * mask)
        return out


HALVES = SearchSpace(
    [Choice("half", ("first", "second"), ordered=False)],
    build=lambda a: Halves(**a),  # type: ignore[arg-type]
    inputs=[InputSpec("x", (8,))],
)


def drift(folder: Path, **settings: object) -> float:
    """How far the first half's mean output moves while the second half is trained."""
    method = disturbance_immune(HALVES, inner=1, **settings)  # type: ignore[arg-type]
    supernet, task = Supernet(HALVES, seed=1), TinyTask(HALVES.inputs[0])
    first, second = (HALVES.architecture({"half": half}) for half in ("first", "second"))
    object.__setattr__(
        method.architectures, "plan", lambda step, _: [Job(first if step.index < 1 else second, "random")]
    )
    found = []

    def look(done: object) -> None:  # noqa: ARG001
        x = torch.from_numpy(task.examples("train").inputs[0])
        found.append(supernet(x, first).detach().mean(0))

    Trainer(supernet, task, method, Recipe(epochs=1, batch_size=4, learning_rate=0.05), folder).run(look)
    return float((found[-1] - found[0]).norm())


def test_training_another_sub_network_disturbs_the_first_one_less_than_without_or_with_the_control(
    tmp_path: Path,
) -> None:
    immune, control, free = (
        drift(tmp_path / name, **settings)
        for name, settings in (
            ("immune", {"eps": 1e-3}),
            ("control", {"eps": 1e-3, "control": True}),
            ("free", {"eps": 1e9}),
        )
    )
    assert immune < 0.5 * control
    assert immune < 0.5 * free


def test_a_sub_network_is_kept_for_the_inner_steps(tmp_path: Path) -> None:
    method = disturbance_immune(SPACE, inner=3)
    seen = []

    trainer = Trainer(
        Supernet(SPACE),
        TinyTask(SPACE.inputs[0]),
        method,
        Recipe(epochs=6, batch_size=12, learning_rate=0.01),
        tmp_path,
    )
    plan = method.architectures.plan

    def listening(step: object, rng: np.random.Generator) -> object:
        jobs = plan(step, rng)  # type: ignore[arg-type]
        seen.append(jobs[0].architecture)
        return jobs

    object.__setattr__(method.architectures, "plan", listening)
    trainer.run()
    assert len(seen) == 12
    assert all(len(set(seen[i : i + 3])) == 1 for i in range(0, 12, 3))
    assert len(set(seen)) > 1


@pytest.mark.parametrize("wrong", [{"inner": 0}, {"eps": 0.0}, {"keep": 1.5}])
def test_what_is_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="needs inner of at least 1"):
        disturbance_immune(SPACE, **wrong)  # type: ignore[arg-type]


def test_a_space_without_a_layer_to_protect_is_refused(tmp_path: Path) -> None:
    class Scaled(nn.Module):
        def __init__(self, way: str) -> None:
            super().__init__()
            self.scale, self.way = nn.Parameter(torch.ones(3)), way

        def forward(self, x: Tensor) -> Tensor:
            out: Tensor = self.scale * x * (2 if self.way == "a" else 1)
            return out

    space = SearchSpace(
        [Choice("way", ("a", "b"), ordered=False)],
        build=lambda a: Scaled(**a),  # type: ignore[arg-type]
        inputs=[InputSpec("x", (3,))],
    )
    method = disturbance_immune(space, inner=1)
    with pytest.raises(InputError, match="finds no layer to protect"):
        Trainer(Supernet(space), TinyTask(space.inputs[0]), method, Recipe(epochs=1, batch_size=4), tmp_path).run()
