"""No network at all: the settings of a random forest, between how often it is right and how large it is.

Run:  python examples/function.py [--evaluations 40]     (about a minute)
"""

import argparse
from collections.abc import Iterator, Sequence

from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

import hwnas

SPACE = hwnas.SearchSpace(
    [
        hwnas.Choice("trees", (5, 10, 20, 40, 80)),
        hwnas.Choice("depth", (4, 6, 8, 12, 16)),
        hwnas.Choice("pixels", (2, 4, 8, 16)),
        hwnas.Choice("criterion", ("gini", "entropy")),
    ]
)
DIGITS = load_digits()
LEARN, JUDGE, LEARN_LABELS, JUDGE_LABELS = train_test_split(DIGITS.data, DIGITS.target, test_size=0.5, random_state=0)


def evaluate(architectures: Sequence[hwnas.Architecture]) -> Iterator[dict[str, float]]:
    """What one wants to know of each: any figures."""
    for settings in architectures:
        forest = RandomForestClassifier(
            settings["trees"], max_depth=settings["depth"], max_features=settings["pixels"],
            criterion=settings["criterion"], random_state=0,
        ).fit(LEARN, LEARN_LABELS)  # fmt: skip
        nodes = sum(tree.tree_.node_count for tree in forest.estimators_)
        yield {"accuracy": forest.score(JUDGE, JUDGE_LABELS), "nodes": nodes}


def main() -> None:
    """Search, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluations", type=int, default=40)
    options = parser.parse_args()
    front = hwnas.search(
        SPACE, evaluate, [hwnas.Objective("accuracy", "max"), hwnas.Objective("nodes", "min")],
        evaluations=options.evaluations, seed=0,
    )  # fmt: skip
    print(f"{SPACE.count()} settings, {options.evaluations} of them tried; none is better than these in both:")
    for result in front:
        settings, figures = dict(result.trial.architecture), result.figures
        print(f"{figures['accuracy']:.1%}, {figures['nodes']:.0f} nodes: {settings}")


if __name__ == "__main__":
    main()
