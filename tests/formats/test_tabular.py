import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.formats._tabular import tabular
from hwnas.pipeline.opening import space_of
from hwnas.profiling.table import space_record


def test_features_are_values_of_numbers_and_counts_of_words() -> None:
    space = tabular({"layers": [1, 2, 6], "e0": ["conv", "none"], "e1": ["conv", "none"], "alone": ["x", "y"]})
    assert space.feature_names == ("layers", "conv.count0", "none.count0")
    assert space.features is not None
    found = space.features(np.array([[2, 0, 1, 0], [0, 1, 1, 1]]))
    assert found.tolist() == [[6.0, 1.0, 1.0], [1.0, 0.0, 2.0]]
    assert [choice.ordered for choice in space.choices] == [True, False, False, False]


def test_it_can_be_opened_from_what_a_table_records_of_it() -> None:
    space = tabular({"layers": [1, 2.5], "kind": ["a", "b"]})
    record = space_record(space)
    assert space_of(record.name, record.parameters).digest == space.digest


@pytest.mark.parametrize("choices", [None, 3, ["a"], {"a": 3}])
def test_what_are_no_choices_is_refused(choices: object) -> None:
    with pytest.raises(InputError, match="needs its choices"):
        space_of("tabular", {"choices": choices})
