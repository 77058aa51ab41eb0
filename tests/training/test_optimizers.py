from functools import partial

import pytest
import torch
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.training._optimizers import Factory
from hwnas.training._recipe import Recipe


def parameters() -> list[Tensor]:
    return [torch.ones(2, 2, requires_grad=True), torch.ones(2, requires_grad=True)]


@pytest.mark.parametrize("make", ["sgd", "adamw", torch.optim.RMSprop, partial(torch.optim.Adam, betas=(0.5, 0.9))])
def test_only_matrices_and_kernels_decay_whatever_updates_them(make: str | Factory) -> None:
    optimizer = Recipe(optimizer=make, learning_rate=0.01, weight_decay=0.25).optimizer_of(parameters())
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.25, 0.0]
    assert [group["params"][0].ndim for group in optimizer.param_groups] == [2, 1]


def test_adamw_moves_as_torchs_does() -> None:
    ours, theirs = parameters(), parameters()
    first = Recipe(optimizer="adamw", learning_rate=0.01, weight_decay=0.1).optimizer_of(ours)
    second = torch.optim.AdamW(
        [{"params": theirs[:1], "weight_decay": 0.1}, {"params": theirs[1:], "weight_decay": 0}], 0.01
    )
    for optimizer, tensors in ((first, ours), (second, theirs)):
        for _ in range(3):
            optimizer.zero_grad()
            sum((t**3).sum() for t in tensors).backward()  # type: ignore[union-attr]
            optimizer.step()
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda groups, lr: [groups, lr], "should give a torch Optimizer"),
        (lambda groups: groups, r"cannot be made as factory\(groups, lr=...\): TypeError"),
    ],
)
def test_a_factory_that_does_not_make_one_is_refused(make: Factory, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Recipe(optimizer=make).optimizer_of(parameters())
