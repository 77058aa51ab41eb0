"""A folder of images by class is a task, whatever the images are like; what is not understood is one sentence."""

import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import hwnas
from hwnas.contracts.task import SPLITS, Examples
from hwnas.evaluation.examples import examples_of
from hwnas.pipeline.open import open_task

pytestmark = pytest.mark.filterwarnings("ignore:.*cuts examples")
GREY = [hwnas.InputSpec("images", (1, 4, 4))]
RNG = np.random.default_rng(0)


def write(path: Path, pixels: np.ndarray | None = None, mode: str = "RGB", **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    found = RNG.integers(0, 256, (6, 8, 3), dtype=np.uint8) if pixels is None else pixels
    Image.fromarray(found).convert(mode).save(path, **options)  # type: ignore[arg-type]
    return path


def folder(place: Path, count: int = 15, classes: tuple[str, ...] = ("b_dog", "a_cat")) -> Path:
    for name in classes:
        for i in range(count):
            write(place / name / f"{i}.png")
    return place


def test_classes_are_the_folders_in_order_and_parts_are_cut_with_their_share_of_each(tmp_path: Path) -> None:
    task = hwnas.task(folder(tmp_path), inputs=GREY)
    assert task.classes == 2
    assert task.provenance["classes"] == "a_cat, b_dog"
    sizes = {split: np.bincount(examples_of(task, split).sample().labels).tolist() for split in SPLITS}
    assert {split: sum(size) for split, size in sizes.items()} == {"train": 22, "search": 4, "report": 4}
    assert all(min(size) >= sum(size) // 2 - 1 for size in sizes.values())


def test_images_are_made_upright_and_resized_until_they_cover_and_cropped_to_the_centre(tmp_path: Path) -> None:
    stripes = np.zeros((4, 8, 3), np.uint8)
    stripes[:, 2:6] = (255, 0, 51)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side
    for split in ("train", "val", "test"):
        write(tmp_path / split / "wide" / "0.png", stripes)
        write(tmp_path / split / "turned" / "0.png", stripes.transpose(1, 0, 2)[::-1].copy(), exif=exif)
    task = hwnas.task(str(tmp_path), inputs=[hwnas.InputSpec("images", (3, 4, 4))])
    assert task.preprocessing is not None
    values = (np.array([255, 0, 51]) / 255 - task.preprocessing.mean) / np.array(task.preprocessing.std)
    for split in SPLITS:
        (pixels,) = task.examples(split).take(slice(None)).inputs
        assert pixels.shape[1:] == (3, 4, 4)
        np.testing.assert_allclose(pixels, np.broadcast_to(values[:, None, None], pixels.shape), atol=1e-5)


@pytest.mark.parametrize(("mode", "suffix"), [("L", ".png"), ("P", ".png"), ("RGBA", ".png"), ("CMYK", ".jpg")])
def test_images_of_any_common_mode_are_read(tmp_path: Path, mode: str, suffix: str) -> None:
    for i in range(24):
        write(tmp_path / ("a", "b")[i % 2] / f"{i}{suffix}", mode=mode)
    for shape in ((1, 4, 4), (3, 4, 4)):
        task = hwnas.task(tmp_path, inputs=[hwnas.InputSpec("images", shape)])
        assert examples_of(task, "report").sample().inputs[0].shape[1:] == shape


def test_splits_that_are_folders_are_taken_and_those_that_miss_are_cut(tmp_path: Path) -> None:
    folder(tmp_path / "train")
    folder(tmp_path / "val", 3)
    task = hwnas.task(tmp_path, inputs=GREY)
    assert {split: len(task.examples(split)) for split in SPLITS} == {"train": 26, "search": 6, "report": 4}
    folder(tmp_path / "test", 2)
    task = hwnas.task(tmp_path, inputs=GREY)
    assert {split: len(task.examples(split)) for split in SPLITS} == {"train": 30, "search": 6, "report": 4}


def test_a_folder_that_is_read_when_it_is_wanted_has_the_same_parts(tmp_path: Path) -> None:
    folder(tmp_path)
    Image.open(tmp_path / "a_cat" / "0.png").save(tmp_path / "b_dog" / "again.png")
    write(tmp_path / "b_dog" / "copy.png").write_bytes((tmp_path / "b_dog" / "1.png").read_bytes())
    held, streams = (hwnas.task(tmp_path, inputs=GREY, in_memory=m) for m in (True, False))
    for split in SPLITS:
        one, other = held.examples(split), streams.examples(split)
        assert isinstance(one, Examples)
        assert not isinstance(other, Examples)
        assert np.array_equal(one.labels, other.take(slice(None)).labels)
        assert np.array_equal(one.inputs[0], np.concatenate([part.inputs[0] for part in other.parts()]))
    where = {split: {x.tobytes() for x in held.examples(split).take(slice(None)).inputs[0]} for split in SPLITS}
    assert not where["train"] & where["search"] | where["train"] & where["report"] | where["search"] & where["report"]


def test_the_task_is_found_by_name_with_its_folder_and_the_size_of_the_network(tmp_path: Path) -> None:
    place = folder(tmp_path / "photos")
    assert open_task(f"images:{place}", inputs=GREY).inputs[0].shape == (1, 4, 4)
    assert open_task("images", place, GREY).inputs[0].shape == (1, 4, 4)
    assert open_task(f"images:{place}:3x5x6", inputs=GREY).inputs[0].shape == (3, 5, 6)
    with pytest.warns(UserWarning, match="Images are made 3x224x224, for no size is told"):
        assert open_task(f"images:{place}").inputs[0].shape == (3, 224, 224)
    with warnings.catch_warnings(action="error"), pytest.raises(hwnas.InputError, match="No folder"):
        open_task("images:nothere")
    with pytest.raises(hwnas.InputError, match="Which folder of images"):
        open_task("images")
    for size in ("96x96", "96"):
        with pytest.raises(hwnas.InputError, match=rf"channels, height and width, got {size}; say .*:3x96x96"):
            open_task(f"images:{place}:{size}")
    with pytest.raises(hwnas.InputError, match="told two folders"):
        open_task(f"images:{place}", place)


def test_files_that_are_no_images_are_left_out_and_said(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / "a_cat" / "notes.txt").write_text("words")
    (tmp_path / "a_cat" / ".hidden").write_text("words")
    with pytest.warns(UserWarning, match=r"1 files in .* are left out, as notes.txt: images are \.bmp"):
        hwnas.task(tmp_path, inputs=GREY)


def broken(place: Path) -> None:
    whole = (place / "a_cat" / "3.png").read_bytes()
    (place / "a_cat" / "3.png").write_bytes(whole[: len(whole) // 2])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (broken, r"a_cat/3\.png is no image that can be read"),
        (lambda place: (place / "a_cat" / "3.png").write_bytes(b""), r"a_cat/3\.png is no image that can be read"),
        (lambda place: Image.new("I;16", (4, 4)).save(place / "a_cat" / "3.png"), "not of 8 bits"),
        (lambda place: (place / "c_bird").mkdir(), r"c_bird holds no image \(\.bmp"),
        (lambda place: (place / "train").mkdir(), "holds 'train' beside 'a_cat'"),
        (lambda place: [p.rename(place / f".{p.name}") for p in [place / "a_cat"]], "at least two, got 1; put images"),
    ],
)
def test_what_is_not_understood_of_a_folder_is_refused(tmp_path: Path, change, words: str) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    place = folder(tmp_path)
    change(place)
    with pytest.raises(hwnas.InputError, match=words):
        hwnas.task(place, inputs=GREY)


def test_splits_of_other_classes_or_none_to_learn_from_are_refused(tmp_path: Path) -> None:
    folder(tmp_path / "train")
    folder(tmp_path / "val", 3, ("a_cat", "z_cow"))
    with pytest.raises(hwnas.InputError, match="do not both hold the class 'b_dog'"):
        hwnas.task(tmp_path, inputs=GREY)
    folder(tmp_path / "valid", 3)
    with pytest.raises(hwnas.InputError, match="holds 'val' and 'valid', which are for the same"):
        hwnas.task(tmp_path, inputs=GREY)
    with pytest.raises(hwnas.InputError, match="no 'train'; name the folder to learn from that"):
        folder(tmp_path / "only" / "test", 3)
        hwnas.task(tmp_path / "only", inputs=GREY)
    with pytest.raises(hwnas.InputError, match="No folder"):
        hwnas.task(tmp_path / "nowhere", inputs=GREY)
    with pytest.raises(hwnas.InputError, match="1 or 3 channels"):
        hwnas.task(tmp_path, inputs=[hwnas.InputSpec("images", (2, 4, 4))])


def test_without_pillow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(hwnas.InputError, match=r"needs Pillow: pip install 'hwnas\[images\]'"):
        hwnas.task(tmp_path, inputs=GREY)


def test_what_is_hidden_is_no_image_and_images_beside_the_classes_are_said_to_be_left_out(tmp_path: Path) -> None:
    write(folder(tmp_path) / "a_cat" / ".thumbnails" / "0.png")
    write(tmp_path / ".cache" / "0.png")
    (tmp_path / "README.txt").write_text("words")
    assert sum(len(examples_of(hwnas.task(tmp_path, inputs=GREY), split)) for split in SPLITS) == 30
    write(tmp_path / "stray.png")
    with pytest.warns(UserWarning, match=r"1 files in .* are left out, as stray\.png"):
        hwnas.task(tmp_path, inputs=GREY)


def test_a_link_to_an_image_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (folder(tmp_path) / "a_cat" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    with pytest.raises(hwnas.InputError, match=r"gone\.png is a link to what is not there"):
        hwnas.task(tmp_path, inputs=GREY)
