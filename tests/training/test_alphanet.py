import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hwnas.contracts.errors import InputError
from hwnas.contracts.task import Batch
from hwnas.contracts.training_step import Context, Job, Output
from hwnas.testing._own_cnn import own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training.alphanet import alphanet, divergence
from tests.steps import context_of, step_of

SPACE = own_space()
LARGEST, SMALLEST = Job(SPACE.largest, "largest"), Job(SPACE.smallest, "smallest")
P, Q = torch.tensor([[0.7, 0.2, 0.1]]), torch.tensor([[0.5, 0.25, 0.25]])


def by_hand(alpha: float) -> float:
    p, q = P[0].double().numpy(), Q[0].double().numpy()
    if alpha == 1:
        return float((p * np.log(p / q)).sum())
    return float((q * ((p / q) ** alpha - 1)).sum() / (alpha * (alpha - 1)))


@pytest.mark.parametrize("alpha", [-1.0, -0.5, 0.5, 1.0, 2.0])
def test_divergences_are_those_of_the_formula_and_nothing_between_equals(alpha: float) -> None:
    value, followed = divergence(P.log(), Q.log(), alpha, 1e9)
    assert float(value) == pytest.approx(by_hand(alpha), rel=1e-5)
    assert float(followed) == pytest.approx(by_hand(alpha), rel=1e-5)
    assert float(divergence(P.log(), P.log(), alpha, 1e9)[0]) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("alpha", [-1.0, 0.5, 1.0])
def test_the_gradient_is_that_of_the_divergence_where_nothing_is_cut(alpha: float) -> None:
    torch.manual_seed(0)
    teacher, student = torch.randn(4, 3, dtype=torch.float64), torch.randn(4, 3, dtype=torch.float64)
    whole = student.clone().requires_grad_()
    p, q = teacher.softmax(1), whole.softmax(1)
    (p * (p / q).log() if alpha == 1 else q * ((p / q) ** alpha - 1) / (alpha * (alpha - 1))).sum().backward()
    student.requires_grad_()
    divergence(teacher, student, alpha, 1e9)[1].sum().backward()
    torch.testing.assert_close(student.grad, whole.grad)


def test_the_limit_of_alpha_to_one_is_the_kullback_leibler_divergence() -> None:
    p, q = P.double(), Q.double()
    near, _ = divergence(p.log(), q.log(), 1.0001, 1e9)
    torch.testing.assert_close(near.mean(), F.kl_div(q.log(), p, reduction="batchmean"), rtol=1e-3, atol=0)


def test_powers_are_cut_so_that_one_rare_class_does_not_take_over() -> None:
    rare = torch.tensor([[0.001, 0.999]])
    value, _ = divergence(rare.log(), torch.tensor([[0.5, 0.5]]).log(), -1.0, 5.0)
    assert float(value) == pytest.approx((0.5 * 4 + 0.5 * (0.5 / 0.999 - 1)) / 2, rel=1e-4)  # (p/q)^-1 = 500, cut at 5


def test_each_example_learns_by_the_larger_of_the_two() -> None:
    context = context_of(step_of(SPACE, n=2))
    over, under = torch.tensor([0.6, 0.3, 0.1]).log(), torch.tensor([0.98, 0.01, 0.01]).log()
    teacher, student = torch.stack([under, over]), torch.stack([over, under])
    context.outputs.append((LARGEST, Output(teacher)))
    loss = alphanet(SPACE).objective.loss(SMALLEST, Output(student), context)
    low, high = (divergence(teacher, student, alpha, 5.0)[0] for alpha in (-1.0, 1.0))
    assert bool(low[0] < high[0]) != bool(low[1] < high[1])
    torch.testing.assert_close(loss, torch.maximum(low, high).mean())


def test_the_largest_learns_the_task() -> None:
    context, logits = context_of(step_of(SPACE, n=2)), torch.randn(2, 3)
    expected = F.cross_entropy(logits, context.step.batch.labels)
    assert torch.equal(alphanet(SPACE).objective.loss(LARGEST, Output(logits), context), expected)


def test_gradient_values_are_cut_on_both_sides() -> None:
    parameter = nn.Parameter(torch.zeros(3))
    parameter.grad = torch.tensor([-7.0, 0.5, 3.0])
    context = Context(step_of(SPACE), TinyTask(SPACE.inputs[0]), {"w": parameter})
    alphanet(SPACE).update.before_step(context, torch.optim.SGD([parameter], 0.1))
    assert parameter.grad.tolist() == [-1.0, 0.5, 1.0]


def test_a_task_whose_outputs_are_no_logits_is_refused() -> None:
    class Regression(TinyTask):
        def loss(self, output: Tensor, batch: Batch) -> Tensor:
            return F.mse_loss(output[:, 0], batch.labels.float())

    context = Context(step_of(SPACE), Regression(SPACE.inputs[0]), {})
    context.outputs.append((LARGEST, Output(torch.randn(4, 3))))
    with pytest.raises(InputError, match="train by 'sandwich'"):
        alphanet(SPACE).objective.loss(SMALLEST, Output(torch.randn(4, 3)), context)


@pytest.mark.parametrize("wrong", [{"low": 0.5}, {"high": -1.0}, {"most_ratio": 0.0}, {"most_gradient": -1.0}])
def test_what_is_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="needs low below 0"):
        alphanet(SPACE, **wrong)  # type: ignore[arg-type]
