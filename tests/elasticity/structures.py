"""Hugging Face networks from tiny configurations, untrained, each with two examples."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


class Wrapped(nn.Module):
    """A Hugging Face model by its positional inputs, giving one tensor."""

    def __init__(self, model: nn.Module, *names: str) -> None:
        super().__init__()
        self.model, self.names = model, names

    def forward(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        given = dict(zip(self.names, (a, b), strict=False)) if self.names else {}
        out = self.model(**given) if given else self.model(a)
        found: Tensor = out.logits if hasattr(out, "logits") else out[0]
        return found


Made = tuple[nn.Module, tuple[Tensor, ...]]
_TOKENS = 50


def _words() -> Tensor:
    return torch.randint(0, _TOKENS, (2, 7), generator=torch.Generator().manual_seed(0))


def _images() -> Tensor:
    return torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def _transformer(name: str, **other: object) -> Made:
    import transformers

    sizes = {
        "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 24,
        "vocab_size": _TOKENS, "max_position_embeddings": 16, "image_size": 32, "patch_size": 8,
        "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 0,
    }  # fmt: skip
    family, task = name.split(":")
    config = getattr(transformers, f"{family}Config")(**{**sizes, **other})
    inputs = _images() if "Image" in task else _words()
    return Wrapped(getattr(transformers, f"{family}{task}")(config)), (inputs,)


def _convolutional(name: str, **sizes: object) -> Made:
    import transformers

    family, task = name.split(":")
    model = getattr(transformers, f"{family}{task}")(getattr(transformers, f"{family}Config")(**sizes))
    return Wrapped(model), (_images(),)


def _t5() -> Made:
    from transformers import T5Config, T5ForConditionalGeneration

    config = T5Config(vocab_size=_TOKENS, d_model=16, num_layers=2, num_heads=4, d_kv=4, d_ff=24)
    return Wrapped(T5ForConditionalGeneration(config), "input_ids", "decoder_input_ids"), (_words(), _words())


def _whisper() -> Made:
    from transformers import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    config = WhisperConfig(
        d_model=16, encoder_layers=2, encoder_attention_heads=4, encoder_ffn_dim=24, num_mel_bins=8,
        max_source_positions=20,
    )  # fmt: skip
    return Wrapped(WhisperEncoder(config)), (torch.randn(2, 8, 40, generator=torch.Generator().manual_seed(0)),)


STRUCTURES: dict[str, Callable[[], Made]] = {
    "bert": lambda: _transformer("Bert:ForSequenceClassification"),
    "distilbert": lambda: _transformer(
        "DistilBert:ForSequenceClassification", dim=16, n_layers=2, n_heads=4, hidden_dim=24
    ),
    "vit": lambda: _transformer("ViT:ForImageClassification"),
    "deit": lambda: _transformer("DeiT:ForImageClassification"),
    "swin": lambda: _convolutional(
        "Swin:ForImageClassification", embed_dim=8, depths=[2, 2], num_heads=[2, 4], window_size=2, image_size=32,
        patch_size=4,
    ),
    "convnext": lambda: _convolutional(
        "ConvNext:ForImageClassification", hidden_sizes=[8, 12, 16, 24], depths=[1, 1, 2, 1], image_size=32
    ),
    "resnet": lambda: _convolutional(
        "ResNet:ForImageClassification", embedding_size=8, hidden_sizes=[16, 32], depths=[2, 2]
    ),
    "mobilenetv2": lambda: _convolutional("MobileNetV2:ForImageClassification", depth_multiplier=0.25, image_size=32),
    "regnet": lambda: _convolutional(
        "RegNet:ForImageClassification", embedding_size=8, hidden_sizes=[16, 32], depths=[1, 2], groups_width=4
    ),
    "gpt2": lambda: _transformer("GPT2:LMHeadModel", n_embd=16, n_layer=2, n_head=4, n_positions=16),
    "llama": lambda: _transformer("Llama:ForCausalLM", num_key_value_heads=2),
    "t5": _t5,
    "whisper": _whisper,
    "segformer": lambda: _convolutional(
        "Segformer:ForSemanticSegmentation", hidden_sizes=[8, 16], depths=[1, 1], num_encoder_blocks=2,
        sr_ratios=[2, 1], patch_sizes=[7, 3], strides=[4, 2], num_attention_heads=[2, 4], mlp_ratios=[2, 2],
        decoder_hidden_size=16,
    ),
}  # fmt: skip
