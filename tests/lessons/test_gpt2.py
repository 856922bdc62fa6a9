"""GPT-2 and its family: counted, begun, held against transformers; weights in and out."""

from __future__ import annotations

import json
import sys
import types
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from lessons.blocks.attention import attend_fast
from lessons.blocks.cache import caches
from lessons.blocks.graphs import Fixed, Recorded
from lessons.gpt2 import hub, kinds, lesson, weights
from lessons.gpt2.accumulation import accumulate
from lessons.gpt2.build import model, padded
from lessons.gpt2.config import PRESETS
from lessons.gpt2.explore import family as family_scene
from lessons.gpt2.explore import ledger as ledger_scene
from lessons.gpt2.family import beyond, sink_softmax
from lessons.gpt2.generate import generate, stream
from lessons.gpt2.model import GPT2, SIZES, Size, attend, count, ledger
from lessons.gpt2.optimizers import fraction, optimizers
from lessons.gpt2.train import train
from zhtui.lab import LabError, Poke, Run, Sampling, Spot
from zhtui.lesson import catalog
from zhtui.work import client, drive

TINY = replace(PRESETS["tiny"], data="python")
SMALL = Size(n_layer=2, n_head=4, n_embd=32, block_size=16, vocab=128)
GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
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
        # a target's logit varies by 0.55: of 512 tokens the mean scatters by 0.025
        loss = GPT2(SIZES["124M"]).loss(ids(50257, 1, 512), ids(50257, 1, 512, seed=4))
    assert float(loss) == pytest.approx(10.95, abs=0.1)


@pytest.mark.parametrize(("T", "S"), [(5, 5), (1, 5), (3, 5)])
def test_the_fast_form_is_the_taught_one(T: int, S: int) -> None:
    q, k, v = torch.randn(2, 3, T, 8), torch.randn(2, 3, S, 8), torch.randn(2, 3, S, 8)
    assert torch.allclose(attend(q, k, v), attend_fast(q, k, v, 8**-0.5), atol=1e-6)


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


def test_the_end_of_a_text_is_the_vocabularys_and_no_row_of_padding(tmp_path: Path) -> None:
    hub = pytest.importorskip("transformers", reason="transformers is not installed")
    wide = replace(SMALL, vocab=padded(50257, 128))
    for end in (50256, None):
        (tmp_path / "config.json").write_text(json.dumps(kinds.config_of(wide, end)))
        config = hub.GPT2Config.from_pretrained(tmp_path)
        assert config.eos_token_id == config.bos_token_id == end


@pytest.mark.parametrize(("before", "after"), [(1 << 30, 20_000), (20_000, 1 << 30)])
def test_what_is_written_over_another_model_is_what_is_read(
    before: int, after: int, tmp_path: Path
) -> None:
    old, new = fresh(), fresh(spread=0.1)
    (tmp_path / "notes").write_text("mine")
    weights.write(old, kinds.config_of(SMALL), tmp_path, shard=before)
    weights.write(new, kinds.config_of(SMALL), tmp_path, shard=after)
    got = weights.read(tmp_path).model.state_dict()
    assert torch.equal(got["tokens.weight"], new.tokens.weight)
    assert (tmp_path / weights.INDEX).exists() == (after < 1 << 20)
    assert (tmp_path / weights.SINGLE).exists() == (after > 1 << 20)
    assert (tmp_path / "notes").read_text() == "mine"


def test_a_link_to_an_older_model_is_not_removed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    weights.write(fresh(), kinds.config_of(SMALL), kept)
    (tmp_path / weights.SINGLE).symlink_to(kept / weights.SINGLE)
    with pytest.raises(LabError, match="choose another folder"):
        weights.write(fresh(), kinds.config_of(SMALL), tmp_path, shard=20_000)
    assert not list(tmp_path.glob("model-*"))
    assert (kept / weights.SINGLE).is_file()


def tensors(folder: Path) -> dict[str, bytes]:
    """All numbers of a folder's files, as bytes."""
    from safetensors.torch import load_file

    files = [load_file(path) for path in folder.glob("*.safetensors")]
    return {name: t.numpy().tobytes() for file in files for name, t in file.items()}


def test_transformers_reads_what_is_written(tmp_path: Path) -> None:
    hub = pytest.importorskip("transformers", reason="transformers is not installed")
    gpt = fresh()
    weights.write(gpt, kinds.config_of(SMALL), tmp_path, shard=20_000)
    other = hub.GPT2LMHeadModel.from_pretrained(tmp_path).eval()
    assert torch.allclose(other(ids()).logits, gpt(ids()), atol=1e-4)


@pytest.mark.parametrize("kind", ["linear", "dynamic"])
@pytest.mark.parametrize("called", ["type", "rope_type"])
def test_a_stretch_that_is_not_built_is_refused_whatever_a_file_calls_it(
    kind: str, called: str
) -> None:
    config = {"hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 1}
    config |= {"vocab_size": 50, "intermediate_size": 64}
    with pytest.raises(LabError, match=f"rope_type='{kind}', which is not built here"):
        kinds.llama({**config, "rope_scaling": {called: kind, "factor": 4.0}})
    assert kinds.llama({**config, "rope_scaling": {called: "default"}})


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


def test_a_full_disk_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(weights, "save_file", full)
    with pytest.raises(LabError, match="No space left") as caught:
        weights.write(fresh(), kinds.config_of(SMALL), tmp_path / "to")
    assert "choose another" in str(caught.value)

    there = types.SimpleNamespace(snapshot_download=full)
    monkeypatch.setenv("ZHTUI_OFFLINE", "0")
    monkeypatch.setitem(sys.modules, "huggingface_hub", there)
    with pytest.raises(LabError, match="No space left"):
        hub.place("owner/name")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_without_a_gpu_a_run_on_one_is_refused(tmp_path: Path) -> None:
    run = client.create(
        tmp_path, catalog.one("gpt2"), preset="tiny", knobs=("data=python",), where="cpu"
    )
    card = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps(card | {"device": "cuda"}))
    assert drive.work(run) == 1
    assert "--device" in run.status().error


# Training


def test_parts_of_a_batch_make_the_gradient_of_the_whole() -> None:
    model, batch = fresh(spread=0.02), ids(B=12, T=17)

    def taken(k: int, divided: bool = True) -> tuple[float, torch.Tensor]:
        model.zero_grad()
        loss = accumulate(model.loss, batch, k, divided)
        return float(loss), torch.cat([w.grad.flatten() for w in model.parameters()])  # type: ignore

    loss, whole = taken(1)
    plain = model.loss(batch[:, :-1], batch[:, 1:])
    assert loss == pytest.approx(float(plain.detach()), abs=1e-6)
    for k in (2, 4, 12):
        parts, added = taken(k)
        assert parts == pytest.approx(loss, abs=1e-6)
        assert float(added.norm()) == pytest.approx(float(whole.norm()), abs=1e-6)
        assert torch.allclose(added, whole, atol=1e-6)
    wrong = taken(4, divided=False)
    assert float(wrong[1].norm()) == pytest.approx(4 * float(whole.norm()), rel=1e-5)


def rows(**changes: Any) -> list[dict[str, float]]:
    run = Run(replace(TINY, **changes))
    return [{key: float(value) for key, value in row.items()} for row in train(run)]


def test_a_run_with_parts_is_the_run_without_and_the_mistake_shows_in_the_gradient() -> None:
    parts = rows(steps=3, accumulation=4, batch_size=2, precision="fp32")
    whole = rows(steps=3, accumulation=1, batch_size=8, precision="fp32")
    wrong = rows(steps=3, accumulation=4, batch_size=2, precision="fp32", mistake="undivided")
    for name in ("loss", "grad_norm"):
        assert parts[0][name] == pytest.approx(whole[0][name], rel=1e-6)
        for a, b in zip(parts, whole, strict=True):  # each update adds float32's own rounding
            assert a[name] == pytest.approx(b[name], rel=1e-5)
    assert wrong[0]["grad_norm"] == pytest.approx(4 * parts[0]["grad_norm"], rel=1e-4)
    assert wrong[-1]["loss"] == pytest.approx(parts[-1]["loss"], abs=1e-3), "Adam hides it"


def test_the_references_of_a_tiny_run_hold() -> None:
    last = rows()[-1]
    tiny = [one for one in lesson.references if one.preset == "tiny"]
    assert len(tiny) == 5
    for one in tiny:
        assert last[one.metric] == pytest.approx(one.value, abs=one.tolerance)


def test_muon_takes_the_matrices_in_blocks_and_learns() -> None:
    made = optimizers(GPT2(SMALL), replace(TINY, optimizer="muon"))
    held = {n: sum(len(g["params"]) for g in o.param_groups) for n, o in made.items()}
    assert held == {"muon": 8, "optimizer": 2 + 8 + 4 * 2 + 2}
    assert rows(steps=20, optimizer="muon")[-1]["val"] < 0.95 * rows()[0]["loss"]


def test_the_rate_rises_falls_and_ends_where_it_should() -> None:
    config = replace(TINY, lr=1.0, min_lr=0.1, warmup=10, steps=110)
    shares = [fraction(step, config) for step in range(111)]
    assert shares[0] == pytest.approx(1 / 11)
    assert max(shares) == shares[10] == pytest.approx(1)
    assert shares[60] == pytest.approx(0.55)
    assert shares[110] == pytest.approx(0.1)
    assert padded(50257, 128) == 50304


def test_a_run_goes_on_from_a_folder_and_writes(folder: Path) -> None:
    said: list[str] = []
    run = Run(replace(TINY, weights=str(folder), tokenizer="characters", steps=2))
    run.say = said.append  # type: ignore[method-assign]
    *_, last = train(run)
    assert model(run).size == SMALL
    assert any("sha256" in line for line in said)
    assert torch.isfinite(torch.as_tensor(last["val"]))
    written = list(generate(run, "de", Sampling(tokens=40)))
    assert len(written) == 40
    again = "".join(t.text for t in generate(run, "de", Sampling(tokens=40)))
    assert again == "".join(t.text for t in written)


def test_what_it_writes_is_what_the_whole_model_says() -> None:
    gpt, x = fresh(), ids(B=1, T=24)[0]
    after = stream(gpt, x[:5])
    next(after)
    for place in range(5, 15):
        logits = after.send(x[place : place + 1])
        assert torch.allclose(logits, gpt(x[None, : place + 1])[0, -1], atol=1e-4)
    for place in range(15, 24):  # the context is full, and begins afresh from its younger half
        logits = after.send(x[place : place + 1])
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize(
    ("kind", "device"), [(Fixed, "cpu"), pytest.param(Recorded, "cuda", marks=GPU)]
)
def test_a_position_in_shapes_that_stay_is_the_same(kind: type[Fixed], device: str) -> None:
    gpt, x = fresh().to(device), ids(B=1, T=40)[0].to(device)
    plain, fixed = stream(gpt, x[:5]), stream(gpt, x[:5], kind(gpt.after))
    for token in (None, *x[5:].split(1)):
        torch.testing.assert_close(fixed.send(token), plain.send(token), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_head": 3}, "n_head"),
        ({"weights": "nowhere at all"}, "is not a folder"),
        ({"weights": "owner/name"}, "config.json"),
        ({"tokenizer": "missing.tiktoken"}, "tokenizer"),
        ({"block_size": 1_000_000}, "block_size"),
    ],
)
def test_knobs_that_do_not_fit_are_one_sentence(
    changes: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHTUI_OFFLINE", "1")
    with pytest.raises(LabError, match=words):
        next(train(Run(replace(TINY, **changes))))


def test_without_huggingface_hub_or_a_network_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHTUI_OFFLINE", "0")
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(LabError, match="not installed"):
        hub.place("owner/name")

    def dead(*_: Any, **__: Any) -> str:
        raise OSError("connection reset")

    there = types.SimpleNamespace(snapshot_download=dead)
    monkeypatch.setitem(sys.modules, "huggingface_hub", there)
    with pytest.raises(LabError, match="connection reset"):
        hub.place("owner/name")


def test_a_llama_is_no_gpt2_to_go_on_from(tmp_path: Path) -> None:
    theirs("llama").save_pretrained(tmp_path)  # type: ignore[operator]
    with pytest.raises(LabError, match="llama"):
        next(train(Run(replace(TINY, weights=str(tmp_path), tokenizer="characters"))))


def test_more_characters_than_rows_or_a_longer_context_is_one_sentence(tmp_path: Path) -> None:
    narrow = Size(1, 2, 8, 16, vocab=5)
    weights.write(GPT2(narrow), kinds.config_of(narrow), tmp_path)
    with pytest.raises(LabError, match="5 rows"):
        next(train(Run(replace(TINY, weights=str(tmp_path), tokenizer="characters"))))


# What is explored


def test_the_ledger_sums_to_what_is_published_and_its_mistakes_show() -> None:
    def total(mistake: str = "none") -> int:
        *_, last = ledger_scene.explore(None, ledger_scene.Ask(mistake=mistake), Poke())
        return int(last.keep["totals"]["124M"])

    assert total() == 124_439_808
    assert total("twice") == 163_037_184
    assert total() - total("no-biases") == 121_344


@pytest.mark.parametrize(("place", "moves"), [(2, {1}), (3, {0})])
def test_more_places_or_tokens_cost_rows_of_one_table(place: int, moves: set[int]) -> None:
    ask, spot = ledger_scene.Ask(), Spot("shape", place)
    before = list(ledger_scene.explore(None, ask, Poke()))[6]
    after = list(ledger_scene.explore(None, ask, Poke(spot, 3000)))[6]
    kept = ledger_scene.still(spot)["ledger"]
    rows_of = [frame.shown()["ledger"].rows for frame in (before, after)]  # type: ignore
    moved = {i for i, (a, b) in enumerate(zip(*rows_of, strict=True)) if a != b}
    assert moved == moves
    assert all(kept[i].all() for i in range(6) if i not in moves | {5})


def test_every_cell_of_both_scenes_can_be_asked() -> None:
    for scene in (ledger_scene, family_scene):
        for frame in scene.explore(None, scene.Ask(), Poke()):
            for name, view in frame.shown().items():
                for row in range(len(getattr(view, "rows", getattr(view, "values", ())))):
                    assert scene.point(scene.Ask(), frame, Spot(name, row))


def test_a_shape_of_nothing_is_one_sentence() -> None:
    with pytest.raises(LabError, match="shape"):
        next(ledger_scene.explore(None, ledger_scene.Ask(), Poke(Spot("shape", 0), 0.0)))


def test_gpt_3_by_the_formula_and_its_two_misprints() -> None:
    three = {printed.name: printed for printed in family_scene.GPT3}
    wrong = [name for name, p in three.items() if p.H * p.D != p.C]
    assert wrong == ["XL", "13B"]
    cells = family_scene.column(three["175B"])
    assert cells[2] == "174.6B"


def test_your_own_model_is_a_column() -> None:
    run = Run(TINY)
    *_, last = family_scene.explore(run, family_scene.Ask(), Poke())
    table = last.shown()["family"]
    own = f"{count(model(run)):,}"
    assert table.rows[0][-1] == [(own, "yours")]  # type: ignore[union-attr]
    assert table.rows[0][1:-1][-1] == "not published"  # type: ignore[union-attr]
