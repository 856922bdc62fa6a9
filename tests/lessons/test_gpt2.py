"""GPT-2 and its family: counted, begun, held against transformers; weights in and out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from lessons.blocks.cache import caches
from lessons.gpt2 import kinds, weights
from lessons.gpt2.family import beyond, sink_softmax
from lessons.gpt2.model import GPT2, SIZES, Size, attend, attend_fast, count, ledger
from zhtui.lab import LabError

SMALL = Size(n_layer=2, n_head=4, n_embd=32, block_size=16, vocab=97)
MILLIONS = {"124M": 124.439808, "355M": 354.8, "774M": 774.0, "1558M": 1557.6}


def ids(V: int = 97, B: int = 2, T: int = 11, seed: int = 3) -> torch.Tensor:
    return torch.randint(V, (B, T), generator=torch.Generator().manual_seed(seed))


def fresh(size: Size = SMALL, spread: float = 0.3) -> GPT2:
    """A model with weights large enough that nothing hides, biases and norms included."""
    torch.manual_seed(1)
    model = GPT2(size)
    with torch.no_grad():
        for weight in model.parameters():
            weight += spread * torch.randn_like(weight)
    return model


# The model


@pytest.mark.parametrize("name", SIZES)
def test_each_size_is_counted_without_a_byte(name: str) -> None:
    with torch.device("meta"):
        model = GPT2(SIZES[name])
    assert all(weight.is_meta for weight in model.parameters())
    assert count(model) == sum(ledger(SIZES[name]).values())
    assert count(model) / 1e6 == pytest.approx(MILLIONS[name], abs=0.05)


def test_the_smallest_exactly_and_with_its_head_counted_twice() -> None:
    assert sum(ledger(SIZES["124M"]).values()) == 124_439_808
    assert sum(ledger(SIZES["124M"], tied=False).values()) == 163_037_184


def test_the_first_loss_of_a_narrow_model_is_ln_V_and_half_the_logits_variance() -> None:
    torch.manual_seed(1)
    model = GPT2(Size(n_layer=1, n_head=4, n_embd=64, block_size=32, vocab=50257))
    with torch.no_grad():
        loss = model.loss(ids(50257, 4, 32), ids(50257, 4, 32, seed=4))
    assert float(loss) == pytest.approx(10.825 + 0.02**2 * 64 / 2, abs=0.02)


@pytest.mark.slow
def test_the_first_loss_of_the_real_one() -> None:
    torch.manual_seed(1)
    with torch.no_grad():
        loss = GPT2(SIZES["124M"]).loss(ids(50257, 1, 64), ids(50257, 1, 64, seed=4))
    assert float(loss) == pytest.approx(10.95, abs=0.1)


@pytest.mark.parametrize(("T", "S"), [(5, 5), (1, 5), (3, 5)])
def test_the_fast_form_is_the_taught_one(T: int, S: int) -> None:
    q, k, v = torch.randn(2, 3, T, 8), torch.randn(2, 3, S, 8), torch.randn(2, 3, S, 8)
    assert torch.allclose(attend(q, k, v), attend_fast(q, k, v), atol=1e-6)


def test_looking_and_the_cache_change_nothing() -> None:
    model, x = fresh(), ids()
    logits, seen = model(x), []
    assert torch.allclose(
        model.look(x, lambda name, t: (seen.append(name), t)[1]), logits, atol=1e-4
    )
    assert "blocks.1.weights" in seen
    past = caches(2, 16)
    for start, stop in ((0, 4), (4, 7), (7, 8), (8, 11)):
        last = model.after(x[:, start:stop], past)
        assert torch.allclose(last, logits[:, stop - 1], atol=1e-4)


def test_the_future_does_not_reach_the_past() -> None:
    model, x = fresh(), ids()
    other = x.clone()
    other[:, 7] = (x[:, 7] + 1) % 97
    moved = (model(x) != model(other)).any(-1).any(0)
    assert moved.tolist() == [False] * 7 + [True] * 4


# The family, against transformers


def theirs(kind: str, **changes: Any) -> nn.Module:
    """A random model of transformers' own; skipped where it is not installed."""
    hub = pytest.importorskip("transformers", reason="transformers is not installed")
    wide = {
        "vocab_size": 97, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64,
        "rms_norm_eps": 1e-5, "pad_token_id": None, "eos_token_id": 0, "bos_token_id": 0,
    }  # fmt: skip
    oss = wide | {"head_dim": 16, "num_local_experts": 4, "num_experts_per_tok": 2}
    made = {
        "gpt2": lambda: hub.GPT2LMHeadModel(hub.GPT2Config(**{
            "vocab_size": 97, "n_positions": 16, "n_embd": 32, "n_layer": 2, "n_head": 4,
        } | changes)),
        "llama": lambda: hub.LlamaForCausalLM(hub.LlamaConfig(**wide | changes)),
        "gpt_oss": lambda: hub.GptOssForCausalLM(hub.GptOssConfig(**oss | changes)),
    }  # fmt: skip
    torch.manual_seed(5)
    model: nn.Module = made[kind]().eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight += 0.1 * torch.randn_like(weight)
    return model


PLAIN = {"rope_type": "default", "rope_theta": 10_000.0}
YARN = {
    "rope_type": "yarn", "factor": 8.0, "beta_fast": 32.0, "beta_slow": 1.0, "truncate": False,
    "original_max_position_embeddings": 16, "rope_theta": 150_000.0,
}  # fmt: skip
FAMILY = [
    ("gpt2", {}),
    ("gpt2", {"n_layer": 3, "n_head": 2, "n_embd": 48, "layer_norm_epsilon": 1e-3}),
    ("llama", {}),
    ("llama", {"tie_word_embeddings": True, "attention_bias": True, "head_dim": 16}),
    ("llama", {"mlp_bias": True, "num_key_value_heads": 4, "rope_parameters": PLAIN}),
    ("gpt_oss", {"sliding_window": 4, "rope_parameters": PLAIN}),
    ("gpt_oss", {"sliding_window": 3, "num_hidden_layers": 3, "rope_parameters": YARN}),
]


@pytest.mark.parametrize(("kind", "changes"), FAMILY)
def test_logits_are_those_of_transformers(
    kind: str, changes: dict[str, Any], tmp_path: Path
) -> None:
    model = theirs(kind, **changes)
    model.save_pretrained(tmp_path / "theirs")  # type: ignore[operator]
    loaded = weights.read(tmp_path / "theirs")
    with torch.no_grad():
        wanted, ours = model(ids()).logits, loaded.model(ids())
    assert float((wanted - ours).abs().max()) < 1e-4
    assert float(wanted.std()) > 0.1, "logits that hardly differ prove nothing"


@pytest.mark.parametrize(("kind", "changes"), [FAMILY[0], FAMILY[3], FAMILY[5]])
@pytest.mark.parametrize("shard", [5_000_000_000, 20_000])
def test_weights_go_round_to_the_bit(
    kind: str, changes: dict[str, Any], shard: int, tmp_path: Path
) -> None:
    theirs(kind, **changes).save_pretrained(tmp_path / "in")  # type: ignore[operator]
    first = weights.read(tmp_path / "in")
    weights.write(first.model, first.config, tmp_path / "out", shard=shard)
    assert (tmp_path / "out" / weights.INDEX).is_file() == (shard < 1 << 20)
    second = weights.read(tmp_path / "out")
    here, there = first.model.state_dict(), second.model.state_dict()
    assert here.keys() == there.keys()
    assert all(torch.equal(here[name], there[name]) for name in here)
    assert tensors(tmp_path / "in") == tensors(tmp_path / "out")


def tensors(folder: Path) -> dict[str, bytes]:
    """All numbers of a folder's files, as bytes."""
    from safetensors.torch import load_file

    files = [load_file(path) for path in folder.glob("*.safetensors")]
    return {name: t.numpy().tobytes() for file in files for name, t in file.items()}


def test_transformers_reads_what_is_written(tmp_path: Path) -> None:
    hub = pytest.importorskip("transformers", reason="transformers is not installed")
    model = fresh()
    weights.write(model, kinds.config_of(SMALL), tmp_path, shard=20_000)
    other = hub.GPT2LMHeadModel.from_pretrained(tmp_path).eval()
    assert torch.allclose(other(ids()).logits, model(ids()), atol=1e-4)


def test_a_sink_takes_its_share_and_a_window_ends() -> None:
    shares = sink_softmax(torch.zeros(1, 1, 1, 2), torch.zeros(1))
    assert shares.flatten().tolist() == pytest.approx([1 / 3, 1 / 3])
    assert beyond(3, 3, 2, torch.device("cpu")).tolist()[2] == [True, False, False]


# Files as they come


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    weights.write(fresh(), kinds.config_of(SMALL), tmp_path / "mine")
    return tmp_path / "mine"


def test_files_without_the_prefix_and_in_half_precision_are_read(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    held = load_file(folder / weights.SINGLE)
    short = {name.removeprefix("transformer."): t.bfloat16() for name, t in held.items()}
    short["h.0.attn.bias"] = torch.ones(1, 1, 16, 16)  # OpenAI's own file has its masks in it
    save_file(short, folder / weights.SINGLE)
    got = weights.read(folder).model.state_dict()["tokens.weight"]
    assert torch.equal(got, held["transformer.wte.weight"].bfloat16().float())


def test_the_hash_is_the_file_s(folder: Path) -> None:
    import hashlib

    content = (folder / weights.SINGLE).read_bytes()
    assert weights.read(folder).sha256 == {weights.SINGLE: hashlib.sha256(content).hexdigest()}


def edited(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model_type": "mamba"}, "mamba"),
        ({"model_type": None}, "model_type"),
        ({"n_layer": 10**9}, "n_layer"),
        ({"n_layer": 3}, "transformer.h.2"),
        ({"n_embd": 64}, "shape"),
        ({"n_head": 5}, "divide"),
        ({"n_head": "four"}, "n_head"),
        ({"vocab_size": 10**9}, "vocab_size"),
        ({"vocab_size": 10**7}, "shape"),
        ({"activation_function": "relu"}, "activation_function"),
    ],
)
def test_a_config_that_does_not_fit_is_one_sentence(
    folder: Path, changes: dict[str, Any], words: str
) -> None:
    edited(folder, **changes)
    with pytest.raises(LabError, match=words) as caught:
        weights.read(folder)
    assert "\n" not in str(caught.value)


def hostile(path: Path) -> dict[str, bytes]:
    content = path.read_bytes()
    tensor = {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 4]}
    giant = json.dumps({"transformer.wte.weight": tensor}).encode()
    return {
        "cut in its numbers": content[:-100],
        "cut in its header": content[:50],
        "nothing": b"",
        "a header without end": (2**62).to_bytes(8, "little") + b"{}",
        "no JSON": (4).to_bytes(8, "little") + b"\xff\xff\xff\xff",
        "a giant tensor": len(giant).to_bytes(8, "little") + giant + b"\0\0\0\0",
        "a pickle": b"\x80\x04\x95" + content[3:],
    }


@pytest.mark.parametrize("number", range(7))
def test_a_broken_file_is_one_sentence(folder: Path, number: int) -> None:
    path = folder / weights.SINGLE
    path.write_bytes(list(hostile(path).values())[number])
    with pytest.raises(LabError, match="fetch it again") as caught:
        weights.read(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("file", ["../secret.safetensors", "/etc/passwd", 7, "a\\b"])
def test_an_index_stays_in_its_folder(folder: Path, file: Any) -> None:
    (folder / weights.SINGLE).unlink()
    listed = {"weight_map": {"transformer.wte.weight": file}}
    (folder / weights.INDEX).write_text(json.dumps(listed))
    with pytest.raises(LabError, match="beside it"):
        weights.read(folder)


@pytest.mark.parametrize("file", ["config.json", weights.SINGLE])
def test_a_folder_that_lacks_a_file_says_which(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(LabError, match=file):
        weights.read(folder)


@pytest.mark.parametrize("content", ["{", "[]", "[" * 100_000])
def test_a_config_that_is_no_object_is_one_sentence(folder: Path, content: str) -> None:
    (folder / "config.json").write_text(content)
    with pytest.raises(LabError, match=r"config\.json"):
        weights.read(folder)
