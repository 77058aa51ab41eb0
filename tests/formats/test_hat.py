from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.formats._format import Wishes, read_published
from hwnas.formats._source import Source
from hwnas.pipeline.open import space_of
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


def test_its_space_tells_the_work_that_its_figures_imply_as_far_as_the_file_has_them(tmp_path: Path) -> None:
    (tmp_path / "hat.csv").write_text(HAT)
    _, _, found = read_published(Source(tmp_path / "hat.csv"), None, Wishes())
    space = space_of(found.space, found.parameters)
    genome = space.encode(found.measured[1].architecture)
    assert space.features is not None
    told = dict(zip(space.feature_names, space.features(genome[None])[0].tolist(), strict=True))
    assert told["work:encoder_layer_num*encoder_embed_dim"] == 6 * 640
    assert told["depth:decoder_layer_num"] == told["numbers:decoder_layer_num"] == 2
    assert {name.partition(":")[0] for name in told} == {"numbers", "work", "large", "depth"}


@pytest.mark.parametrize("word", ["few", "-1", "nan"])
def test_a_spread_that_is_none_is_refused(tmp_path: Path, word: str) -> None:
    (tmp_path / "hat.csv").write_text(HAT.replace("0.3", word))
    with pytest.raises(InputError, match=f"standard deviation of at least 0, got '{word}'"):
        read_published(Source(tmp_path / "hat.csv"), None, Wishes())
