from hwnas.contracts.objective import Objective
from hwnas.contracts.shown import factor, shown, title, told_apart, unit, with_error, with_interval
from hwnas.contracts.task import ACCURACY

ERROR = Objective("error", "min", "mm")


def test_a_share_is_shown_in_per_cent_and_all_else_in_its_own_unit() -> None:
    assert (shown(ACCURACY, 0.9134), shown(ERROR, 3.14159), shown(Objective("f1", "max"), 0.5)) == (
        "91.3%",
        "3.142 mm",
        "0.5",
    )
    assert with_interval(ACCURACY, 0.9134, (0.907, 0.918)) == "91.3% (90.7-91.8)"
    assert with_interval(ERROR, 3.14159, (3, 3.3)) == "3.142 mm (3-3.3)"
    assert (title(ACCURACY), title(ERROR)) == ("Accuracy (%)", "Error (mm)")
    assert title(Objective("mean_iou", "max")) == "Mean iou"
    assert (factor(ACCURACY), unit(ACCURACY), factor(ERROR), unit(ERROR)) == (100.0, "%", 1.0, "mm")


def test_a_value_beside_its_limit_has_the_digits_that_tell_them_apart() -> None:
    assert told_apart(ACCURACY, 0.9, 0.99) == ("90.0%", "99.0%")
    assert told_apart(ACCURACY, 0.89997, 0.9) == ("89.997%", "90.000%")
    assert told_apart(ERROR, 3.14159, 3.1416) == ("3.14159 mm", "3.1416 mm")
    assert told_apart(ERROR, 0.5, 0.5) == ("0.5 mm", "0.5 mm")


def test_an_error_of_a_share_is_in_per_cent_too() -> None:
    assert with_error(ACCURACY, 0.91342, 0.0052) == "91.34 ± 0.52%"
    assert with_error(ERROR, 3.14159, 0.01) == "3.142 ± 0.01 mm"
    assert with_error(ERROR, 3.14159, 0) == "3.142 mm"
