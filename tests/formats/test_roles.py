from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.formats._csv import read_csv
from hwnas.formats._roles import _words, roles, shown

PATH = Path("t.csv")


def found(header: str, *rows: str, chosen: tuple[str, ...] = (), ignored: tuple[str, ...] = ()) -> dict[str, str]:
    return dict(roles(read_csv(PATH, "\n".join((header, *rows))), PATH, chosen, ignored))


@pytest.mark.parametrize(
    "name",
    [
        "layer_count",
        "head_count",
        "model_width",
        "num_layers",
        "kernelSize",
        "block1_op",
        "width",
        "depth3",
        "memory_heads"[7:],
    ],
)
def test_what_networks_are_built_of_is_a_choice_whatever_else_the_name_says(name: str) -> None:
    assert found(f"{name},latency_ms", "1,1.0")[name] == "choice"


@pytest.mark.parametrize(
    "name",
    [
        "accuracy",
        "acc_cifar10",
        "top1_imagenet",
        "flops_m",
        "n_params",
        "energy_pixel3_mj",
        "latency_std",
        "p95_latency_ms",
    ],
)
def test_what_is_measured_is_no_choice(name: str) -> None:
    assert found(f"width,{name},latency_ms", "8,0.5,1.0")[name] == "measured"


@pytest.mark.parametrize("name", ["id", "index", "model_name", "model_id", "arch", "hash", "n_runs", "seed", "file"])
def test_what_names_a_row_is_no_choice(name: str) -> None:
    assert found(f"width,{name},latency_ms", "8,0,1.0")[name] == "row name"


def test_an_index_of_pandas_is_no_choice() -> None:
    for name in ("", "Unnamed: 0"):
        assert found(f"{name},width,latency_ms", "0,8,1.0", "2,8,1.1") == {
            name: "row name",
            "width": "choice",
            "latency_ms": "latency",
        }


@pytest.mark.parametrize("name", ["params_per_layer", "memory_size", "model_type", "run_left"])
def test_a_column_that_names_leave_open_is_asked_for(name: str) -> None:
    with pytest.raises(InputError, match=f"Whether column {name!r} .* --choice {name}, or .* --ignore {name}"):
        found(f"width,{name},latency_ms", "8,1,1.0")
    assert found(f"width,{name},latency_ms", "8,1,1.0", chosen=(name,))[name] == "choice"
    assert found(f"width,{name},latency_ms", "8,1,1.0", ignored=(name,))[name] == "ignored"


def test_a_column_without_a_name_that_numbers_no_rows_is_asked_for() -> None:
    with pytest.raises(InputError, match="Whether column ''"):
        found(",width,latency_ms", "3,8,1.0", "3,16,1.1")


def test_an_unknown_word_is_a_choice_where_its_values_are_like_options() -> None:
    rows = [f"{8 * i},{i % 3},{1 + i}" for i in range(12)]
    assert found("width,colour,latency_ms", *rows)["colour"] == "choice"


@pytest.mark.parametrize("value", [lambda i: 0.5 + i / 7, lambda i: i, lambda i: f"net{i}"])
def test_an_unknown_word_whose_values_are_all_different_is_asked_for(value: object) -> None:
    rows = [f"{8 * i},{value(i)},{1 + i}" for i in range(12)]  # type: ignore[operator]
    with pytest.raises(InputError, match="Whether column 'synflow'"):
        found("width,synflow,latency_ms", *rows)


def test_a_column_the_user_names_must_be_there() -> None:
    with pytest.raises(InputError, match="no column 'widht'; there are, nearest first: width"):
        found("width,latency_ms", "8,1.0", chosen=("widht",))


def test_every_column_is_told_of() -> None:
    said = shown(roles(read_csv(PATH, "width,acc,id,latency_ms\n8,1,2,3\n"), PATH))
    assert said == [
        "Taken for choices: width.",
        "Taken for latencies: latency_ms.",
        "Taken for other figures, not used: acc.",
        "Taken for names of rows, not used: id.",
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("layerCount_2", ["layer", "count"]),
        ("_p95 (ms)", ["p95", "ms"]),
        ("12", []),
        ("kernel.3x3", ["kernel", "3x3"]),
        ("__", []),
    ],
)
def test_a_name_is_its_words_without_numbers(name: str, words: list[str]) -> None:
    assert _words(name) == words
