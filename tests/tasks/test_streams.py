"""Data that is read when it is wanted gives what the same data in memory gives, and holds no more than it must."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, get_worker_info

import hwnas
from hwnas.contracts.preprocessing import Preprocessing
from hwnas.contracts.task import SPLITS, Examples
from hwnas.evaluation.examples import examples_of
from hwnas.tasks._spool import Spool

N, CLASSES = 90, 3
PIXELS = np.random.default_rng(0).integers(0, 256, (N, 1, 4, 4), dtype=np.uint8)
LABELS = np.arange(N) % CLASSES
RECIPE = Preprocessing(1 / 255, 0.5, 0.5)


class Numbered(Dataset[tuple[np.ndarray, int]]):
    """Images as torchvision's data sets have them; what is asked for is noted."""

    classes = ("a", "b", "c")

    def __init__(self, count: int = N) -> None:
        self.count, self.asked = count, 0
        self.targets = LABELS[:count].tolist()

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, i: int) -> tuple[np.ndarray, int]:
        self.asked += 1
        return PIXELS[i], int(LABELS[i])


class Broken(Numbered):
    """One of its examples cannot be read."""

    def __getitem__(self, i: int) -> tuple[np.ndarray, int]:
        if i == 50:
            raise OSError("disk gone")
        return super().__getitem__(i)


class Coming(IterableDataset[tuple[np.ndarray, int]]):
    def __iter__(self) -> Iterator[tuple[np.ndarray, int]]:
        yield from zip(PIXELS, LABELS.tolist(), strict=True)


class Shared(Coming):
    """Each worker gives its share."""

    def __iter__(self) -> Iterator[tuple[np.ndarray, int]]:
        worker = get_worker_info()
        yield from list(super().__iter__())[worker.id :: worker.num_workers]


def doubled(rows: list[tuple[np.ndarray, int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """A collate function of one's own, at the top of a file so that workers can have it."""
    return 2 * torch.from_numpy(np.stack([x for x, _ in rows])).float(), torch.tensor([y for _, y in rows])


def task_of(data: object, *, in_memory: bool | None) -> hwnas.Task:
    with pytest.warns(UserWarning, match="cuts examples"):
        return hwnas.task(data, preprocessing=RECIPE, classes=CLASSES, in_memory=in_memory)


@pytest.mark.parametrize(
    "data",
    [
        Numbered(),
        DataLoader(Numbered(), batch_size=5, shuffle=True),
        DataLoader(Numbered(), collate_fn=doubled, num_workers=1),
        Coming(),
        DataLoader(Coming(), batch_size=7),
    ],
    ids=["data set", "loader", "workers", "iterable", "its loader"],
)
def test_streams_give_the_batches_of_the_same_data_in_memory(data: object) -> None:
    found = {}
    for in_memory in (True, False):
        task = task_of(data, in_memory=in_memory)
        assert isinstance(task.examples("train"), Examples) == in_memory
        found[in_memory] = {split: examples_of(task, split) for split in SPLITS}
    for split in SPLITS:
        held, elsewhere = (found[in_memory][split] for in_memory in (True, False))
        assert len(held) == len(elsewhere) == {"train": 62}.get(split, 14)
        order = [np.array([5, 2, 9]), np.array([0]), np.array([2, 3])]
        for wanted, got in zip(held.batches(order), elsewhere.batches(order), strict=True):
            assert np.array_equal(wanted.inputs[0], got.inputs[0])
            assert np.array_equal(wanted.labels, got.labels)
            assert got.inputs[0].dtype == np.float32
        parts = [*elsewhere.parts()]
        assert np.array_equal(np.concatenate([part.labels for part in parts]), next(held.parts()).labels)


def test_a_data_set_is_not_read_before_it_is_wanted() -> None:
    data = Numbered()
    task = task_of(data, in_memory=False)
    assert data.asked < N  # a few to see what they are
    before = data.asked
    task.examples("search").take(slice(0, 2))
    assert data.asked == before + 2


@pytest.mark.filterwarnings("ignore:.*cuts examples")
def test_classes_are_those_that_the_data_set_says_or_must_be_told() -> None:
    data = Numbered()
    assert hwnas.task(data, in_memory=False).classes == 3
    rows = list(zip(PIXELS, LABELS.tolist(), strict=True))
    with pytest.raises(hwnas.InputError, match="read when it is wanted, so classes are not counted; say how many"):
        hwnas.task(rows, in_memory=False)
    assert hwnas.task(iter(rows), in_memory=False).classes == 3  # its labels are in a file, and quickly counted


@pytest.mark.filterwarnings("ignore:.*cuts examples")
def test_the_largest_id_of_a_stream_must_be_told() -> None:
    rows = [(np.array([i % 7, 1]), i % 2) for i in range(60)]
    with pytest.raises(hwnas.InputError, match=r"say it as inputs=\[hwnas.InputSpec\('input', \(2,\)"):
        hwnas.task(rows, in_memory=False, classes=2)
    spec = hwnas.InputSpec("input", (2,), "int64", high=7)
    assert hwnas.task(rows, in_memory=False, classes=2, inputs=[spec]).inputs == (spec,)
    low = hwnas.InputSpec("input", (2,), "int64", high=6)
    with pytest.raises(hwnas.InputError, match="says below 6; give `high`"):
        examples_of(hwnas.task(rows, in_memory=False, classes=2, inputs=[low]), "train")


@pytest.mark.parametrize("batch", [1, 50])  # of which each worker has many, or one and a part
def test_a_stream_of_which_each_worker_gives_all_is_refused(batch: int) -> None:
    with pytest.raises(hwnas.InputError, match="comes 2 times, once from each worker"):
        hwnas.task(DataLoader(Coming(), batch, num_workers=2))


def test_a_stream_that_workers_share_out_comes_whole() -> None:
    task = task_of(DataLoader(Shared(), batch_size=4, num_workers=2), in_memory=True)
    images = np.concatenate([task.examples(split).take(slice(None)).inputs[0] for split in SPLITS])
    assert {image.tobytes() for image in images} == {image.tobytes() for image in RECIPE(PIXELS)}
    assert len(images) == N


@pytest.mark.filterwarnings("ignore:.*cuts examples")
def test_workers_that_cannot_have_the_data_are_refused_in_a_sentence(recwarn: pytest.WarningsRecorder) -> None:
    loader = DataLoader(
        Numbered(), collate_fn=lambda rows: doubled(rows[:]), num_workers=1, multiprocessing_context="spawn"
    )
    task = hwnas.task(loader, in_memory=False)
    recwarn.clear()
    with pytest.raises(hwnas.InputError, match=r"cannot be read by worker processes .* num_workers=0"):
        next(task.examples("train").batches([np.arange(2)]))
    assert not recwarn.list


@pytest.mark.filterwarnings("ignore:.*cuts examples")
@pytest.mark.parametrize("workers", [0, 1])
def test_an_example_that_cannot_be_read_is_told_of_when_it_comes(workers: int) -> None:
    with pytest.raises(hwnas.InputError, match=r"Task 'own', train cannot be read \(OSError: 'disk gone'\)"):
        task = hwnas.task(DataLoader(Broken(), num_workers=workers), in_memory=bool(workers))
        for split in SPLITS:
            list(task.examples(split).parts())


def test_what_is_too_much_for_memory_goes_to_files_and_comes_back_the_same() -> None:
    rng = np.random.default_rng(1)
    batches = [({"a": rng.normal(size=(5, 3)), "b": rng.integers(0, 9, 5)}, rng.integers(0, 2, 5)) for _ in range(6)]
    for most, held in ((1e9, True), (100, False), (0, False)):
        spool = Spool("data", most)
        for batch in batches:
            spool.add(batch)
        found = spool.end()
        assert found.held == held
        for name in ("a", "b"):
            assert np.array_equal(found.inputs[name], np.concatenate([inputs[name] for inputs, _ in batches]))
        assert np.array_equal(found.labels, np.concatenate([labels for _, labels in batches]))


@pytest.mark.parametrize("most", [1e9, 0])
def test_batches_of_another_shape_or_name_are_refused(most: float) -> None:
    first = ({"a": np.zeros((2, 3))}, np.zeros(2))
    for other, words in ((({"a": np.zeros((2, 4))}, np.zeros(2)), "shapes or types"), (({}, np.zeros(2)), "names")):
        with pytest.raises(hwnas.InputError, match=words):
            spool = Spool("data", most)
            spool.add(first)
            spool.add(other)
            spool.end()


def test_training_judging_and_a_study_take_a_stream(tmp_path: Path) -> None:
    """The same supernet, whether its data was in memory or not."""
    from torch import nn

    from hwnas.training._loop import Trainer
    from hwnas.training.sandwich import sandwich

    trained = []
    for in_memory in (True, False):
        task = task_of(Numbered(), in_memory=in_memory)
        torch.manual_seed(0)
        supernet = hwnas.Supernet.from_builder(
            lambda a: nn.Sequential(nn.Flatten(), nn.Linear(16, a["width"]), nn.ReLU(), nn.Linear(a["width"], 3)),  # type: ignore[arg-type]
            [hwnas.Choice("width", (2, 4))],
            task.inputs,
        )
        recipe = hwnas.Recipe(epochs=2, batch_size=16)
        Trainer(supernet, task, sandwich(supernet.space), recipe, tmp_path / str(in_memory)).run()
        evaluator = hwnas.Study(tmp_path / f"run{in_memory}", supernet, task, "cpu")
        trained.append((supernet.shared, evaluator.network(supernet.space.largest)))
    for name, tensor in trained[0][0].items():
        assert torch.equal(tensor, trained[1][0][name])


def test_the_last_examples_of_a_stream_count_though_its_loader_drops_them() -> None:
    task = hwnas.task(
        DataLoader(Coming(), 16, drop_last=True), search=(PIXELS, LABELS), report=(PIXELS, LABELS), classes=CLASSES
    )
    assert len(task.examples("train")) == N
