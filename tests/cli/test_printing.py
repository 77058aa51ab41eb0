"""What is printed is what was meant, on any terminal, in any pipe, whatever is in a name."""

import io
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hwnas.cli import _printing
from hwnas.cli._printing import next_command, prepare_streams, problem, say, say_json, say_place, stored_device, table

HOSTILE = "exp[v2]/[b]a[/b] :smile: \x1b[31m \u202e\nNext: rm"
SHOWN = r"exp[v2]/[b]a[/b] :smile: \x1b[31m \u202e\nNext: rm"


def test_names_are_shown_as_they_are_by_everything_that_prints(capsys: pytest.CaptureFixture[str]) -> None:
    say(HOSTILE)
    say_place("Table", HOSTILE)
    problem(HOSTILE)
    table(HOSTILE, (HOSTILE, "b"), [(HOSTILE, "c")])
    next_command(("hwnas", "show", "x"), HOSTILE)
    shown = capsys.readouterr()
    assert shown.out.count(SHOWN) == 6
    assert shown.err == f"hwnas: {SHOWN}\n"
    assert "\x1b" not in shown.out


@pytest.mark.skipif(shutil.which("bash") is None, reason="the words are for a shell")
@pytest.mark.parametrize("word", ["my $run's", "exp[v2]", "a\nb\t'\\", "é\x1b", os.fsdecode(b"caf\xe9 \x01")])
def test_the_next_command_can_be_pasted_whatever_is_in_it(capsys: pytest.CaptureFixture[str], word: str) -> None:
    next_command(("printf", "%s", word), "try it")
    line = capsys.readouterr().out.splitlines()[-1].removeprefix("Next: ").removesuffix("  (try it)")
    done = subprocess.run(["bash", "-c", line], capture_output=True, check=True)
    assert done.stdout == os.fsencode(word)


def test_lines_in_a_pipe_are_not_folded_however_long(capsys: pytest.CaptureFixture[str]) -> None:
    prose, cell = "word " * 200 + "end", "cell " * 100 + "end"
    say(prose)
    table("A title that is longer than its table", ("a", "b"), [(cell, cell)])
    problem(prose)
    shown = capsys.readouterr()
    assert shown.out.splitlines()[0] == prose
    assert any(line.count(cell) == 2 for line in shown.out.splitlines())
    assert "\nA title that is longer than its table\n" in shown.out
    assert shown.err == f"hwnas: {prose}\n"


def test_prose_on_a_terminal_is_folded_at_words_and_places_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(_printing, "_out", _printing._Console(stderr=False))
    monkeypatch.setattr(type(_printing._out), "is_terminal", True)
    say("word " * 20)
    say_place("Table", "long/" * 20)
    lines = sys.stdout.getvalue().splitlines()  # type: ignore[attr-defined]
    assert max(map(len, lines[:-1])) <= 40
    assert lines[-1].count("long/") == 20


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_no_character_is_one_that_the_terminal_cannot_take(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    prepare_streams()
    say("1.0 ± 0.1, ≤ 3 \N{MULTIPLICATION SIGN} 日")
    table("Front ±", ("sub-network", "±"), [("a ±", "1 ± 2"), ("b", "1")])
    sys.stdout.flush()
    shown = raw.getvalue().decode(encoding)
    assert shown.startswith("1.0 ± 0.1, ≤ 3 \N{MULTIPLICATION SIGN} 日" if encoding == "utf-8" else "1.0 ")
    if encoding == "ascii":
        assert shown.startswith("1.0 +/- 0.1, <= 3 x \\u65e5")
    first, second = (line for line in shown.splitlines() if line.strip("| ")[:2] in {"a ", "b "})
    assert len(first) == len(second)


def test_json_is_one_document_and_holds_no_figure_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    say_json({"path": HOSTILE, "x": 1.5})
    assert json.loads(capsys.readouterr().out) == {"path": HOSTILE, "x": 1.5}
    with pytest.raises(ValueError, match="not JSON compliant"):
        say_json({"latency_ms": float("nan")})


@pytest.mark.parametrize("device", ["board", "cpu:python=/bin/sh", "ssh://host", "my.py:board"])
def test_a_command_to_try_names_a_folders_device_only_where_its_word_is_enough(device: str) -> None:
    assert stored_device({"device": device}) == "YOUR_DEVICE"
    assert stored_device({"device": "cpu:threads=1"}) == "cpu:threads=1"


@pytest.mark.parametrize(("code", "words"), [(0, ""), (1, "raise PromiseError('It is too slow.')")])
def test_a_reader_that_has_gone_changes_neither_the_work_nor_the_exit_code(
    code: int, words: str, tmp_path: Path
) -> None:
    script = tmp_path / "s.py"
    script.write_text(
        "from hwnas.cli import _app, show\n"
        "from hwnas.cli._printing import say\nfrom hwnas.contracts.errors import PromiseError\n"
        "def work(run: str) -> None:\n"
        "    for _ in range(20_000): say('line')\n"
        f"    {words or 'pass'}\n"
        "show.show = work\n_app.main()\n"
    )
    piped = f"{shlex.quote(sys.executable)} {shlex.quote(str(script))} show x | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", piped], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["line", str(code)]
    assert done.stderr == ("hwnas: It is too slow.\n" if code else "")
