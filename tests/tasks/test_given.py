"""`hwnas.task`: data as people have it becomes a task, or one sentence says why not."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
)

import hwnas
from hwnas.contracts.preprocessing import Preprocessing
from hwnas.contracts.task import SPLITS, Batch
from hwnas.evaluation.door import admit, admit_training
from hwnas.evaluation.examples import examples_of

N, CLASSES = 60, 3
X = np.random.default_rng(0).normal(size=(3 * N, 2, 4)).astype(np.float32)
Y = np.arange(3 * N) % CLASSES
IDS = np.random.default_rng(2).integers(0, 7, (3 * N, 9))
PARTS = {split: (X[i * N : (i + 1) * N], Y[i * N : (i + 1) * N]) for i, split in enumerate(SPLITS)}


def whole(**options: object) -> hwnas.Task:
    """A task of three parts."""
    return hwnas.task(PARTS["train"], search=PARTS["search"], report=PARTS["report"], **options)  # type: ignore[arg-type]


def tensors(split: str) -> TensorDataset:
    return TensorDataset(*map(torch.as_tensor, PARTS[split]))  # type: ignore[index]


class Rows(Dataset[dict[str, object]]):
    """Rows with names, as Hugging Face data sets have them."""

    def __init__(self, **columns: object) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return N

    def __getitem__(self, i: int) -> dict[str, object]:
        return {name: values[i] for name, values in self.columns.items()}  # type: ignore[index]


def test_arrays_are_a_classification_when_nothing_else_is_said() -> None:
    task = whole()
    assert (task.classes, task.figure.name, task.name) == (CLASSES, "accuracy", "own")
    assert [(i.name, i.shape, i.dtype) for i in task.inputs] == [("input", (2, 4), "float32")]
    for split, (x, y) in PARTS.items():
        examples = examples_of(task, split)
        assert np.array_equal(examples.inputs[0], x)
        assert np.array_equal(examples.labels, y)


@pytest.mark.parametrize(
    "wrapped",
    [
        tensors,
        lambda split: DataLoader(tensors(split), batch_size=7, shuffle=True),
        lambda split: tuple(map(torch.as_tensor, PARTS[split])),
        lambda split: Rows(pixels=PARTS[split][0], label=PARTS[split][1]),
    ],
    ids=["data set", "shuffling loader", "tensors", "rows with names"],
)
def test_data_sets_and_loaders_give_the_examples_of_the_arrays_in_their_order(
    wrapped: Callable[[str], object],
) -> None:
    task = hwnas.task(wrapped("train"), search=wrapped("search"), report=wrapped("report"))
    for split, (x, y) in PARTS.items():
        assert np.array_equal(task.examples(split).inputs[0], x)
        assert np.array_equal(task.examples(split).labels, y)


def test_what_is_missing_is_cut_from_train_and_said() -> None:
    with pytest.warns(UserWarning, match="27 for search and 27 for report; 126 are left"):
        task = hwnas.task((X, Y))
    sizes = {split: np.bincount(task.examples(split).labels).tolist() for split in SPLITS}
    assert sizes == {"train": [42, 42, 42], "search": [9, 9, 9], "report": [9, 9, 9]}
    rows = [row.tobytes() for split in SPLITS for row in task.examples(split).inputs[0]]
    assert sorted(rows) == sorted(row.tobytes() for row in X)
    assert task.provenance["cut_from_train"] == "search, report (seed 0)"


def test_inputs_are_taken_by_name_in_the_order_of_the_network() -> None:
    ids, mask = np.arange(3 * N).reshape(N, 3), np.ones((N, 3), dtype=bool)
    data = Rows(attention_mask=mask, input_ids=ids, kind=PARTS["train"][1], text=["word"] * N)
    with pytest.raises(hwnas.InputError, match=r"has attention_mask, input_ids, kind, text; which .* are the labels"):
        hwnas.task(data)
    with pytest.raises(hwnas.InputError, match=r"input 'text' should be numbers, .* or say as `inputs` which"):
        hwnas.task(data, labels="kind")
    with pytest.warns(UserWarning, match="cuts examples"):
        task = hwnas.task(data, labels="kind", inputs=("input_ids", "attention_mask"))
    first, second = task.inputs
    assert (first.name, first.dtype, first.high) == ("input_ids", "int64", 3 * N)
    assert (second.name, second.dtype) == ("attention_mask", "int64")
    with pytest.raises(hwnas.InputError, match="no input 'ids'; there are attention_mask, input_ids, text"):
        hwnas.task(data, labels="kind", inputs=("ids",))


@pytest.mark.parametrize("nested", [dict, tuple])
def test_inputs_of_a_row_may_lie_together_beside_its_label(nested: type) -> None:
    ids, mask = np.arange(3 * N).reshape(N, 3), np.ones((N, 2), dtype=np.float32)
    inputs = [{"ids": i, "mask": m} if nested is dict else (i, m) for i, m in zip(ids, mask, strict=True)]
    with pytest.warns(UserWarning, match="cuts examples"):
        task = hwnas.task(list(zip(inputs, PARTS["train"][1].tolist(), strict=True)))
    assert [spec.name for spec in task.inputs] == (["ids", "mask"] if nested is dict else ["input0", "input1"])
    assert [spec.dtype for spec in task.inputs] == ["int64", "float32"]
    first = task.examples("train").take(slice(0, 1))
    assert first.labels[0] == PARTS["train"][1][first.inputs[0][0, 0] // 3]


def test_random_changes_in_a_data_set_are_refused_and_taken_as_augment() -> None:
    class Random(Rows):
        def __getitem__(self, i: int) -> dict[str, object]:
            return {"x": torch.rand(3), "label": 0}

    with pytest.raises(hwnas.InputError, match=r"another example 0 each time .* `augment`"):
        hwnas.task(Random())
    task = whole(augment=lambda inputs, seed: tuple(x + seed for x in inputs))
    assert task.augment((torch.zeros(2),), 3)[0].tolist() == [3, 3]


def test_an_endless_or_empty_stream_is_no_data() -> None:
    class Empty(IterableDataset[object]):
        def __iter__(self):  # type: ignore[no-untyped-def]  # noqa: ANN204
            return iter(())

    with pytest.raises(hwnas.InputError, match="gives no example"):
        hwnas.task(Empty())


def test_raw_pixels_are_prepared_and_the_recipe_is_kept() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (3 * N, 3, 2, 2), dtype=np.uint8)
    recipe = Preprocessing(1 / 255, (0.1, 0.2, 0.3), 0.5)
    with pytest.warns(UserWarning, match="cuts examples"):
        task = hwnas.task((pixels, Y), preprocessing=recipe)
    assert task.preprocessing == recipe
    everything = np.concatenate([task.examples(split).inputs[0] for split in SPLITS])
    expected = (pixels / 255 - np.reshape([0.1, 0.2, 0.3], (3, 1, 1))) / 0.5
    assert np.allclose(np.sort(everything, axis=0), np.sort(expected, axis=0), atol=1e-6)


VALUES = {  # by hand: score of each example, then the loss
    "top5_accuracy": (
        torch.eye(7)[[6, 1]] * 2 - torch.arange(7) / 10,
        torch.tensor([6, 5]),
        [1.0, 0.0],
        None,
    ),
    "mean_squared_error": (torch.tensor([[1.0], [3.0]]), torch.tensor([0.0, 5.0]), [1.0, 4.0], 2.5),
    "mean_absolute_error": (torch.tensor([[1.0], [3.0]]), torch.tensor([0.0, 5.0]), [1.0, 2.0], 1.5),
    "multi_label_accuracy": (
        torch.tensor([[2.0, -1.0], [1.0, 1.0]]),
        torch.tensor([[1, 0], [0, 1]]),
        [1.0, 0.5],
        (np.log1p(np.exp(-2)) + np.log1p(np.exp(-1)) + np.log1p(np.exp(1)) + np.log1p(np.exp(-1))) / 4,
    ),
}


@pytest.mark.parametrize("figure", sorted(VALUES))
def test_ready_figures_have_the_values_of_their_definitions(figure: str) -> None:
    output, labels, scores, loss = VALUES[figure]
    task, batch = whole(figure=figure), Batch((), labels)
    assert task.figure.name == figure
    assert task.score(output, batch).tolist() == scores
    if loss is not None:
        assert task.loss(output, batch).item() == pytest.approx(loss)
    same, other = (task.distil(x, output).item() for x in (output, output + torch.randn(output.shape)))
    assert same < other


@pytest.mark.parametrize("figure", ["accuracy", "mean_squared_error", "mean_absolute_error", "multi_label_accuracy"])
def test_networks_are_trained_and_judged_by_every_ready_figure(figure: str) -> None:
    several = figure == "multi_label_accuracy"
    labels = {"accuracy": Y, "multi_label_accuracy": np.eye(CLASSES, dtype=int)[Y]}.get(figure, Y + 0.5)
    width = CLASSES if several or figure == "accuracy" else 1
    parts = [(X[i * N : (i + 1) * N], labels[i * N : (i + 1) * N]) for i in range(3)]
    task = hwnas.task(parts[0], search=parts[1], report=parts[2], figure=figure)
    supernet = hwnas.Supernet.from_builder(
        lambda a: nn.Sequential(
            nn.Flatten(), nn.Linear(8, int(a["hidden"])), nn.ReLU(), nn.Linear(int(a["hidden"]), width)
        ),
        [hwnas.Choice("hidden", (2, 4))],
        task.inputs,
    )
    admit(supernet, task)
    admit_training(supernet, task, examples_of(task, "train"))


def test_a_figure_of_ones_own_takes_its_loss_and_score() -> None:
    figure = hwnas.Objective("agreement", "max")
    task = whole(figure=figure, loss=lambda o, y: (o[:, 0] - y).mean(), score=lambda o, y: o[:, 0] + y)
    batch = Batch((), torch.tensor([1.0, 2.0]))
    assert task.score(torch.ones(2, 2), batch).tolist() == [2, 3]
    assert task.answer(torch.ones(2, 2)) is None
    with pytest.raises(hwnas.InputError, match="loss of its own"):
        task.distil(torch.ones(2, 2), torch.ones(2, 2))


def test_a_loss_of_ones_own_leaves_the_accuracy_what_it_is() -> None:
    task = whole(loss=nn.CrossEntropyLoss(label_smoothing=0.1))
    logits, batch = torch.tensor([[3.0, 0.0, 0.0]]), Batch((), torch.tensor([0]))
    assert task.score(logits, batch).tolist() == [1]
    assert task.loss(logits, batch) > whole().loss(logits, batch)
    assert task.distil(logits, logits).isfinite()
    with pytest.raises(hwnas.InputError, match=r"loss of task 'own' should be one number .* got \(1,\)"):
        whole(loss=nn.CrossEntropyLoss(reduction="none")).loss(logits, batch)


@pytest.mark.parametrize(
    ("train", "options", "words"),
    [
        (5, {}, "torch Dataset or DataLoader"),
        ((X, Y[:5]), {}, "180} and 5 labels for train"),
        ((X, Y + 1), {}, "go from 1 to 3, and 3 of them are learnt from; count classes from 0"),
        ((X, Y + 0.5), {}, "float32, and no classes; give them as whole numbers, or say which figure"),
        ((X, np.where(Y == 0, -100, Y)), {}, "by -100 which places do not count, .* say figure='token_accuracy'"),
        ((X, Y), {"classes": "3"}, "The number of classes is a whole number of at least 2, got '3'"),
        ((X, Y), {"seed": 0.5}, "The seed of a task is a whole number of at least 0, got 0.5"),
        ((X, Y + 2**40), {}, "go from 1099511627776 to 1099511627778, and 3 of them are learnt from"),
        ((X, np.eye(CLASSES, dtype=int)[Y]), {}, r"train: labels are one-hot \(126, 3\); give labels.argmax\(axis=1\)"),
        ((X, np.eye(CLASSES)[Y]), {}, "labels are one-hot"),
        ((X, Y[:, None]), {}, r"labels are a column \(126, 1\), expected \(126,\); give labels\[:, 0\]"),
        ((X, ["word"] * len(X)), {}, r"labels should be numbers, got .*; turn them into numbers\.$"),
        (None, {}, "got NoneType"),
        (([[1, 2], [3]], [0, 1]), {}, "same shape in every example"),
        ((X[:5], Y[:5]), {}, "5 different examples are too few to cut search and report from"),
        ((X, Y), {"figure": "acuracy"}, "nearest first: accuracy"),
        ((X, Y), {"score": len}, "A `score` of your own is not accuracy"),
        ((X, Y), {"figure": hwnas.Objective("iou", "max")}, "needs a `loss` and a `score`"),
        ((X, Y), {"search": (X[:, :1], Y)}, r"shapes \[\(2, 4\), \(1, 4\)"),
        ((X, Y), {"search": ({"pixels": X}, Y)}, "not in every split"),
        ((X, Y), {"summary": len}, "A `summary` of your own is not accuracy"),
        ((IDS, IDS), {"figure": "perplexity"}, r"labels of task 'own' are its inputs; .* the next tokens"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*cuts examples")
def test_what_is_not_understood_is_refused(train: object, options: dict[str, object], words: str) -> None:
    with pytest.raises(hwnas.InputError, match=words):
        hwnas.task(train, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "sampler",
    [
        SubsetRandomSampler(range(60)),
        WeightedRandomSampler([1.0] * len(X), len(X)),
        RandomSampler(range(len(X)), num_samples=10),
        RandomSampler(range(len(X)), replacement=True),
    ],
    ids=lambda sampler: type(sampler).__name__,
)
def test_a_loader_that_draws_some_examples_only_or_more_often_is_refused(sampler: Sampler[int]) -> None:
    data = TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    batches = BatchSampler(sampler, 7, drop_last=False)
    for loader in (DataLoader(data, 7, sampler=sampler), DataLoader(data, batch_sampler=batches)):
        with pytest.raises(hwnas.InputError, match=f"{type(sampler).__name__}, and here every example is taken once"):
            hwnas.task(loader)


@pytest.mark.parametrize("figure", ["mean_squared_error", "mean_absolute_error"])
def test_a_network_may_learn_to_give_its_inputs_again(figure: str) -> None:
    train, search, report = ((x, x) for x, _ in PARTS.values())
    assert hwnas.task(train, search=search, report=report, figure=figure).figure.name == figure


@pytest.mark.parametrize("figure", ["mean_squared_error", "mean_absolute_error"])
def test_outputs_are_never_broadcast_over_labels(figure: str) -> None:
    with pytest.raises(hwnas.InputError, match="as many figures for each example"):
        whole(figure=figure).score(torch.zeros(4, 2), Batch((), torch.zeros(4)))
