"""`hwnas report`: a page of what a run holds."""

import shutil
from pathlib import Path

from tests.cli.conftest import Command
from tests.cli.test_bad_input import refused


def test_the_page_is_written_again_without_the_device_of_the_run(
    command: Command, finished: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(finished, tmp_path / "run"))
    first = (run / "report.html").read_text() if (run / "report.html").is_file() else ""
    (run / "report.html").unlink(missing_ok=True)
    ended = command("report", run, "--task", "tiny")
    assert ended.code == 0, ended.errors
    page = (run / "report.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "Pareto" in page or "front" in page
    assert not first or len(first) == len(page)
    assert f"Page: {run / 'report.html'}" in " ".join(ended.output.split())
    assert f"Next: hwnas export {run}" in ended.output


def test_the_page_tells_of_the_search_of_its_front_though_the_table_was_made_anew_since(
    command: Command, finished: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(finished, tmp_path / "run"))
    pages = []
    for _ in range(2):
        assert command("report", run, "--task", "tiny").code == 0
        pages.append(len((run / "report.html").read_text()))
        (table,) = (run / "latency_tables").glob("*.json")
        table.write_text(table.read_text().replace('"created": "', '"created": "2'))
    assert abs(pages[0] - pages[1]) < 100  # and not less by the points of 32 evaluations


def test_a_folder_without_a_front_has_no_page(command: Command, run_folder: Path) -> None:
    refused(command("report", run_folder), "front.json")
