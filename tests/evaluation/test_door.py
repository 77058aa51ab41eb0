"""Whatever is not understood of a task or its networks is refused in one sentence; what is odd but clear works."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.preprocessing import Preprocessing
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.contracts.task import Batch, Examples, Split
from hwnas.evaluation.door import admit, admit_training, refuse_misfit, refuse_misplaced
from hwnas.evaluation.examples import examples_of
from hwnas.supernet import Supernet
from hwnas.testing._tiny_task import TinyTask
from tests.odd_tasks import SPEC, Change, Changed, on_input, on_labels


class Regression(Changed):
    """Figures for labels, judged by how far off an output is."""

    classes = 1
    figure = Objective("error", "min")

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        return (output - batch.labels[:, None]).square().mean()

    def score(self, output: Tensor, batch: Batch) -> Tensor:
        return (output[:, 0] - batch.labels).abs()


class Net(nn.Module):
    def __init__(self, width: int, outputs: int, between: nn.Module) -> None:
        super().__init__()
        self.c, self.between, self.h = nn.Conv2d(2, width, 3), between, nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.h(self.between(self.c(x)).relu().mean((2, 3)))
        return out


class Always(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.dropout(x, 0.5)


def supernet(outputs: int = 3, between: Callable[[int], nn.Module] = nn.BatchNorm2d) -> Supernet:
    def build(a: Architecture) -> nn.Module:
        return Net(int(a["w"]), outputs, between(int(a["w"])))

    return Supernet.from_builder(build, [Choice("w", (4, 8))], [SPEC])


def with_nan(x: np.ndarray) -> np.ndarray:
    x[[1, 5], 0, 0, 0] = np.nan
    return x


REFUSED: dict[str, tuple[Change, str]] = {
    "a column of labels": (on_labels(lambda y: y[:, None]), r"are a column \(40, 1\).*give labels\[:, 0\]"),
    "one-hot labels": (on_labels(lambda y: np.eye(3, dtype=np.int64)[y]), r"are one-hot.*argmax"),
    "labels from 1": (on_labels(lambda y: y + 1), "go from 1 to 3, expected 0 to 2; count classes from 0"),
    "labels to be ignored": (on_labels(lambda y: np.where(y == 1, -100, y)), "go from -100 to 2"),
    "true or false": (on_labels(lambda y: y > 0), "are true or false, expected 0 to 2; give numbers of classes"),
    "labels as words": (on_labels(lambda y: y.astype(str)), "should be numbers, one for each example, got <U"),
    "labels as objects": (on_labels(lambda y: y.astype(object)), "should be numbers"),
    "labels as floats": (on_labels(lambda y: y.astype(np.float32)), "should be whole numbers"),
    "too few labels": (on_labels(lambda y: y[:30]), r"gives \[40\] inputs and 30 labels"),
    "no labels": (on_labels(lambda y: y[:0]), r"gives \[40\] inputs and 0 labels"),
    "labels that are None": (on_labels(lambda _: None), "should be numbers"),
    "no examples": (lambda e: e.take(slice(0, 0)), r"gives \[0\] inputs and 0 labels for train.*at least one"),
    "not a number": (on_input(with_nan), "no finite numbers, as float32, in 2 examples"),
    "too large for float32": (on_input(lambda x: x.astype(np.float64) * 1e300), "no finite numbers, as float32, in 40"),
    "channels last": (on_input(lambda x: np.moveaxis(x, 1, -1)), r"is \(6, 6, 2\) each.*moveaxis\(x, -1, 1\)"),
    "words for inputs": (on_input(lambda x: x.astype(str)), "is <U.*, expected float32"),
    "an array for a tuple": (lambda e: Examples(e.inputs[0], e.labels), r"should give Examples\(\(one array"),  # type: ignore[arg-type]
    "two arrays for one input": (lambda e: Examples(e.inputs * 2, e.labels), "has 1 inputs and gives 2 arrays"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_data_that_is_not_understood_is_refused_at_once_by_study_and_training_alike(what: str) -> None:
    change, words = REFUSED[what]
    task = Changed(change)
    with pytest.raises(InputError, match=words) as refused:
        admit(supernet(), task)
    assert "\n" not in str(refused.value)
    with pytest.raises(InputError, match=words):
        examples_of(task, "train")


@pytest.mark.parametrize(
    ("outputs", "words"), [(1, r"logits \(4, 3\), got float32 \(4, 1\)"), (2, r"\(4, 2\)"), (5, r"\(4, 5\)")]
)
def test_networks_with_other_outputs_than_classes_are_refused(outputs: int, words: str) -> None:
    task = Changed()
    with pytest.raises(InputError, match=words):
        admit(supernet(outputs), task)
    with pytest.raises(InputError, match=words):
        admit_training(supernet(outputs), task, examples_of(task, "train"))


def test_an_input_that_the_network_takes_at_another_place_is_refused_by_name() -> None:
    class Masked(Net):
        def forward(self, ids: Tensor, mask: Tensor | None = None, x: Tensor | None = None) -> Tensor:
            return super().forward(ids if mask is None or x is None else ids + mask + x)

    named = Supernet.from_builder(lambda a: Masked(int(a["w"]), 3, nn.Identity()), [Choice("w", (4, 8))], [SPEC])
    task = Changed()
    with pytest.raises(InputError, match="gives 'x' where the network takes 'ids'; give its inputs in the network's"):
        admit(named, task)
    with pytest.raises(InputError, match="gives 'x' where the network takes 'ids'"):
        admit_training(named, task, examples_of(task, "train"))


def test_inputs_in_the_order_of_a_tokenizer_are_refused_with_that_of_the_network() -> None:
    class Three(nn.Module):
        def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> Tensor:
            return ids * mask + types

    task = Changed()
    task.inputs = tuple(InputSpec(name, (4,)) for name in ("ids", "types", "mask"))
    with pytest.raises(InputError, match=r"gives 'types' .* takes 'mask'; .* by inputs=\['ids', 'mask', 'types'\] of"):
        refuse_misplaced(Three(), task)


@pytest.mark.parametrize(
    ("between", "words"),
    [
        (lambda w: nn.BatchNorm2d(w, track_running_stats=False), "when others are beside it.*without running stat"),
        (lambda _: Always(), "other outputs every time, as with dropout that is always on"),
    ],
)
def test_networks_that_no_file_can_equal_are_refused_at_the_start(
    between: Callable[[int], nn.Module], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        admit(supernet(between=between), Changed())


def test_networks_whose_weights_or_outputs_are_no_numbers_are_refused() -> None:
    broken = supernet()
    with torch.no_grad():
        broken.shared["h.bias"][1] = torch.nan
    with pytest.raises(InputError, match=r"tensor 'h\.bias' has values that are no finite numbers"):
        admit(broken, Changed())

    class Log(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return (-x.abs() - 1).log()

    with pytest.raises(InputError, match="outputs that are no finite numbers, for 4 of 4 examples"):
        admit(supernet(between=lambda _: Log()), Changed())


def test_a_network_that_fails_or_gives_two_tensors_is_refused_in_one_sentence() -> None:
    class Fails(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.reshape(-1, 7)

    class Two(nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return x, x

    with pytest.raises(InputError, match=r"fails on inputs of .*RuntimeError") as refused:
        admit(supernet(between=lambda _: Fails()), Changed())
    assert "\n" not in str(refused.value)
    two = Supernet.from_builder(
        lambda a: nn.Sequential(nn.Conv2d(2, int(a["w"]), 3), Two()), [Choice("w", (1, 2))], [SPEC]
    )
    with pytest.raises(InputError, match=r"should give one tensor, or several with one named .logits., got tuple"):
        admit(two, Changed())


def test_examples_that_two_splits_have_in_common_are_said() -> None:
    class Some(TinyTask):
        def examples(self, split: Split) -> Examples:
            own, train, shared = super().examples(split), super().examples("train"), self.n // 4
            if split != "report":
                return own
            both = zip((*own.inputs, own.labels), (*train.inputs, train.labels), strict=True)
            *inputs, labels = (np.concatenate([b[:shared], a[shared:]]) for a, b in both)
            return Examples(tuple(inputs), labels)

    with pytest.warns(UserWarning, match=r"some examples for train and for report \(25%"):
        admit(supernet(), Some(SPEC, n=40))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        admit(supernet(), TinyTask(SPEC, n=40))


def test_one_set_given_for_several_splits_is_refused() -> None:
    class Same(TinyTask):
        def examples(self, split: Split) -> Examples:
            return super().examples("train" if split == "report" else split).take(np.arange(self.n)[::-1])

    with pytest.raises(InputError, match=r"the same examples for train and report \(100%"):
        admit(supernet(), Same(SPEC, n=40))


def test_a_regression_is_trained_and_judged_by_its_own_loss_and_score() -> None:
    task = Regression(on_labels(lambda y: y.astype(np.float64) / 2))
    admit(supernet(1), task)
    train = examples_of(task, "train")
    assert train.labels.dtype == np.float32
    admit_training(supernet(1), task, train)


def test_a_regression_without_a_score_or_a_figure_of_its_own_is_refused() -> None:
    class NoScore(Regression):
        score = TinyTask.score

    class NoLoss(Regression):
        loss = TinyTask.loss

    with pytest.raises(InputError, match="has the figure 'error' and no `score` of its own"):
        admit(supernet(1), NoScore())
    task = NoLoss(on_labels(np.zeros_like))
    with pytest.raises(InputError, match=r"so a network should give logits \(4, 3\), got float32 \(4, 1\)"):
        admit_training(supernet(1), task, examples_of(task, "train"))


@pytest.mark.parametrize("figure", [Objective("mean IoU", "max"), Objective("latency_ms"), Objective("params"), "f1"])
def test_a_figure_whose_name_cannot_stand_beside_the_others_is_refused(figure: object) -> None:
    task = Regression()
    task.figure = figure  # type: ignore[assignment]
    with pytest.raises(InputError, match="should be an Objective with a name of its own"):
        admit(supernet(1), task)


def test_a_loss_that_is_no_finite_number_is_refused_when_the_training_is_made() -> None:
    class Each(Regression):
        def loss(self, output: Tensor, batch: Batch) -> Tensor:
            return (output[:, 0] - batch.labels).square()

    task = Each()
    with pytest.raises(InputError, match=r"should give one finite number as a tensor, got \(4,\)"):
        admit_training(supernet(1), task, examples_of(task, "train"))


def test_a_loss_that_raises_is_refused_with_its_words_and_its_place() -> None:
    class Raising(Regression):
        def loss(self, output: Tensor, batch: Batch) -> Tensor:
            return output[:, 0] - batch.labels[:, 3]

    task = Raising()
    with pytest.raises(
        InputError, match=r"`loss` of .* fails on outputs \(4, 1\) and labels \(4,\): IndexError.*test_door"
    ):
        admit_training(supernet(1), task, examples_of(task, "train"))


def test_a_score_that_raises_is_refused_with_its_words_and_its_place() -> None:
    class Raising(Regression):
        def score(self, output: Tensor, batch: Batch) -> Tensor:
            return output[:, 0] - batch.labels[:, 3]

    with pytest.raises(
        InputError, match=r"or the score, fails on 4 examples .*IndexError.* at .*test_door.*batch\.labels\[:, 3\]"
    ):
        admit(supernet(1), Raising())


def test_a_preprocessing_of_other_channels_than_the_inputs_is_refused() -> None:
    task = Changed()
    task.preprocessing = Preprocessing(1.0, (0.5, 0.5), (0.2, 0.2))  # type: ignore[assignment]
    admit(supernet(), task)
    task.preprocessing = Preprocessing(1.0, (0.5,) * 3, (0.2,) * 3)  # type: ignore[assignment]
    with pytest.raises(InputError, match="preprocessing of 3 channels"):
        admit(supernet(), task)


def test_a_space_that_takes_other_inputs_is_refused() -> None:
    with pytest.raises(InputError, match=r"takes inputs .* gives"):
        admit(supernet(), Changed(spec=InputSpec("x", (1, 6, 6))))
    without = Supernet.from_builder(lambda a: Net(int(a["w"]), 3, nn.Identity()), [Choice("w", (4, 8))])
    with pytest.raises(InputError, match="says no inputs"):
        admit(without, Changed())


def test_inputs_of_one_shape_in_another_order_are_refused() -> None:
    """Each would be taken for the other without a word."""
    specs = {name: InputSpec(name, (4,), "int64", 5) for name in ("ids", "mask")}
    space = SearchSpace([Choice("w", (4, 8))], inputs=[specs["ids"], specs["mask"]])
    task = TinyTask(SPEC)
    task.inputs = (specs["mask"], specs["ids"])  # type: ignore[assignment]
    with pytest.raises(InputError, match=r"takes its inputs as ids, mask, task 'tiny' gives them as mask, ids"):
        refuse_misfit(space, task)
    task.inputs = (specs["ids"], specs["mask"])  # type: ignore[assignment]
    refuse_misfit(space, task)


class Broadcast(Changed):
    """One output for each example, ``(n, 1)``, less labels ``(n,)``: a slip that gives ``(n, n)`` without a word."""

    figure = Objective("square", "min")

    def examples(self, split: Split) -> Examples:
        plain = super().examples(split)
        return Examples(plain.inputs, plain.labels.astype(np.float32))

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        return (output - batch.labels).square().mean()

    def score(self, output: Tensor, batch: Batch) -> Tensor:
        return (output - batch.labels).square().mean(1)


class Unlearnt(Broadcast):
    def score(self, output: Tensor, batch: Batch) -> Tensor:
        return (output[:, 0] - batch.labels).square()


class Right(Unlearnt):
    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        return (output[:, 0] - batch.labels).square().mean()


def test_scores_and_losses_that_broadcast_each_example_over_all_others_are_refused() -> None:
    with pytest.raises(InputError, match=r"another score when others are beside it, with outputs \(4, 1\) and labels"):
        admit(supernet(1), Broadcast())
    train = examples_of(Unlearnt(), "train")
    with pytest.raises(InputError, match=r"compares outputs \(4, 1\) with labels \(4,\), which broadcasts each over"):
        admit_training(supernet(1), Unlearnt(), train)
    admit_training(supernet(1), Right(), train)
    admit(supernet(1), Right())
