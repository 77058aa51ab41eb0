"""Figures of a class for every token or pixel; places that are not to count, count nowhere."""

import numpy as np
import pytest
import torch
from sklearn.metrics import jaccard_score
from torch.nn import functional as F

from hwnas.contracts.errors import InputError
from hwnas.tasks._goals import GOALS

N, CLASSES = 6, 4
GENERATOR = torch.Generator().manual_seed(0)
PIXELS = torch.randn(N, CLASSES, 3, 5, generator=GENERATOR)
MASK = torch.randint(0, CLASSES, (N, 3, 5), generator=GENERATOR)
MASK[MASK == 3] = 2  # there is none of the last, which is chosen at times
TOKENS = PIXELS.flatten(2).transpose(1, 2)  # the same as a language model gives it
TEXT = MASK.flatten(1).clone()


def ignoring(labels: torch.Tensor, share: float = 0.3) -> torch.Tensor:
    """A copy with some places that are not to count, the first example's all."""
    found = labels.clone()
    found[torch.rand(found.shape, generator=GENERATOR) < share] = -100
    found[0] = -100
    return found


def figure(name: str, output: torch.Tensor, labels: torch.Tensor) -> float:
    goal = GOALS[name]
    assert goal.summary is not None
    return goal.summary(goal.score(output, labels).double().numpy())


def test_perplexity_is_the_exponential_of_the_mean_loss_of_the_tokens_that_count() -> None:
    labels = ignoring(TEXT)
    expected = F.cross_entropy(TOKENS.reshape(-1, CLASSES), labels.flatten())
    assert GOALS["perplexity"].loss(TOKENS, labels).item() == pytest.approx(expected.item())
    assert figure("perplexity", TOKENS, labels) == pytest.approx(expected.exp().item(), rel=1e-6)
    assert figure("perplexity", torch.zeros_like(TOKENS), TEXT) == pytest.approx(CLASSES)


def test_mean_iou_is_that_of_scikit_learn_over_the_classes_there_are_or_that_were_chosen() -> None:
    labels = ignoring(MASK)
    there = labels != -100
    expected = jaccard_score(labels[there], PIXELS.argmax(1)[there], average="macro")
    assert figure("mean_iou", PIXELS, labels) == pytest.approx(expected)
    perfect = F.one_hot(MASK, CLASSES).movedim(-1, 1).float()
    assert figure("mean_iou", perfect, labels) == 1


def test_token_accuracy_is_over_the_tokens_that_count() -> None:
    labels = ignoring(TEXT)
    there = labels != -100
    right = (TOKENS.argmax(-1) == labels)[there]
    assert figure("token_accuracy", TOKENS, labels) == pytest.approx(right.double().mean().item())
    assert torch.equal(GOALS["token_accuracy"].answer(TOKENS), TOKENS.argmax(-1))  # type: ignore[misc]


@pytest.mark.parametrize(("name", "output", "labels"), [("perplexity", TOKENS, TEXT), ("mean_iou", PIXELS, MASK)])
def test_outputs_where_nothing_counts_change_nothing(name: str, output: torch.Tensor, labels: torch.Tensor) -> None:
    labels = ignoring(labels)
    changed = output.clone()
    places = (labels == -100).unsqueeze(-1 if name == "perplexity" else 1).expand_as(output)
    changed[places] += torch.randn(int(places.sum()), generator=GENERATOR)
    assert figure(name, changed, labels) == figure(name, output, labels)
    assert torch.equal(GOALS[name].loss(changed, labels), GOALS[name].loss(output, labels))
    nothing = torch.full_like(labels, -100)
    assert GOALS[name].loss(output, nothing) == 0  # a batch of padding teaches nothing, and stops no training
    assert np.isnan(figure(name, output, nothing))


def test_a_teacher_is_followed_along_the_classes() -> None:
    for name, output in (("perplexity", TOKENS), ("mean_iou", PIXELS)):
        distil = GOALS[name].distil
        assert distil is not None
        assert distil(output, output) < distil(torch.zeros_like(output), output)


@pytest.mark.parametrize(
    ("name", "output", "labels", "words"),
    [
        ("perplexity", TOKENS, TEXT[:, 1:], r"\(6, 4, 15\), and its labels int64 \(6, 14\)"),
        ("perplexity", TOKENS, TEXT.float(), "a whole number at every place"),
        ("mean_iou", PIXELS, MASK.masked_fill(MASK == 1, 255), "to 255, .* places that do not count the label -100"),
        ("mean_iou", PIXELS[:, :2], MASK, "go from 0 to 2, and a network of 2 outputs"),
    ],
)
def test_labels_that_do_not_fit_are_refused(name: str, output: torch.Tensor, labels: torch.Tensor, words: str) -> None:
    with pytest.raises(InputError, match=words):
        GOALS[name].loss(output, labels)
    with pytest.raises(InputError, match=words):
        GOALS[name].score(output, labels)
