"""Sub-networks of Hugging Face's models as folders that their own classes load."""

import logging
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    BertConfig,
    BertForSequenceClassification,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
)

import hwnas
from hwnas.contracts.answer import answer_of
from hwnas.contracts.choice import Option
from hwnas.export.forms import forms_of, write_form
from hwnas.export.pretrained import can_be_said

IDS = torch.arange(12).reshape(2, 6)


def bert() -> BertForSequenceClassification:
    torch.manual_seed(0)
    return BertForSequenceClassification(
        BertConfig(vocab_size=30, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32)
    ).eval()


def llama() -> LlamaForCausalLM:
    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=30, hidden_size=16, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
            intermediate_size=32,
        )
    ).eval()  # fmt: skip


def part(network: PreTrainedModel, options: Mapping[str, Option]) -> nn.Module:
    """The sub-network with these options wherever a choice's name ends so, whole elsewhere."""
    supernet = hwnas.elastic(network, IDS)
    whole = supernet.space.largest
    named = {c: o for c in whole for end, o in options.items() if c.endswith(end)}
    assert named
    return supernet.extract(supernet.space.architecture({**whole, **named}))


def answer(network: nn.Module) -> Tensor:
    with torch.no_grad():
        return answer_of(network(IDS))


def test_one_width_of_all_layers_is_a_number_of_the_configuration(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    network = part(bert(), {"intermediate.dense.width": 16})
    capfd.readouterr()
    folder = hwnas.save_pretrained(network, IDS, tmp_path / "model")
    assert capfd.readouterr().err == ""  # Hugging Face's own progress
    loaded = AutoModelForSequenceClassification.from_pretrained(folder)
    assert loaded.config.intermediate_size == 16
    assert torch.equal(answer(loaded), answer(network))


def test_what_is_tried_is_not_told() -> None:
    """Of one token, another one cannot be the end: Hugging Face logs that of each configuration."""
    told: list[str] = []
    logger, handler = logging.getLogger("transformers"), logging.Handler()
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    network = part(llama(), {"layers.1.kept": False})
    logger.addHandler(handler)
    try:
        assert can_be_said(network, (IDS,))
    finally:
        logger.removeHandler(handler)
    assert told == []


def test_fewer_layers_heads_and_widths_are_found_together(tmp_path: Path) -> None:
    network = part(llama(), {"layers.1.kept": False, "q_proj.heads": 1, "gate_proj.width": 24})
    folder = hwnas.save_pretrained(network, IDS, tmp_path / "model")
    loaded = AutoModelForCausalLM.from_pretrained(folder)
    says = loaded.config
    assert (says.num_hidden_layers, says.num_key_value_heads, says.num_attention_heads) == (2, 1, 2)
    assert torch.equal(answer(loaded), answer(network))


def test_it_is_written_beside_the_model_file_as_one_more_form(tmp_path: Path) -> None:
    supernet = hwnas.elastic(llama(), IDS)
    space = supernet.space
    architecture = space.architecture({**space.largest, "model.layers.0.kept": False, "model.layers.2.kept": False})
    (form,), network = forms_of("pretrained"), supernet.extract(architecture)
    write_form(form, space, architecture, network, tmp_path / "model.onnx")
    assert form.paths(tmp_path / "model.onnx")[0] == tmp_path / "model" / "config.json"
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    assert loaded.config.num_hidden_layers == 1
    assert torch.equal(answer(loaded), answer(network))


def test_a_width_that_the_model_works_out_where_none_is_said_is_said(tmp_path: Path) -> None:
    torch.manual_seed(0)
    whole = GPT2LMHeadModel(GPT2Config(vocab_size=30, n_positions=8, n_embd=8, n_layer=1, n_head=1)).eval()
    folder = hwnas.save_pretrained(part(whole, {"c_fc.width": 16}), IDS, tmp_path / "model")
    assert AutoModelForCausalLM.from_pretrained(folder).config.n_inner == 16


def test_layers_of_different_widths_are_refused_with_the_first_that_differs(tmp_path: Path) -> None:
    network = part(bert(), {"layer.0.intermediate.dense.width": 16})
    with pytest.raises(hwnas.InputError, match=r"says one size for all layers: bert\.enc"):
        hwnas.save_pretrained(network, IDS, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_network_that_is_none_of_hugging_face_is_refused(tmp_path: Path) -> None:
    with pytest.raises(hwnas.InputError, match=r"Only models of Hugging Face .* got Linear"):
        hwnas.save_pretrained(nn.Linear(2, 2), torch.ones(1, 2), tmp_path)


@pytest.mark.parametrize("name", ["config.json", "generation_config.json"])
def test_a_file_of_the_users_is_replaced_only_when_forced(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    network = llama()
    with pytest.raises(hwnas.InputError, match=rf"/{name} is there already"):
        hwnas.save_pretrained(network, IDS, tmp_path)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, "{}")]
    for force in (True, False):  # what was written so is no more the user's
        assert hwnas.save_pretrained(network, IDS, tmp_path, force=force) == tmp_path
        assert (tmp_path / name).read_text() != "{}"
