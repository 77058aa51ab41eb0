from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.contracts.training_step import Job
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.disturbance_immune import _Window, disturbance_immune, mean_input, projected, without

SPACE = own_space()


def drawn(n: int, d: int, seed: int = 0) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def projector_of(inputs: Tensor, eps: float) -> Tensor:
    projector = torch.eye(inputs.shape[1], dtype=inputs.dtype)
    for x in inputs:
        projector = without(projector, x, eps)
    return projector


def test_a_projector_is_symmetric_with_eigenvalues_from_zero_to_one() -> None:
    projector = projector_of(drawn(5, 8), 0.01)
    torch.testing.assert_close(projector, projector.T)
    values = torch.linalg.eigvalsh(projector)
    assert values.min() >= -1e-12
    assert values.max() <= 1 + 1e-12


def test_one_input_after_another_gives_what_all_together_do() -> None:
    inputs = drawn(5, 8)
    a = (inputs / inputs.norm(dim=1, keepdim=True)).T
    eye = torch.eye(5, dtype=a.dtype)
    together = torch.eye(8, dtype=a.dtype) - a @ torch.linalg.inv(a.T @ a + 0.01 * eye) @ a.T
    torch.testing.assert_close(projector_of(inputs, 0.01), together)


def test_a_projected_update_leaves_the_output_for_protected_inputs() -> None:
    inputs = drawn(3, 8)
    update = projected(drawn(4, 8, 1), projector_of(inputs, 1e-9))
    assert (update @ inputs.T).abs().max() < 1e-6
    assert update.norm() > 0.5 * drawn(4, 8, 1).norm()


def test_inputs_of_zeros_protect_nothing() -> None:
    assert torch.equal(without(torch.eye(3), torch.zeros(3), 0.01), torch.eye(3))


def test_the_mean_input_of_a_convolution_is_what_its_outputs_mean_hangs_on() -> None:
    x = drawn(2, 3 * 25).reshape(2, 3, 5, 5)
    weight = drawn(4, 27).reshape(4, 3, 3, 3)
    seen = mean_input(x, _Window((3, 3), (1, 1), (1, 1), (2, 2)), (3, 3, 3))
    torch.testing.assert_close(weight.flatten(1) @ seen, F.conv2d(x, weight, padding=1, stride=2).mean((0, 2, 3)))


def test_a_smaller_sub_network_sees_the_first_channels_and_the_middle_of_the_kernel() -> None:
    x = drawn(2, 2 * 25).reshape(2, 2, 5, 5)
    seen = mean_input(x, _Window((1, 1), (1, 1), (0, 0), (1, 1)), (3, 3, 3)).reshape(3, 3, 3)
    torch.testing.assert_close(seen[:2, 1, 1], x.mean((0, 2, 3)))
    assert seen.count_nonzero() == 2
    assert mean_input(torch.ones(2, 3), None, (5,)).tolist() == [1, 1, 1, 0, 0]


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
