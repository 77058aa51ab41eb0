"""Figures are declared once; whatever names one follows."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

import hwnas
from hwnas.contracts import figures
from hwnas.contracts.errors import InputError
from hwnas.contracts.figures import EXTRA, FIGURES, LATENCY, MEMORY, SIZE, TIME, bounds_of

PACKAGE = Path(hwnas.__file__).parent
TAKE_A_LATENCY_BUDGET_ONLY = {"cli/check.py", "profiling/recheck.py"}


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.short)
def test_a_figure_is_spelt_nowhere_but_in_its_declaration_and_in_devices_that_tell_it(figure: figures.Figure) -> None:
    """So one figure more touches one file of the package, and a device that tells it. Latency and size, which are known
    without a device that tells them, stand elsewhere too; what follows from them stands nowhere.
    """
    derived = {figure.bound, figure.option} | ({figure.name} if figure.name in EXTRA else set())
    elsewhere = [
        f"{path.relative_to(PACKAGE)}:{line} {word}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path != Path(figures.__file__) and path.parent.name != "devices"
        for line, word in words_of(path)
        if word in derived
    ]
    others = [place for place in elsewhere if place.partition(":")[0] not in TAKE_A_LATENCY_BUDGET_ONLY]
    assert others == []


def words_of(path: Path) -> list[tuple[int, str]]:
    """Names, attributes, parameters and whole texts of a module, with their lines."""
    fields = ("id", "attr", "arg", "value")
    nodes = ((node, getattr(node, name, None)) for node in ast.walk(ast.parse(path.read_text())) for name in fields)
    return [(node.lineno, word) for node, word in nodes if isinstance(word, str)]  # type: ignore[attr-defined]


def test_names_options_and_limits_are_distinct_and_say_their_unit() -> None:
    for names in (
        [f.name for f in FIGURES],
        [f.short for f in FIGURES],
        [f.bound for f in FIGURES],
        [f.option for f in FIGURES],
    ):
        assert len(set(names)) == len(FIGURES)
    assert all(f.name.endswith(f"_{f.unit.name}") for f in FIGURES)
    assert [SIZE.bound, SIZE.option] == ["max_size_bytes", "max_size"]
    more = replace(LATENCY, name="rate_hz", short="rate", direction="max")
    assert more.option == "min_rate"
    assert [more.keeps(3.0, 2.0), more.keeps(1.0, 2.0), more.keeps(1.0, None)] == [True, False, True]


def test_units_read_what_they_show() -> None:
    assert [TIME.shown(0.12345), TIME.shown(2.0)] == ["0.1235 ms", "2 ms"]
    assert [MEMORY.shown(v) for v in (1.0, 1463.0, 1_462_272.0, 2e10)] == ["1 B", "1.463 kB", "1.462 MB", "20 GB"]


def test_an_exact_figure_is_sought_by_what_it_costs() -> None:
    objective = SIZE.objective(400.0)
    assert (objective.name, objective.limit, objective.direction) == ("params", 100.0, "min")
    assert LATENCY.objective(2.0).limit == 2.0


def test_a_limit_that_there_is_not_is_refused_with_the_nearest_first() -> None:
    assert bounds_of({"max_p95_ms": 5.0, "max_load_ms": None}) == {"p95_ms": 5.0}
    with pytest.raises(InputError, match=r"one of max_latency_ms, .*, got 'max_latncy_ms'"):
        bounds_of({"max_latncy_ms": 2.0})


@pytest.mark.parametrize("changes", [{"known": "guessed"}, {"direction": "down"}])
def test_a_figure_that_is_declared_wrongly_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(InputError, match="is one of"):
        replace(LATENCY, **changes)


def test_the_documents_list_the_figures_as_they_are_declared() -> None:
    written = (PACKAGE.parent / "docs" / "figures.md").read_text()
    rows = [
        f"| `{f.name}` | {f.what} | `--{f.option.replace('_', '-')} {f.example}` | `{f.bound}` | "
        f"{'exact, from the parameters' if f.cost == 'params' else f.known} |"
        for f in FIGURES
    ]
    assert written.partition("<!-- figures -->\n")[2].partition("<!-- /figures -->")[0].splitlines()[2:] == rows
