from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.sharing._named import made_sharing, named_sharing
from hwnas.sharing.prefix import prefix
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import example, own_space
from tests.plugged import plug_in
from tests.routed import Routed

SPACE = own_space()


@pytest.fixture(autouse=True)
def plugged(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The scheme of `tests.routed` as an installed package has it."""
    monkeypatch.syspath_prepend(str(plug_in(tmp_path_factory.mktemp("plugged"))))
    yield


def routed(**settings: int) -> Supernet:
    return Supernet(SPACE, named_sharing("routed", SPACE, settings))


def test_a_scheme_of_a_package_has_its_own_tensors_trained_or_not() -> None:
    supernet = routed(sets=3)
    assert "router" in supernet.parameters
    assert "scale" in supernet.buffers
    assert supernet.shared["router"].shape == (4, 3)
    assert not torch.equal(supernet.shared["set0/stem.weight"], supernet.shared["set1/stem.weight"])
    supernet(example(supernet, 4), SPACE.largest, training=True).square().sum().backward()
    assert supernet.shared["router"].grad is not None
    assert supernet.shared["router"].grad.any()


def test_its_name_settings_and_state_are_digested_saved_and_loaded(tmp_path: Path) -> None:
    supernet = routed(sets=3)
    before = supernet.digest()
    assert isinstance(supernet.sharing, Routed)
    supernet.sharing.favourite = 2
    assert supernet.digest() != before
    supernet.save(tmp_path)
    again = Supernet.load(tmp_path, SPACE)
    assert isinstance(again.sharing, Routed)
    assert (again.sharing.sets, again.sharing.favourite) == (3, 2)
    assert again.digest() == supernet.digest()
    x = example(supernet, 2)
    with torch.no_grad():
        assert torch.equal(again(x, SPACE.middle), supernet(x, SPACE.middle))
    with pytest.raises(InputError, match=r"belong to space 'custom' with sharing 'routed'.*'set0/stem.weight'"):
        Supernet(SPACE, Routed(SPACE), {n: t for n, t in supernet.shared.items() if n != "set0/stem.weight"})


def test_a_member_is_asked_for_by_number_everywhere() -> None:
    supernet = routed()
    x = example(supernet, 2)
    with torch.no_grad():
        outs = [supernet(x, SPACE.middle, member=member) for member in (None, 0, 1)]
        assert torch.equal(supernet.extract(SPACE.middle, member=1)(x), outs[2])
    assert not any(torch.equal(a, b) for a, b in ((outs[0], outs[1]), (outs[1], outs[2]), (outs[0], outs[2])))


def test_a_scheme_that_is_not_installed_can_be_handed_in(tmp_path: Path) -> None:
    supernet = Supernet(SPACE, Routed(SPACE))
    supernet.save(tmp_path)
    assert Supernet.load(tmp_path, SPACE, Routed).digest() == supernet.digest()
    with pytest.raises(InputError, match="Expected the sharing scheme 'routed'"):
        Supernet.load(tmp_path, SPACE, lambda space, **_: prefix(space))


def test_a_scheme_of_another_space_or_with_unknown_state_is_refused() -> None:
    with pytest.raises(InputError, match="was made for"):
        Supernet(SPACE, prefix(SearchSpace(SPACE.choices)))
    with pytest.raises(InputError, match="has no state"):
        prefix(SPACE).restore({"favourite": 1})
    with pytest.raises(InputError, match="does not take"):
        made_sharing(prefix, "prefix", SPACE, {"sets": 2})


def test_a_scheme_that_gives_other_shapes_than_the_network_has_is_refused() -> None:
    class Whole(Routed):
        def bind(self, shared, slots, architecture, member=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG002
            return {name: shared[f"set0/{name}"].unsqueeze(0) for name in slots}

    with pytest.raises(InputError, match=r"'routed' should give stem.weight of shape \(6, 1, 3, 3\), got \(1, 6"):
        Supernet(SPACE, Whole(SPACE))


OWN = """
from hwnas.sharing.prefix import PrefixSharing

class Mine(PrefixSharing):
    name = "mine"

def three(space):
    return 3
"""


def test_a_scheme_of_ones_own_is_named_by_its_file_and_found_again_by_it(tmp_path: Path) -> None:
    path = tmp_path / "schemes.py"
    path.write_text(OWN)
    supernet = Supernet(SPACE, named_sharing(f"{path}:Mine", SPACE, {}))
    supernet.save(tmp_path / "run")
    again = Supernet.load(tmp_path / "run", SPACE)
    assert type(again.sharing) is type(supernet.sharing)
    assert again.digest() == supernet.digest()
    with pytest.raises(InputError, match="Expected the sharing scheme"):
        named_sharing(f"{path}:three", SPACE, {})


def test_a_scheme_that_only_a_stored_file_names_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "schemes.py"
    path.write_text("raise SystemExit")
    with pytest.raises(InputError, match="which is not run on a file's word"):
        named_sharing(f"{path}:Mine", SPACE, {}, stored=True)
