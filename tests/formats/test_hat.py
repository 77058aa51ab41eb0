from pathlib import Path

import pytest

from hwnas.formats._format import Wishes, read_published
from hwnas.formats._source import Source
from tests.formats.published import HAT


def test_latency_is_that_of_encoder_and_decoder_together(tmp_path: Path) -> None:
    (tmp_path / "hat.csv").write_text(HAT)
    _, _, found = read_published(Source(tmp_path / "hat.csv"), None, Wishes())
    first, second = found.measured
    assert (first.latency_ms, second.latency_ms) == (11.5, 22.5)
    assert first.std_ms == pytest.approx(0.5)
    assert first.architecture == {"encoder_embed_dim": 512, "encoder_layer_num": 6, "decoder_layer_num": 1}


def test_joined_files_are_told_apart_by_their_device(tmp_path: Path) -> None:
    lines = HAT.splitlines()
    joined = "\n".join([f"task_device,{lines[0]}", f"pi,{lines[1]}", f"xeon,{lines[2]}"])
    (tmp_path / "hat.csv").write_text(joined)
    _, _, found = read_published(Source(tmp_path / "hat.csv"), None, Wishes(table="xeon"))
    assert [m.latency_ms for m in found.measured] == [22.5]
