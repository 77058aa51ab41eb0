import random
from pathlib import Path

import pytest
import torch

from hwnas.contracts.errors import InputError
from hwnas.sharing._stored import digest, read_weights
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_cnn


def test_a_file_with_any_bit_flipped_is_refused_and_not_taken_for_another_network(tmp_path: Path) -> None:
    supernet = own_cnn()
    supernet.record = {"seconds": 12, "curve": [{"loss": float("nan")}]}
    supernet.save(tmp_path)
    path = tmp_path / "supernet.safetensors"
    whole = path.read_bytes()
    assert Supernet.load(tmp_path, supernet.space).digest() == supernet.digest()
    rng = random.Random(0)
    for _ in range(200):
        place, bit = rng.randrange(len(whole)), rng.randrange(8)
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
        with pytest.raises(InputError, match="is not a whole supernet") as caught:
            Supernet.load(tmp_path, supernet.space)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_weights_of_other_types_are_saved_and_loaded_to_the_bit(tmp_path: Path, dtype: torch.dtype) -> None:
    supernet = own_cnn()
    other = {n: t.detach().to(dtype) if t.is_floating_point() else t for n, t in supernet.shared.items()}
    cast = Supernet(supernet.space, None, other, supernet.buffers)
    assert cast.digest() != supernet.digest()
    cast.save(tmp_path)
    again = Supernet.load(tmp_path, supernet.space)
    assert again.digest() == cast.digest()
    assert all(torch.equal(again.shared[name], other[name]) for name in other)
    assert again(torch.ones(1, 1, 8, 8, dtype=dtype), supernet.space.middle).dtype == dtype


def test_a_digest_tells_types_shapes_names_and_documents_apart() -> None:
    zeros = torch.zeros(4)
    digests = [
        digest({"a": zeros}, {}),
        digest({"b": zeros}, {}),
        digest({"a": zeros.reshape(2, 2)}, {}),
        digest({"a": zeros.int()}, {}),
        digest({"a": zeros}, {"name": "x"}),
    ]
    assert len(set(digests)) == 5
    assert digest({"a": torch.zeros(2, 2).t()}, {}) == digest({"a": torch.zeros(2, 2)}, {})


def test_tensors_without_values_have_no_digest() -> None:
    with pytest.raises(InputError, match="'a' should have values"):
        digest({"a": torch.zeros(2, device="meta")}, {})


@pytest.mark.parametrize("zipped", [True, False])
def test_weights_of_torch_save_are_refused_with_what_to_write_instead(tmp_path: Path, *, zipped: bool) -> None:
    torch.save({"weight": torch.ones(2)}, tmp_path / "model.pt", _use_new_zipfile_serialization=zipped)
    with pytest.raises(InputError, match=r"was written by PyTorch .* safetensors\.torch\.save_file\("):
        read_weights(tmp_path / "model.pt")
