"""A small vision transformer of Hugging Face's class, as its users configure one."""

import torch
from torch import nn


def small_vit() -> nn.Module:
    """For pictures ``(n, 1, 28, 28)``, ten classes; untrained, the same each time."""
    from transformers import ViTConfig, ViTForImageClassification

    torch.manual_seed(0)
    config = ViTConfig(
        image_size=28, patch_size=4, num_channels=1, hidden_size=64, num_hidden_layers=4, num_attention_heads=4,
        intermediate_size=128, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, num_labels=10,
        attn_implementation="eager",
    )  # fmt: skip
    return ViTForImageClassification(config)
