"""`hwnas promise`: a sub-network that was tuned outside gets a file and a manifest of its own."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from hwnas.export import manifest as manifests
from hwnas.pipeline.delivery.front import Front
from tests.cli.conftest import Command
from tests.pipeline.conftest import reopened


def tuned(run: Path, path: Path, shift: float = 0.01) -> tuple[str, Path]:
    """The front's middle member with other tensors, and its key."""
    study = reopened(run)
    member = study.front().members[len(study.front().members) // 2]
    network = study.network(member.architecture)
    with torch.no_grad():
        next(network.parameters()).add_(shift)
    save_file(network.state_dict(), path)
    return member.key, path


def test_tuned_tensors_become_a_model_with_a_promise_of_its_own(
    command: Command, finished: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(finished, tmp_path / "run"))
    key, weights = tuned(run, tmp_path / "tuned.safetensors")
    ended = command("promise", run, weights, "--sub-network", key, "-o", "tuned.onnx")
    assert ended.code == 0, ended.errors
    assert key in ended.output
    assert ended.output.splitlines()[-1].startswith("Next: hwnas check tuned.onnx --device simulated --max-latency ")
    manifest, front = manifests.verify(tmp_path / "tuned.onnx"), Front.read(run / "front.json")
    (member,) = (m for m in front.members if m.key == key)
    assert (manifest.sha256, manifest.score) == (member.sha256, member.score)
    assert list(front.adopted) == [key]
    assert manifest.weights is not None
    assert manifest.weights.how == "adopted"
    again = command("export", run, "--max-latency", f"{member.limited_ms * 1.01}ms", "-o", "again.onnx")
    assert again.code == 0, again.errors


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (b"no tensors", (), "not a whole file of weights"),
        (None, (), "should have tensor"),
        (None, ("--sub-network", "ffff"), "The front has sub-networks"),
        (None, ("--on", "cuda:77"), "cuda:77 is not there"),
    ],
)
def test_what_is_no_sub_network_of_the_front_is_refused(
    command: Command, finished: Path, tmp_path: Path, content: bytes | None, options: tuple[str, ...], said: str
) -> None:
    path = tmp_path / "other.safetensors"
    if content is None:
        save_file({"weight": torch.zeros(3)}, path)
    else:
        path.write_bytes(content)
    ended = command("promise", shutil.copytree(finished, tmp_path / "run"), path, *options)
    assert ended.code == 2
    assert said in ended.errors
