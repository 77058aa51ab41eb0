"""Devices that a file names: a stranger may have written it."""

import importlib
from pathlib import Path

import pytest

from hwnas.contracts import finding
from hwnas.contracts.errors import InputError
from hwnas.devices import open_device, open_stored
from hwnas.devices._provider import Provider
from hwnas.devices._stored import SETTINGS

WHERE = Path("front.json")


@pytest.mark.parametrize(
    "text",
    ["cpu", "cpu:threads=1,precision=int8", "openvino:CPU,num_streams=1", "ep:CPU,threads=1", "cuda:0,use_tf32=1"],
)
def test_settings_of_this_machine_are_taken_on_a_files_word(text: str) -> None:
    assert open_stored(text, WHERE).card().device == open_device(text).card().device


@pytest.mark.parametrize(
    "text",
    [
        "cpu:python={program}",
        "cpu:threads=1,python=python3",
        "cpu:o.library={program}",
        "ep:CPU,python={program}",
        "ssh://host,python={program}",
        "ssh://host",
        "{program}.py:board",
        "adb://serial",
        "openvino:cache_dir={program}",
        "qnn:htp,backend_path={program}",
        "tensorrt:trt_engine_cache_path={program}",
        "coreml:ModelCacheDirectory={program}",
        "openvino:{program}",
        "cpu:optimization={program}",
        "table:t.json,python={program}",
        "stranger:host",
        "stranger:command={program}",
    ],
)
def test_programs_hosts_phones_and_paths_are_not(text: str, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/run\n")
    program.chmod(0o755)
    with pytest.raises(InputError, match=r"front\.json names the device .*give it with --device") as caught:
        open_stored(text.format(program=program), WHERE).card()
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", finding.names("devices"))
def test_of_every_device_no_setting_that_may_be_a_path_is_taken(name: str) -> None:
    provider = getattr(importlib.import_module(f"hwnas.devices.{name}"), "PROVIDER", None)
    own = set(provider.options) if isinstance(provider, Provider) else set()
    for option in {*own, "python", "o.anything", "perf_test", "mask"}:
        if option not in SETTINGS:
            with pytest.raises(InputError, match="give it with --device"):
                open_stored(f"{name}:{option}=x", WHERE)
    with pytest.raises(InputError, match="give it with --device"):
        open_stored(f"{name}:threads=/x", WHERE)
    assert not {option for option in SETTINGS if any(part in option.lower() for part in ("path", "dir", "lib", "file"))}


def test_a_long_string_is_quoted_in_part() -> None:
    with pytest.raises(InputError) as caught:
        open_stored("cpu:python=" + "x" * 10_000, WHERE)
    assert len(str(caught.value)) < 500


def test_a_device_of_ones_own_that_a_file_names_is_to_be_told_again() -> None:
    with pytest.raises(InputError, match=r"none of hwnas's; if it is yours, give it with --device FILE.py:NAME"):
        open_stored("board:slot=3", WHERE)
