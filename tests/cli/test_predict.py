import json
from pathlib import Path

import numpy as np
import pytest

from hwnas.archive import Archive
from hwnas.pipeline.study import silent
from hwnas.pipeline.tables.time_architectures import profile_space
from hwnas.profiling.presets import find_preset
from tests.cli.conftest import Command
from tests.cli.test_bad_input import refused
from tests.formats.published import write
from tests.plugged import Simulated, tiny_space

MORE = ("profile", "simulated", "--space", "tiny")
PROFILE = (*MORE, "--preset", "rapid")


@pytest.fixture(scope="module")
def measured() -> str:
    """The text of a table of 30 architectures."""
    with Archive(":memory:") as archive:
        made = profile_space(
            tiny_space(), Simulated(), archive, samples=30, preset=find_preset("rapid"), seed=0, progress=silent
        )
    return made.model_dump_json()


@pytest.fixture
def table(command: Command, measured: str) -> Path:
    """The same in a file of the folder that commands work in."""
    assert command  # which changes to that folder
    Path("T.json").write_text(measured)
    return Path("T.json")


def never_timed(n: int, table: Path) -> list[dict[str, object]]:
    space = tiny_space()
    timed = [row["architecture"] for row in json.loads(table.read_text())["rows"]]
    drawn = [dict(space.decode(g)) for g in space.sample(50, np.random.default_rng(99))]
    return [architecture for architecture in drawn if architecture not in timed][:n]


def test_a_table_has_what_is_documented_and_the_same_seed_draws_the_same(command: Command) -> None:
    drawn = []
    for seed in ("0", "0", "1"):
        ended = command(*PROFILE, "--samples", "8", "--seed", seed, "--out", f"{len(drawn)}.json")
        assert ended.code == 0, ended.errors
        content = json.loads(Path(f"{len(drawn)}.json").read_text())
        drawn.append([row["architecture"] for row in content["rows"]])
        assert {"rows", "device", "protocol", "canaries", "verdict"} <= set(content)
        assert len(content["rows"]) == 8
        for row in content["rows"]:
            low, high = row["latency_ms_interval"]
            assert low <= row["latency_ms"] <= high
    assert drawn[0] == drawn[1] != drawn[2]


def test_the_level_is_said_and_the_canaries_of_an_old_table_are_asked_first(command: Command, table: Path) -> None:
    young = command("predict", table, "--architectures", table)
    assert "Level: how the speed of this device changes between sessions is unknown" in young.output
    assert "times as long now" not in young.output
    content = json.loads(table.read_text()) | {"created": "2025-01-01T00:00:00+00:00"}
    table.write_text(json.dumps(content))
    old = command("predict", table, "--architectures", table)
    assert "the canaries of the table of 2025-01-01 take" in " ".join(old.output.split())
    refused(command("predict", table, "--architectures", table, "--device", "cpu"), "leave --device out")


def test_architectures_never_timed_get_a_guess_with_an_interval(command: Command, table: Path) -> None:
    asked = never_timed(5, table)
    Path("A.json").write_text(json.dumps(asked))
    ended = command("predict", table, "--architectures", "A.json", "--json")
    assert ended.code == 0, ended.errors
    found = json.loads(ended.output)
    assert [entry["architecture"] for entry in found] == asked
    for entry in found:
        low, high = entry["latency_ms_interval"]
        assert 0 < low < entry["latency_ms"] < high
    shown = command("predict", table, "--architectures", "A.json")
    assert "mean error" in shown.output
    assert all(entry["key"] in shown.output for entry in found)


def test_a_table_itself_can_name_the_architectures(command: Command, table: Path) -> None:
    ended = command("predict", table, "--architectures", table, "--json")
    truth = [row["latency_ms"] for row in json.loads(table.read_text())["rows"]]
    guesses = [entry["latency_ms"] for entry in json.loads(ended.output)]
    assert np.corrcoef(truth, guesses)[0, 1] > 0.9


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "Cannot read the architectures A.json"),
        ("{", "A.json is not JSON"),
        ('[{"a": 1, "a": 2}]', "A.json is not JSON (the key 'a' is there twice)"),
        ('[{"a": NaN}]', "A.json is not JSON (NaN is no number)"),
        ("[" * 100_000, "A.json is not JSON"),
        ("[]", "holds no list of architectures"),
        ('{"a": 1}', "holds no list of architectures"),
        ("[3]", "architecture 1 is not an object"),
        ('[{"stage1.depth": [2]}]', "architecture 1 is not an object"),
        ('[{"stage1.deepth": 2}]', "no choice 'stage1.deepth'; nearest: stage1.depth"),
        ('[{"stage1.depth": 77}]', "has options (2, 3, 4), got 77"),
        ('[{"stage1.depth": 2}]', "lacks choice"),
    ],
)
def test_bad_architectures_are_refused(command: Command, table: Path, content: str | None, words: str) -> None:
    if content is not None:
        Path("A.json").write_text(content)
    refused(command("predict", table, "--architectures", "A.json"), words)


def test_bad_tables_are_refused(command: Command, table: Path) -> None:
    predict = ("--architectures", table)
    refused(command("predict", "none.json", *predict), "Cannot read the latency table none.json")
    content = json.loads(table.read_text())
    for change, words in (
        ({"rows": content["rows"][:9]}, "at least 22 measured rows, got 9"),
        ({"rows": []}, "rows"),
        (
            {"space": content["space"] | {"name": "mobilenetv9"}},
            "the space 'mobilenetv9', which is not hwnas's: tell it with --space",
        ),
        ({"space": content["space"] | {"parameters": {"colour": 1}}}, "no setting 'colour'"),
        ({"space": content["space"] | {"choices": "0" * 12}}, "and choices 000000000000, not of space"),
    ):
        Path("B.json").write_text(json.dumps({**content, **change}))
        refused(command("predict", "B.json", *predict), words)
    Path("B.json").write_text(table.read_text()[:500])
    refused(command("predict", "B.json", *predict), "B.json is not a latency table")


def test_settings_of_a_space_are_part_of_its_name(command: Command) -> None:
    words = ("profile", "simulated", "--samples", "2", "--preset", "rapid", "--out", "S.json", "--space")
    small = "mobilenetv3:input_shape=3x32x32,classes=7,first_block=false"
    ended = command(*words, small)
    assert ended.code == 0, ended.errors
    parameters = json.loads(Path("S.json").read_text())["space"]["parameters"]
    assert parameters == {"input_shape": [3, 32, 32], "classes": 7, "first_block": False}
    refused(command(*words, "mobilenetv3:input_shape"), "name=value")
    refused(command(*words, "mobilenetv3:colour=red"), "no setting 'colour'")
    refused(command(*words, "mobilenetv3:classes=many"), "needs classes like 1000")
    refused(command(*words, "mobilenetv3_grey28:classes=3"), "cannot be made with classes")


def test_the_same_profile_asked_again_long_after_is_checked_and_timed_anew_only_if_it_no_longer_holds(
    command: Command,
) -> None:
    words = (*PROFILE, "--samples", "6", "--out", "old.json")
    assert command(*words).code == 0
    content = json.loads(Path("old.json").read_text())
    content["created"] = "2025-01-01T00:00:00+00:00"
    Path("old.json").write_text(json.dumps(content))
    assert command(*words).code == 2  # it was changed since, so it is the user's
    words = (*words, "--force")
    assert command(*words).code == 0
    assert json.loads(Path("old.json").read_text())["created"] == content["created"]
    canary = content["canaries"][0]
    canary.update({name: canary[name] * 1.5 for name in ("start_ms", "middle_ms", "end_ms")})
    Path("old.json").write_text(json.dumps(content))
    assert command(*words).code == 0
    assert json.loads(Path("old.json").read_text())["created"] != content["created"]


def test_ten_timings_and_another_devices_table_are_enough(command: Command, table: Path) -> None:
    content = json.loads(table.read_text())
    content["device"]["device"] = "another"
    Path("others").mkdir()
    Path("others/another.json").write_text(json.dumps(content))
    ended = command(*PROFILE, "--samples", "10", "--transfer-from", "others", "--out", "new.json")
    assert ended.code == 0, ended.errors
    assert "most informative sub-networks, given the tables of 1 other device" in " ".join(ended.output.split())
    assert "(transfer, held out)" in ended.output
    Path("A.json").write_text(json.dumps(never_timed(3, Path("new.json"))))
    asked = ("predict", "new.json", "--architectures", "A.json")
    assert "90 % interval" in command(*asked).output
    for guess in json.loads(command(*asked, "--json").output):
        low, high = guess["latency_ms_interval"]
        assert low < guess["latency_ms"] < high
        assert guess["confidence"] == 0.9


def test_a_table_of_ten_rows_learns_from_another_devices_when_that_is_given(command: Command, table: Path) -> None:
    content = json.loads(table.read_text())
    Path("ten.json").write_text(json.dumps(content | {"rows": content["rows"][:10]}))
    content["device"]["device"] = "another"
    Path("another.json").write_text(json.dumps(content))
    Path("A.json").write_text(json.dumps(never_timed(3, table)))
    asked = ("predict", "ten.json", "--architectures", "A.json")
    refused(command(*asked), "at least")
    ended = command(*asked, "--transfer-from", "another.json")
    assert ended.code == 0, ended.errors
    assert "(transfer, 10 rows)" in ended.output


def test_more_rows_are_added_to_a_table_and_asking_as_before_takes_none_away(command: Command) -> None:
    asked = (*PROFILE, "--samples", "8", "--out", "t.json")
    assert command(*asked).code == 0
    before = json.loads(Path("t.json").read_text())["rows"]
    ended = command(*MORE, "--out", "t.json", "--more", "5")
    assert ended.code == 0, ended.errors
    rows = json.loads(Path("t.json").read_text())["rows"]
    assert rows[:8] == before
    assert len({json.dumps(row["architecture"], sort_keys=True) for row in rows}) == 13
    assert np.corrcoef([row["params"] for row in rows], [row["latency_ms"] for row in rows])[0, 1] > 0.99
    assert command(*asked).code == 0
    assert json.loads(Path("t.json").read_text())["rows"] == rows


def test_a_table_of_another_device_or_one_whose_canaries_moved_is_not_extended(command: Command) -> None:
    more = (*MORE, "--out", "t.json", "--more", "5")
    refused(command(*more), "t.json")
    assert command(*PROFILE, "--samples", "8", "--out", "t.json").code == 0
    content = json.loads(Path("t.json").read_text())
    Path("t.json").write_text(json.dumps(content | {"device": content["device"] | {"memory_bytes": 1}}))
    refused(command(*more), "can be extended on that device")
    moved = {key: 2 * value for key, value in content["canaries"][0].items() if key.endswith("_ms")}
    canaries = [content["canaries"][0] | moved, *content["canaries"][1:]]
    Path("t.json").write_text(json.dumps(content | {"canaries": canaries}))
    ended = command(*more)
    assert ended.code == 3
    assert "do not go with the table" in ended.errors


@pytest.mark.parametrize(
    "option", [("--samples", "60"), ("--seed", "0"), ("--preset", "rapid"), ("--transfer-from", ".")]
)
def test_more_rows_are_timed_as_the_others_were_so_other_wishes_are_refused(
    command: Command, option: tuple[str, str]
) -> None:
    refused(command(*MORE, "--out", "t.json", "--more", "5", *option), f"got {option[0]} beside it")


def test_an_old_table_says_where_it_was_made_and_scripts_read_what_they_did(command: Command, table: Path) -> None:
    asked = ("predict", table, "--architectures", table)
    assert "The latency table is of" not in command(*asked).output
    content = json.loads(table.read_text()) | {"created": "2025-01-01T00:00:00+00:00"}
    content["device"]["cores"] = 64  # which is not at hand
    table.write_text(json.dumps(content))
    words = "The latency table is of 2025-01-01, made on simulated (none); with --device its canaries tell"
    assert words in " ".join(command(*asked).output.split())
    assert len(json.loads(command(*asked, "--json").output)) == 30


def test_a_table_of_operators_is_summed_and_an_old_one_says_so(command: Command, tmp_path: Path) -> None:
    assert command("import", write(tmp_path)["once_for_all"], "--out", "ops.json").code == 0
    asked = ("predict", "ops.json", "--architectures", "ops.json")
    truth = [row["latency_ms"] for row in json.loads(Path("ops.json").read_text())["rows"]]
    found = json.loads(command(*asked, "--json").output)
    assert [guess["latency_ms"] for guess in found] == pytest.approx(truth)
    assert all(guess["confidence"] is None for guess in found)
    refused(command(*asked, "--transfer-from", "ops.json"), "whose times are summed as they are", "leave those out")
    shown = command(*asked)
    assert shown.code == 0, shown.errors
    assert "sum of its operators" in shown.output
    assert "imported on" not in shown.output
    content = json.loads(Path("ops.json").read_text()) | {"created": "2025-01-01T00:00:00+00:00"}
    Path("ops.json").write_text(json.dumps(content))
    assert "The latency table was imported on 2025-01-01, of note" in " ".join(command(*asked).output.split())
