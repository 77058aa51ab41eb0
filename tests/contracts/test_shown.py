from hwnas.contracts.objective import Objective
from hwnas.contracts.shown import factor, shown, title, unit, with_interval
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
