from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.sharing._encoding import encoded

CHOICES = (
    Choice("width", (4, 6, 12)),
    Choice("size", ("small", "large")),
    Choice("pool", ("max", "mean"), ordered=False),
    Choice("only", (3,)),
)


def test_values_and_places_are_scaled_and_what_has_no_order_is_one_number_per_option() -> None:
    said = encoded(CHOICES, Architecture({"width": 6, "size": "large", "pool": "mean", "only": 3}))
    assert said == [0.25, 1.0, 0.0, 1.0, 0.0]


def test_a_choice_that_is_not_active_is_0() -> None:
    assert encoded(CHOICES, Architecture({"width": 12})) == [1.0, 0.0, 0.0, 0.0, 0.0]
