"""What a Hugging Face config.json says: which model it is, how large, and what its weights are
called.

    kind = kind_of(config)                  # by its model_type: gpt2, llama, gpt_oss
    model = kind.build(config)
    for own, theirs, turned in kind.names(model): …

Leaves out: every other model_type, and tokenizer.json.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from torch import nn

from lessons.gpt2.family import Decoder, Shape, Stretch
from lessons.gpt2.model import GPT2, Size
from zhtui.lab import LabError

Config = Mapping[str, Any]
MOST = 1 << 24  # of anything that is counted: no model has 16 million layers, channels or tokens
DEEPEST = 1000  # layers; each is a Python object before a weight is read


class Name(NamedTuple):
    """A weight here, in their file, and whether it lies transposed there."""

    own: str
    theirs: str
    turned: bool = False


@dataclass(frozen=True)
class Kind:
    """A model_type: what builds it, what its weights are called, and what a file may lack."""

    build: Callable[[Config], nn.Module]
    names: Callable[[nn.Module], Iterator[Name]]
    prefix: str  # that some files leave away


def kind_of(config: Config) -> Kind:
    """Raises `LabError` for a model that is not known here."""
    kind = KINDS.get(str(config.get("model_type")))
    if kind is None:
        raise LabError(
            f"config.json is of model_type {config.get('model_type')!r}, which is unknown here; "
            f"give a folder of {', '.join(KINDS)}."
        )
    return kind


def whole(config: Config, name: str, default: int | None = None, most: int = MOST) -> int:
    """A count of a config.json, at least 1. Raises `LabError`."""
    value = config.get(name, default)
    value = default if value is None else value
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise LabError(f"config.json has {name}={value!r}; give a whole number from 1 to {most:,}.")
    return value


def real(config: Config, name: str, default: float) -> float:
    """A number of a config.json above 0. Raises `LabError`."""
    value = config.get(name, default)
    value = default if value is None else value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e30:
        raise LabError(f"config.json has {name}={value!r}; give a number above 0.")
    return float(value)


def only(config: Config, name: str, *known: Any) -> None:
    """Raises `LabError` where a switch stands on what is not built here; `known[0]` is default."""
    value = config.get(name, known[0])
    if value not in known:
        told = ", ".join(repr(each) for each in known)
        raise LabError(f"config.json has {name}={value!r}, which is not built here; give {told}.")


def divides(H: int, C: int, what: str) -> None:
    if C % H:
        raise LabError(f"config.json has {what} {C} for {H}, which does not divide it; correct it.")


# --- GPT-2 ----------------------------------------------------------------------------------------


def size_of(config: Config) -> Size:
    """GPT-2's size. Raises `LabError` for what it is not."""
    only(config, "activation_function", "gelu_new", "gelu_pytorch_tanh")
    only(config, "scale_attn_weights", True)
    only(config, "scale_attn_by_inverse_layer_idx", False)
    only(config, "tie_word_embeddings", True)
    only(config, "add_cross_attention", False)
    size = Size(
        n_layer=whole(config, "n_layer", 12, DEEPEST),
        n_head=whole(config, "n_head", 12),
        n_embd=whole(config, "n_embd", 768),
        block_size=whole(config, "n_positions", 1024),
        vocab=whole(config, "vocab_size", 50257),
        eps=real(config, "layer_norm_epsilon", 1e-5),
    )
    divides(size.n_head, size.n_embd, "n_embd")
    only(config, "n_inner", None, 4 * size.n_embd)
    return size


def config_of(size: Size, end: int | None = None) -> dict[str, Any]:
    """The config.json of a GPT-2 of this size, as transformers reads it.

    `end` is the token that ends a text, 50256 of GPT-2's own; the last row of a table that was
    padded is none. Left out, it is null: else transformers takes 50256 of any vocabulary.
    """
    return {
        "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2",
        "activation_function": "gelu_new", "n_layer": size.n_layer, "n_head": size.n_head,
        "n_embd": size.n_embd, "n_positions": size.block_size, "n_ctx": size.block_size,
        "vocab_size": size.vocab, "layer_norm_epsilon": size.eps, "tie_word_embeddings": True,
        "bos_token_id": end, "eos_token_id": end,
        "attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0,
    }  # fmt: skip


def gpt2_names(model: nn.Module) -> Iterator[Name]:
    """OpenAI's linear layers are convolutions of width 1, (in, out): each is turned."""
    assert isinstance(model, GPT2)
    yield Name("tokens.weight", "transformer.wte.weight")
    yield Name("positions.weight", "transformer.wpe.weight")
    parts = {
        "norm1": "ln_1", "attention.qkv": "attn.c_attn", "attention.project": "attn.c_proj",
        "norm2": "ln_2", "think.expand": "mlp.c_fc", "think.project": "mlp.c_proj",
    }  # fmt: skip
    for i in range(model.size.n_layer):
        for own, theirs in parts.items():
            here, there = f"blocks.{i}.{own}", f"transformer.h.{i}.{theirs}"
            yield Name(f"{here}.weight", f"{there}.weight", "." in own)
            yield Name(f"{here}.bias", f"{there}.bias")
    yield Name("norm.weight", "transformer.ln_f.weight")
    yield Name("norm.bias", "transformer.ln_f.bias")


# --- Llama and gpt-oss ----------------------------------------------------------------------------


def rope(config: Config) -> tuple[float, Mapping[str, Any]]:
    """The base of rotary positions, and how they are stretched; files say it in two ways.

    In older files the kind of stretch, `rope_type`, is called `type`.
    """
    said = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if not isinstance(said, Mapping):
        raise LabError("config.json has a rope_parameters that is not an object; correct it.")
    base = real(said, "rope_theta", real(config, "rope_theta", 10_000.0))
    if "rope_type" not in said and "type" in said:
        said = {**said, "rope_type": said["type"]}
    return base, said


def shape_of(config: Config, D: int | None = None) -> Shape:
    """What Llama and gpt-oss have in common."""
    C, H = whole(config, "hidden_size"), whole(config, "num_attention_heads")
    if D is None and config.get("head_dim") is None:
        divides(H, C, "hidden_size")
    G = whole(config, "num_key_value_heads", H)
    divides(G, H, "num_attention_heads")
    bias = bool(config.get("attention_bias", False))
    channels = whole(config, "head_dim", D or max(1, C // H))
    divides(2, channels, "head_dim")
    return Shape(
        vocab=whole(config, "vocab_size"), layers=whole(config, "num_hidden_layers", None, DEEPEST),
        C=C, H=H, G=G, D=channels, F=whole(config, "intermediate_size"),
        room=whole(config, "max_position_embeddings", 2048), eps=real(config, "rms_norm_eps", 1e-6),
        base=rope(config)[0], tied=bool(config.get("tie_word_embeddings", False)), qkv_bias=bias,
        out_bias=bias, ffn_bias=bool(config.get("mlp_bias", False)),
    )  # fmt: skip


def llama(config: Config) -> Decoder:
    only(config, "hidden_act", "silu")
    only(rope(config)[1], "rope_type", "default")
    return Decoder(shape_of(config))


def gpt_oss(config: Config) -> Decoder:
    only(config, "quantization_config", None)
    only(config, "swiglu_alpha", 1.702)
    said = rope(config)[1]
    only(said, "rope_type", "default", "yarn")
    stretch = None
    if said.get("rope_type") == "yarn":
        stretch = Stretch(
            real(said, "factor", 1.0), whole(said, "original_max_position_embeddings", 4096),
            real(said, "beta_fast", 32.0), real(said, "beta_slow", 1.0),
            bool(said.get("truncate", True)),
        )  # fmt: skip
    shape = shape_of(config, 64)
    kinds = config.get("layer_types") or ["sliding_attention", "full_attention"] * shape.layers
    window = whole(config, "sliding_window", 128)
    experts = whole(config, "num_local_experts", 128, DEEPEST)
    windows = tuple(window * (kind == "sliding_attention") for kind in kinds[: shape.layers])
    if len(windows) < shape.layers:
        raise LabError("config.json has fewer layer_types than layers; correct it.")
    return Decoder(replace(
        shape, qkv_bias=bool(config.get("attention_bias", True)),
        out_bias=bool(config.get("attention_bias", True)), windows=windows, experts=experts,
        k=whole(config, "num_experts_per_tok", 4, experts), stretch=stretch,
        limit=real(config, "swiglu_limit", 7.0),
    ))  # fmt: skip


PARTS = {
    "norm1": "input_layernorm", "norm2": "post_attention_layernorm", "attention.q":
    "self_attn.q_proj", "attention.k": "self_attn.k_proj", "attention.v": "self_attn.v_proj",
    "attention.project": "self_attn.o_proj", "attention.sinks": "self_attn.sinks",
    "think.gate": "mlp.gate_proj", "think.expand": "mlp.up_proj", "think.project": "mlp.down_proj",
}  # fmt: skip
MIXED = {
    "think.router": "mlp.router", "think.expand": "mlp.experts.gate_up_proj",
    "think.expand_bias": "mlp.experts.gate_up_proj_bias", "think.project": "mlp.experts.down_proj",
    "think.project_bias": "mlp.experts.down_proj_bias",
}  # fmt: skip


def decoder_names(model: nn.Module) -> Iterator[Name]:
    """What each weight of a `Decoder` is called by transformers."""
    assert isinstance(model, Decoder)
    parts = PARTS | (MIXED if model.shape.experts else {})
    whole_names = {"tokens.weight": "model.embed_tokens.weight", "norm.weight": "model.norm.weight"}
    for own in dict(model.named_parameters()):
        if own in whole_names:
            yield Name(own, whole_names[own])
        elif own == "head.weight":
            yield Name(own, "lm_head.weight")
        else:
            _, layer, rest = own.split(".", 2)
            part = rest.removesuffix(".weight").removesuffix(".bias")
            yield Name(own, f"model.layers.{layer}.{parts[part]}{rest[len(part) :]}")


KINDS = {
    "gpt2": Kind(lambda config: GPT2(size_of(config)), gpt2_names, "transformer."),
    "llama": Kind(llama, decoder_names, "model."),
    "gpt_oss": Kind(gpt_oss, decoder_names, "model."),
}
