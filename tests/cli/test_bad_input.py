"""Bad input is answered with one sentence on standard error and exit code 2 (3: the device), never a traceback, and
nothing that was measured is lost.
"""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Command, Ended
from tests.runs import SEARCH, Console, rows
from tests.tasks.idx_folders import write_idx

TRAIN = ("train", "tiny", "--task", "tiny", "-o", "new", "--epochs", "1", "--batch-size", "16")


def refused(ended: Ended | subprocess.CompletedProcess[str], *words: str, code: int = 2) -> None:
    """One sentence with these words, in this order."""
    found, text = (ended.code, ended.errors) if isinstance(ended, Ended) else (ended.returncode, ended.stderr)
    assert found == code, text
    lines = text.splitlines()
    assert len(lines) == 1, text
    assert lines[0].startswith("hwnas: ")
    assert lines[0].endswith((".", "!"))
    at = 0
    for word in words:
        assert word in lines[0][at:], f"{word!r} is missing after {at} in: {text}"
        at = lines[0].index(word, at) + len(word)


# Names


def test_an_unknown_space_is_answered_with_the_known_ones_nearest_first(command: Command) -> None:
    refused(command("spaces", "mobilenetv3_gray28"), "'mobilenetv3_gray28'", "mobilenetv3_grey28, mobilenetv3")
    refused(command("train", "tiney", "-o", "new"), "'tiney'", "tiny", "mobilenetv3")
    refused(command("profile", "cpu", "--space", "tniy"), "'tniy'", "tiny", "mobilenetv3")


def test_an_unknown_device_is_answered_with_the_known_ones_nearest_first(command: Command, run_folder: Path) -> None:
    refused(command("profile", "cup", "--space", "tiny"), "'cup'", "cpu, ", "simulated")
    refused(command("spaces", "tiny", "--device", "simulate"), "'simulate'", "simulated, ", "cpu")
    refused(command("search", run_folder, "--device", "gpu"), "'gpu'", "cpu, ", "simulated")


@pytest.mark.parametrize(
    "device", ["cpu:threads=0", "cpu:threads=many", "cpu:thread=1", "cpu:", "cpu:,", "", ":", "cpu:x"]
)
def test_a_wrong_device_string_is_refused_or_means_the_default(command: Command, run_folder: Path, device: str) -> None:
    ended = command("search", run_folder, "--device", device, "--task", "nothing such")
    refused(ended, "'nothing such'" if device == "cpu:" and "such" in ended.errors else "")


@pytest.mark.parametrize(
    "words",
    [
        ("show", ""), ("search", ""), ("export", ""), ("report", ""), ("train", "tiny", "--task", "tiny", "-o", ""),
        ("check", "", "--max-latency", "1ms"), ("check", "m.onnx", "--max-latency", "1ms", "--junit="),
        ("profile", "simulated", "--space", "tiny", "--transfer-from", "a.json", "--transfer-from", ""),
    ],
)  # fmt: skip
def test_an_empty_name_is_not_the_current_folder(command: Command, words: tuple[str, ...]) -> None:
    refused(command(*words), "takes a file or folder, got an empty name")


def test_unknown_values_of_options_are_answered_with_the_known_ones(command: Command, run_folder: Path) -> None:
    refused(command("train", "tiny", "-o", "new", "--task", "tinny"), "'tinny'", "tiny")
    refused(command("train", "tiny", "-o", "new", "--task", "tiny", "--method", "sandwhich"), "'sandwhich'", "sandwich")
    refused(command("search", run_folder, "--device", "simulated", "--preset", "norml"), "'norml'", "normal")
    refused(command("profile", "simulated", "--space", "tiny", "--preset", "fast"), "'fast'", "rapid")
    refused(command("search", run_folder, "--device", "simulated", "--task", "tinny"), "'tinny'", "tiny")
    refused(command("train", "tiny", "-o", "new", "--task", "tiny", "--data", "."), "takes no folder of data")
    refused(command(*TRAIN, "--method", "uniform", "--setting", "randoms=2"), "'uniform'", "randoms")


def test_no_strategy_to_compare_is_not_all_of_them(command: Command) -> None:
    for named in ("", " , "):
        refused(command("compare", "--strategies", named, "--evaluations", "2", "--seeds", "1"), "named strategies")


# Figures


@pytest.mark.parametrize("name", ["search", "export"])
@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--max-latency", "2", "with its unit, such as 2ms"),
        ("--max-latency", "-2ms", "above zero"),
        ("--max-latency", "0ms", "above zero"),
        ("--max-latency", "nanms", "such as 2ms"),
        ("--max-latency", "1e999s", "above zero"),
        ("--max-latency", "1e9s", "between 0 and 10,000,000 ms"),
        ("--max-latency", "", "such as 2ms"),
        ("--max-size", "500", "with its unit, such as 500kB"),
        ("--max-size", "1e9GB", "between 0 and 10,000,000,000,000 bytes"),
        ("--worst-score", "-1%", "above zero"),
        ("--worst-score", "most", "92% or 0.92"),
    ],
)
def test_a_budget_is_a_positive_sensible_figure_with_a_unit(
    command: Command, name: str, option: str, value: str, words: str
) -> None:
    refused(command(name, "run", f"{option}={value}"), words)


def test_a_worst_score_that_the_task_cannot_give_is_refused_before_anything_is_timed(
    command: Command, run_folder: Path
) -> None:
    refused(command("search", run_folder, "--device", "simulated", "--worst-score", "92"), "between 0 and 1")
    assert rows(run_folder / "study.db", "timings") == 0


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("serach",),
        ("train",),
        ("spaces", "--nonsense"),
        ("search", "run", "--evaluations", "0"),
        ("search", "run", "--evaluations", "-5"),
        ("search", "run", "--samples", "0"),
        ("search", "run", "--seed", "-1"),
        ("profile", "cpu", "--space", "tiny", "--samples", "some"),
        ("train", "tiny", "-o", "new", "--batch-size", "0"),
        ("check",),
    ],
)
def test_a_command_that_is_not_understood_exits_with_2_and_says_why(command: Command, words: tuple[str, ...]) -> None:
    ended = command(*words)
    assert ended.code == 2
    assert "Traceback" not in ended.errors
    assert "Usage" in ended.output + ended.errors


@pytest.mark.parametrize(
    ("option", "value"), [("--epochs", "0"), ("--epochs", "nan"), ("--epochs", "-1"), ("--learning-rate", "inf")]
)
def test_a_recipe_that_cannot_train_is_refused(command: Command, option: str, value: str) -> None:
    name = {"--epochs": "The number of epochs is", "--learning-rate": "The learning rate is"}[option]
    refused(command(*TRAIN, option, value), name, f"got {float(value)}")


def test_a_search_that_would_hand_out_other_models_than_it_times_is_refused(command: Command, run_folder: Path) -> None:
    refused(command("search", run_folder, "--device", "cpu:precision=int8"), "hands out float32", "--bundle")


def test_too_few_samples_to_learn_from_are_refused_before_anything_is_timed(command: Command, run_folder: Path) -> None:
    refused(command("search", run_folder, "--device", "simulated", "--samples", "5"), "at least 22", "got 5 samples")
    assert rows(run_folder / "study.db", "timings") == 0


@pytest.mark.parametrize("place", [".", "/", "here"])
def test_a_folder_for_a_table_is_refused_before_anything_is_timed(command: Command, tmp_path: Path, place: str) -> None:
    (tmp_path / "here").mkdir()
    refused(command("profile", "simulated", "--space", "tiny", "--out", place), f"{place} is a folder", "name a file")
    assert not [*tmp_path.glob("*.timings.db*")]


def test_a_time_has_a_unit_and_is_enough_for_a_search(command: Command, run_folder: Path) -> None:
    search = ("search", run_folder, "--device", "simulated", "--samples", "24")
    refused(command(*search, "--time", "10"), "a time with its unit, such as 10min")
    refused(command(*search, "--time", "1e-9s"), "at least 16 evaluations takes about", "allow more time")
    assert rows(run_folder / "study.db", "timings") == 0


# Files


def test_a_missing_truncated_or_foreign_checkpoint_is_refused(command: Command, run_folder: Path) -> None:
    refused(command("search", "nowhere"), "nowhere/supernet.safetensors", "hwnas train")
    whole = (run_folder / "supernet.safetensors").read_bytes()
    for part in (whole[: len(whole) // 2], whole[:5], b""):
        (run_folder / "supernet.safetensors").write_bytes(part)
        refused(command("search", run_folder), "not a whole supernet", "train again")
    for old, new in ((b"mobilenetv3", b"mobilenetv2"), (b'\\"final_width\\": 12', b'\\"final_width\\": 99')):
        assert old in whole
        (run_folder / "supernet.safetensors").write_bytes(whole.replace(old, new))
        refused(command("search", run_folder), "its digest is not that of its content", "train again")


def test_a_supernet_other_than_the_one_that_was_searched_is_refused(command: Command, run_folder: Path) -> None:
    refused(command("search", run_folder, "--device", "simulated", "--samples", "5"), "5 samples")  # remembers it
    assert command(*TRAIN).code == 0
    shutil.copy("new/supernet.safetensors", run_folder)
    refused(command("search", run_folder, "--device", "simulated"), "is a run with supernet", "use another folder")


def test_a_training_of_something_else_is_not_continued(command: Command) -> None:
    assert command(*TRAIN).code == 0
    refused(command(*TRAIN, "--seed", "1"), "new")


def test_a_task_whose_inputs_do_not_fit_is_refused_before_anything_is_measured(
    command: Command, run_folder: Path
) -> None:
    refused(command("search", run_folder, "--task", "fashion_mnist_slice"), "(2, 8, 8)", "(1, 28, 28)")
    refused(command("train", "tiny", "--task", "fashion_mnist_slice", "-o", "new"), "(2, 8, 8)", "(1, 28, 28)")


def test_missing_or_misshapen_images_are_refused(command: Command, tmp_path: Path) -> None:
    train = ("train", "mobilenetv3_grey28", "-o", "new", "--data")
    refused(command(*train, "nowhere"), "No folder nowhere", "four IDX files")
    (tmp_path / "empty").mkdir()
    refused(command(*train, "empty"), "No train-images-idx3-ubyte", "empty")
    refused(command(*train, write_idx(tmp_path / "wide", size=32)), "28x28", "(200, 32, 32)")
    cut = write_idx(tmp_path / "cut") / "train-images-idx3-ubyte.gz"
    cut.write_bytes(cut.read_bytes()[:1000])
    refused(command(*train, cut.parent), "Cannot read", "copy the file again")


def test_a_front_that_is_missing_or_broken_is_refused(command: Command, run_folder: Path) -> None:
    for name in ("show", "report", "export"):
        refused(command(name, run_folder), "No front at", "hwnas search")
    for content in ("", "{", "[]", '{"schema_version": 2}'):
        (run_folder / "front.json").write_text(content)
        for name in ("show", "report", "export"):
            refused(command(name, run_folder), "front.json is not a front", "search again")


def test_a_model_that_is_none_is_refused(command: Command, tmp_path: Path) -> None:
    check = ("check", "--max-latency", "2ms")
    refused(command(*check, "nothing.onnx"), "No model at nothing.onnx")
    refused(command(*check, "."), "No model at .")
    (tmp_path / "text.onnx").write_text("no model")
    refused(command(*check, "text.onnx"), "text.onnx is not an ONNX model")
    (tmp_path / "text.json").write_text("{}")
    refused(command(*check, "text.onnx"), "text.json is not a manifest")


# In processes of their own: the installed entry point, and what only the system can refuse


def test_a_damaged_database_is_named_and_left_as_it_is(console: Console, run_folder: Path) -> None:
    damaged = run_folder / "study.db"
    damaged.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 20)
    before = damaged.read_bytes()
    refused(console.run("search", run_folder, *SEARCH), "study.db is damaged", "left as it is")
    assert damaged.read_bytes() == before


def test_a_place_below_a_file_is_refused(console: Console) -> None:
    (console.folder / "file").write_text("here already")
    refused(console.run(*[w if w != "new" else "file/new" for w in TRAIN]), "file/new")
    refused(console.run("profile", "simulated", "--space", "tiny", "--out", "file/table.json"), "file")


def test_a_name_that_does_not_exist_is_refused_by_the_installed_command(console: Console) -> None:
    refused(console.run("spaces", "tny"), "'tny'", "tiny")


@pytest.fixture
def read_only(run_folder: Path) -> Iterator[Path]:
    """The run's folder, as nobody may change it, not even root."""
    lock, unlock = (["mount", "--bind", "-o", "ro", str(run_folder), str(run_folder)], ["umount", str(run_folder)])
    if shutil.which("mount") is None or subprocess.run(lock, capture_output=True, check=False).returncode:
        pytest.skip("making a folder read-only for root needs the right to mount")
    yield run_folder
    subprocess.run(unlock, check=True)


def test_a_read_only_folder_is_refused(command: Command, read_only: Path) -> None:
    refused(command("search", read_only, "--device", "simulated"), "study.db", "rights")
    refused(command(*TRAIN[:4], "-o", read_only, *TRAIN[6:], "--force"), str(read_only), "choose another folder")


def test_a_full_disk_loses_nothing_that_was_measured(console: Console, run_folder: Path) -> None:
    """The disk is full for every file beyond a size, which the run's database reaches while it profiles."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (250_000, resource.RLIM_INFINITY))"
    table = run_folder / "table.json"
    words = ("profile", "simulated", "--space", "tiny", "--samples", "24", "--preset", "rapid", "--out", table)
    full = console.run(*words, before=limit)
    assert full.returncode == 2, full.stderr
    assert "Traceback" not in full.stderr
    assert "was stored before is safe" in full.stderr.splitlines()[-1]
    kept = rows(table.with_suffix(".timings.db"), "timings")
    assert 0 < kept < 24 * 5
    assert not table.exists()
    done = console.run(*words)
    assert done.returncode == 0, done.stderr
    again = rows(table.with_suffix(".timings.db"), "timings")
    assert again > kept
    assert rows(table.with_suffix(".timings.db"), "records") == 0
