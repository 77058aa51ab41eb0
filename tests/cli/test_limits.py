"""Limits as commands take them, from the timing of a model to what is handed out."""

import json
from pathlib import Path

import numpy as np
import pytest

from hwnas.cli._limits import parse_limits
from hwnas.contracts.errors import InputError
from hwnas.contracts.figures import FIGURES
from hwnas.pipeline.delivery.front import Front
from hwnas.pipeline.selection.limits import Limits
from hwnas.pipeline.study import open_study
from tests.cli.conftest import Command
from tests.runs import SEARCH


def test_every_figure_has_an_option_that_takes_its_unit() -> None:
    asked = {figure.option: figure.example for figure in FIGURES} | {"worst_score": "92%"}
    limits = parse_limits(asked)
    assert limits.bounds.keys() == {figure.name for figure in FIGURES}
    assert limits.worst_score == 0.92
    assert limits.bounds["peak_memory_bytes"] == 4e7
    assert parse_limits(dict.fromkeys(asked)) == Limits()
    with pytest.raises(InputError, match="with its unit, such as 500kB or 2MB, got '5ms'"):
        parse_limits({"max_memory": "5ms"})


def test_an_energy_that_a_device_tells_goes_from_its_timing_to_limit_front_manifest_and_report(
    command: Command, run_folder: Path, tmp_path: Path
) -> None:
    table = open_study(run_folder, "metered", preset="rapid").profile(24, extra=["energy_mj"])
    energies = [row.energy_mj for row in table.rows]
    limit = f"{np.median(energies):.4g}mJ"
    ended = command("search", run_folder, "--device", "metered", *SEARCH[2:], "--max-energy", limit)
    assert ended.code == 0, ended.errors
    assert "energy" in ended.output
    members = Front.read(run_folder / "front.json").members
    assert all(m.energy_mj == m.size_bytes / 1e4 <= float(limit[:-2]) for m in members)
    exported = command("export", run_folder, "--device", "metered", "--max-energy", limit, "-o", "m.onnx")
    assert exported.code == 0, exported.errors
    manifest = json.loads((tmp_path / "m.json").read_text())
    assert manifest["energy_mj"] == manifest["size_bytes"] / 1e4 <= float(limit[:-2])
    assert manifest["p95_ms"] is None
    assert f"energy of one run {manifest['energy_mj']:.4g} mJ" in exported.output
    assert '<th scope="col">Energy of one run</th>' in (run_folder / "report.html").read_text()
    beyond = command("export", run_folder, "--device", "metered", "--max-energy", "1uJ", "-o", "none.onnx")
    assert beyond.code == 1
    assert "the lowest energy of one run is" in beyond.errors


def test_a_figure_that_the_device_does_not_tell_is_refused_before_anything_is_timed(
    command: Command, run_folder: Path
) -> None:
    for asked in (("--max-energy", "5mJ"), ("--objective", "energy"), ("--max-energy", "5mJ", "--dry-run")):
        ended = command("search", run_folder, *SEARCH, *asked)
        assert ended.code == 2
        assert ended.errors == (
            "hwnas: Device simulated does not tell energy_mj (energy of one run); it tells latencies only, so leave "
            "that out.\n"
        )
    assert not list(run_folder.glob("latency_tables/*"))
