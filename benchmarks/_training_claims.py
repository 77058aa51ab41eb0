"""Arms of the comparison of training methods, and what is claimed of them."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Arm:
    """A method with its settings, tested on one of the truths."""

    space: str
    method: str
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As it is shown."""
        said = ", ".join(f"{name}={value}" for name, value in self.settings.items())
        return f"{self.method} ({said})" if said else self.method


class Claim(NamedTuple):
    """That a figure of one arm is above that of another, of the same space if no other is named; with `less`, below."""

    space: str
    says: str
    arm: str
    against: str
    figure: str
    less: bool = False
    against_space: str = ""


CELLS, WIDTHS, KERNELS, POOLING = "micro_cell", "micro_widths", "kernels", "pooling"
LONG, LONG_CELLS = "micro_widths_long", "micro_cell_long"
SHORT_POOLING = "pooling_short"
TUNED, TUNED_CELLS = "micro_widths_tuned", "micro_cell_tuned"
ARMS = [
    Arm(WIDTHS, "uniform"),
    Arm(WIDTHS, "sandwich"),
    Arm(WIDTHS, "shift_nas"),
    Arm(WIDTHS, "calr_ms"),
    Arm(WIDTHS, "alphanet"),
    Arm(WIDTHS, "path_dropout"),
    Arm(CELLS, "uniform"),
    Arm(CELLS, "fairnas"),
    Arm(CELLS, "few_shot"),
    Arm(WIDTHS, "attentive_nas"),
    Arm(WIDTHS, "bignas"),
    Arm(WIDTHS, "vit_resnas", {"group": 25}),
    Arm(CELLS, "random_sharing"),
    Arm(CELLS, "pa_da"),
    Arm(CELLS, "calr_ms"),
    Arm(CELLS, "bmsn"),
    Arm(CELLS, "smash"),
    Arm(TUNED, "uniform"),
    Arm(TUNED, "lonas"),
    Arm(TUNED, "shears"),
    Arm(TUNED, "instatune", {"strong": 1.0}),
    Arm(WIDTHS, "once_for_all"),
    Arm(TUNED, "autodistil", {"parts": 3}),
    Arm(TUNED_CELLS, "uniform"),
    Arm(TUNED_CELLS, "dna"),
    Arm(CELLS, "gm_nas"),
    Arm(WIDTHS, "supertickets", {"sparsity": 0.9}),
    Arm(WIDTHS, "supertickets", {"sparsity": 0.9, "reactivate": False}),
    Arm(WIDTHS, "mixture_of_supernets"),
    Arm(WIDTHS, "mixture_of_supernets", {"mode": "neuron"}),
    Arm(WIDTHS, "mixture_of_supernets", {"experts": 1}),
    Arm(CELLS, "disturbance_immune"),
    Arm(CELLS, "disturbance_immune", {"control": True}),
    Arm(LONG, "uniform"),
    Arm(LONG, "sandwich"),
    Arm(LONG, "alphanet"),
    Arm(LONG, "attentive_nas"),
    Arm(TUNED, "autodistil", {"parts": 1}),
    Arm(TUNED, "instatune", {"strong": 0.0}),
    Arm(TUNED, "instatune", {"strong": 1.0, "curriculum": 0.5}),
    Arm(WIDTHS, "shift_nas", {"learnt": False}),
    Arm(WIDTHS, "attentive_nas", {"up": "worst"}),
    Arm(WIDTHS, "mixture_of_supernets", {"mode": "neuron", "constant": True}),
    Arm(CELLS, "random_sharing", {"most_gradient": 0.5}),
    Arm(LONG, "bignas"),
    Arm(LONG_CELLS, "uniform"),
    Arm(LONG_CELLS, "fairnas"),
    Arm(LONG, "once_for_all"),
    Arm(LONG_CELLS, "few_shot"),
    Arm(LONG_CELLS, "bmsn"),
    Arm(POOLING, "uniform"),
    Arm(POOLING, "bmsn"),
    Arm(POOLING, "bmsn", {"balance": False}),
    Arm(POOLING, "few_shot"),
    Arm(SHORT_POOLING, "uniform"),
    Arm(POOLING, "bmsn", {"members": 2}),
    Arm(POOLING, "gm_nas"),
    Arm(KERNELS, "uniform"),
    Arm(KERNELS, "once_for_all"),
    Arm(KERNELS, "once_for_all", {"transform": False}),
    Arm(CELLS, "calr_ms", {"falls": 1.0}),
    Arm(CELLS, "calr_ms", {"separate": False}),
    Arm(WIDTHS, "calr_ms", {"falls": 1.0}),
    Arm(WIDTHS, "calr_ms", {"separate": False}),
]
"""In the order in which they are run."""

EQUAL_BINS = "shift_nas (learnt=False)"
MIXED, ONE = "mixture_of_supernets (mode=neuron)", "mixture_of_supernets (experts=1)"
BY_LAYER = "mixture_of_supernets"
UNROUTED = "mixture_of_supernets (mode=neuron, constant=True)"
TICKETS, DEAD = "supertickets (sparsity=0.9)", "supertickets (sparsity=0.9, reactivate=False)"
SHORT = "random_sharing (most_gradient=0.5)"
PARTS, WHOLE = "autodistil (parts=3)", "autodistil (parts=1)"
STRONG, OWN = "instatune (strong=1.0)", "instatune (strong=0.0)"
GROWING = "instatune (strong=1.0, curriculum=0.5)"
IMMUNE, ANY_PROJECTION = "disturbance_immune", "disturbance_immune (control=True)"
CUT = "once_for_all (transform=False)"
RATES, MOMENTA = "calr_ms (separate=False)", "calr_ms (falls=1.0)"
UNBALANCED, TWO = "bmsn (balance=False)", "bmsn (members=2)"
CLAIMS = [
    Claim(CELLS, "Strictly fair steps rank better than single paths", "fairnas", "uniform", "tau"),
    Claim(LONG_CELLS, "Strictly fair steps rank better than single paths", "fairnas", "uniform", "tau"),
    Claim(
        LONG_CELLS,
        "In equal steps, strictly fair ones rank better than single paths",
        "fairnas",
        "uniform",
        "tau",
        against_space=CELLS,
    ),
    Claim(CELLS, "Cut gradients rank better than whole ones", "random_sharing", "uniform", "tau"),
    Claim(CELLS, "Gradients cut shorter rank better than whole ones", SHORT, "uniform", "tau"),
    Claim(CELLS, "Importance sampling ranks better than uniform sampling", "pa_da", "uniform", "tau"),
    Claim(CELLS, "Rates by size and momenta by option rank better than one", "calr_ms", "uniform", "tau"),
    Claim(CELLS, "Rates by size and momenta by option rank better at the same cost", "calr_ms", "uniform", "tau_alike"),
    Claim(CELLS, "Rates by size alone rank better than one", RATES, "uniform", "tau"),
    Claim(CELLS, "Momenta by option alone rank better than one", MOMENTA, "uniform", "tau"),
    Claim(CELLS, "A supernet per option ranks better than one", "few_shot", "uniform", "tau"),
    Claim(LONG_CELLS, "A supernet per option ranks better than one", "few_shot", "uniform", "tau"),
    Claim(CELLS, "A balanced mixture ranks better than one supernet", "bmsn", "uniform", "tau"),
    Claim(LONG_CELLS, "A balanced mixture ranks better than one supernet", "bmsn", "uniform", "tau"),
    Claim(POOLING, "A balanced mixture ranks better than one supernet", "bmsn", "uniform", "tau"),
    Claim(
        POOLING,
        "With as many passes for each of its four supernets, a balanced mixture ranks better than one",
        "bmsn",
        "uniform",
        "tau",
        against_space=SHORT_POOLING,
    ),
    Claim(POOLING, "A balanced mixture of two ranks better than one supernet", TWO, "uniform", "tau"),
    Claim(POOLING, "A balanced mixture chooses better than one supernet", "bmsn", "uniform", "regret", less=True),
    Claim(POOLING, "Balanced members rank better than others", "bmsn", UNBALANCED, "tau"),
    Claim(POOLING, "A supernet per option ranks better than one", "few_shot", "uniform", "tau"),
    Claim(CELLS, "Splits by gradients rank better than one per option", "gm_nas", "few_shot", "tau"),
    Claim(POOLING, "Splits by gradients rank better than one per option", "gm_nas", "few_shot", "tau"),
    Claim(CELLS, "Weights made by a hypernetwork rank better than shared ones", "smash", "uniform", "tau"),
    Claim(CELLS, "Projected updates rank better than random projections", IMMUNE, ANY_PROJECTION, "tau"),
    Claim(TUNED_CELLS, "Blocks that learn one by one rank better than whole networks", "dna", "uniform", "tau"),
    Claim(WIDTHS, "The sandwich lifts small ones above single paths", "sandwich", "uniform", "gap_small", less=True),
    Claim(LONG, "The sandwich lifts small ones above single paths", "sandwich", "uniform", "gap_small", less=True),
    Claim(
        LONG,
        "In equal steps, the sandwich lifts small ones above single paths",
        "sandwich",
        "uniform",
        "gap_small",
        less=True,
        against_space=WIDTHS,
    ),
    Claim(WIDTHS, "Sizes by need lift small ones above single paths", "shift_nas", "uniform", "gap_small", less=True),
    Claim(WIDTHS, "Learnt bins inherit more than equally likely ones", "shift_nas", EQUAL_BINS, "inherited"),
    Claim(WIDTHS, "Rates by size and momenta by option rank better than one", "calr_ms", "uniform", "tau"),
    Claim(
        WIDTHS, "Rates by size and momenta by option rank better at the same cost", "calr_ms", "uniform", "tau_alike"
    ),
    Claim(WIDTHS, "Rates by size alone rank better than one", RATES, "uniform", "tau"),
    Claim(WIDTHS, "Momenta by option alone rank better than one", MOMENTA, "uniform", "tau"),
    Claim(WIDTHS, "A rising rate of dropping inherits more than single paths", "path_dropout", "uniform", "inherited"),
    Claim(WIDTHS, "Attention to the best inherits more than the sandwich", "attentive_nas", "sandwich", "inherited"),
    Claim(LONG, "Attention to the best inherits more than the sandwich", "attentive_nas", "sandwich", "inherited"),
    Claim(WIDTHS, "Alpha-divergence inherits more than the sandwich", "alphanet", "sandwich", "inherited"),
    Claim(LONG, "Alpha-divergence inherits more than the sandwich", "alphanet", "sandwich", "inherited"),
    Claim(WIDTHS, "A rate that stays lifts the small ones", "bignas", "sandwich", "gap_small", less=True),
    Claim(LONG, "A rate that stays lifts the small ones", "bignas", "sandwich", "gap_small", less=True),
    Claim(WIDTHS, "Progressive shrinking inherits more than single paths", "once_for_all", "uniform", "inherited"),
    Claim(LONG, "Progressive shrinking inherits more than single paths", "once_for_all", "uniform", "inherited"),
    Claim(KERNELS, "Progressive shrinking inherits more than single paths", "once_for_all", "uniform", "inherited"),
    Claim(KERNELS, "Transformed kernels inherit more than cut ones", "once_for_all", CUT, "inherited"),
    Claim(KERNELS, "Transformed kernels rank better than cut ones", "once_for_all", CUT, "tau"),
    Claim(WIDTHS, "Groups within a batch inherit more than one", "vit_resnas (group=25)", "uniform", "inherited"),
    Claim(WIDTHS, "Weights mixed by layer inherit more than shared ones", BY_LAYER, ONE, "inherited"),
    Claim(WIDTHS, "Weights mixed by neuron inherit more than shared ones", MIXED, ONE, "inherited"),
    Claim(WIDTHS, "Routed weights inherit more than a constant mixture", MIXED, UNROUTED, "inherited"),
    Claim(WIDTHS, "Reactivated weights inherit more than dead ones", TICKETS, DEAD, "inherited"),
    Claim(TUNED, "Two teachers inherit more than labels alone", STRONG, "uniform", "inherited"),
    Claim(TUNED, "A teacher that stays inherits more than the largest", STRONG, OWN, "inherited"),
    Claim(TUNED, "Ever smaller sub-networks inherit more than all at once", GROWING, STRONG, "inherited"),
    Claim(TUNED, "Parts taught without labels inherit more than labels alone", PARTS, "uniform", "inherited"),
    Claim(TUNED, "Weights for each part inherit more than for all together", PARTS, WHOLE, "inherited"),
    Claim(TUNED, "Frozen weights with adapters inherit more than learning ones", "lonas", "uniform", "inherited"),
    Claim(TUNED, "A half-pruned network with adapters inherits more than a whole one", "shears", "lonas", "inherited"),
]
