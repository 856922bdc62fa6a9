"""The knobs of the lesson, its presets, and the mistakes that it can switch on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lessons.blocks import ranks
from zhtui.lab import DataSet, Mistake, knob, mistakes

RANKS = DataSet(
    "gpt2-tokens", ranks.GPT2.address, ranks.GPT2.sha256, ranks.GPT2.size,
    title="the vocabulary of GPT-2", filename="gpt2.tiktoken", cached=ranks.GPT2.shared,
)  # fmt: skip

# What models are scored on; the hashes are those that others have published for the same files.
HELLASWAG = DataSet(
    "hellaswag", "https://raw.githubusercontent.com/rowanz/hellaswag/master/data/hellaswag_val.jsonl",
    "0aa3b88843990f3f10a97b9575c94d7b71fb2205240ba04ae4884d9e9c992588", 12_246_618,
    title="HellaSwag's validation items", licence="MIT, Zellers et al. 2019",
)  # fmt: skip
LAMBADA = DataSet(
    "lambada", "https://openaipublic.blob.core.windows.net/gpt-2/data/lambada_test.jsonl",
    "4aa8d02cd17c719165fc8a7887fddd641f43fcafa4b1c806ca8abc31fabdb226", 1_819_752,
    title="LAMBADA as OpenAI tests it", licence="Paperno et al. 2016, OpenAI's copy",
)  # fmt: skip

COUNTED_TWICE = Mistake(
    "twice", "the table that reads and writes was counted as two: 163,037,184 weights, where the "
    "model has 124,439,808", ("ledger", "shares"), "model.py#ledger",
)  # fmt: skip
NO_BIASES = Mistake(
    "no-biases", "the closed form 12 C² a layer was taken for the whole: biases and norms were "
    "forgotten, and the count ends 121,344 short", ("ledger",), "model.py#ledger",
)  # fmt: skip
UNDIVIDED = Mistake(
    "undivided", "each micro-batch's mean loss was added up without dividing by their number: the "
    "gradient was k times too long, which Adam and clipping hid", ("grad_norm",),
    "accumulation.py#accumulate",
)  # fmt: skip
MISTAKES = (COUNTED_TWICE, NO_BIASES, UNDIVIDED)


@dataclass(frozen=True)
class Config:
    data: str = knob("auto", "text to learn: a data set's name, or a file")
    weights: str = knob("random", "a folder in Hugging Face's form, or OWNER/NAME; random: begin")
    tokenizer: str = knob("auto", "auto, characters, gpt2, or a .tiktoken file")
    vocab: int = knob(0, "rows of the table, at least; 0: as many as there are tokens", low=0)
    multiple: int = knob(1, "the table is padded to a multiple of this; 128: 50,304", low=1)
    block_size: int = knob(1024, "context in tokens", low=2)
    n_layer: int = knob(12, "blocks", low=1, high=1000)
    n_head: int = knob(12, "heads a block; divides n_embd", low=1)
    n_embd: int = knob(768, "channels of the residual stream", low=1)
    steps: int = knob(19073, "updates", low=1)
    batch_size: int = knob(16, "texts a micro-batch", low=1)
    accumulation: int = knob(32, "micro-batches whose gradients make one update", low=1)
    lr: float = knob(6e-4, "learning rate at its peak", low=0.0, live=True)
    min_lr: float = knob(6e-5, "learning rate at the end of the cosine", low=0.0, live=True)
    warmup: int = knob(715, "steps to reach the peak", low=0)
    optimizer: str = knob("adamw", "muon: for matrices in blocks", choices=("adamw", "muon"))
    muon_lr: float = knob(0.02, "Muon's rate at its peak", low=0.0, live=True)
    beta2: float = knob(0.95, "AdamW: memory of the gradient's square", low=0.0, high=0.9999)
    weight_decay: float = knob(0.1, "pull of matrices towards zero", low=0.0)
    grad_clip: float = knob(1.0, "longest gradient; 0 does not clip", low=0.0, live=True)
    precision: str = knob(
        "auto", "matrix products in; tf32 on a GPU only", choices=("auto", "fp32", "tf32", "bf16")
    )
    compile: bool = knob(False, "torch.compile, where it works")
    fused: bool = knob(True, "AdamW in one kernel")
    eval_every: int = knob(250, "steps between evaluations", low=1)
    eval_batches: int = knob(20, "batches an evaluation averages", low=1)
    alarm: float = knob(
        0.0, "deviations above the mean at which a loss is undone; 0: none", low=0.0, high=100.0
    )
    minutes: float = knob(0.0, "ends after so many of training; 0: after `steps`", low=0.0)
    ranks: int = knob(0, "processes that share a step; 0: this one", low=0, high=64, resumes=True)
    sharding: str = knob(
        "ddp", "a rank has all weights (ddp), or its part of them (fsdp)",
        choices=("ddp", "fsdp"), resumes=True,
    )  # fmt: skip
    mistake: str = mistakes((UNDIVIDED,))


# GPT-3's settings for this size (Brown 2020, table 2.1): 524,288 tokens a step, 10 B in all.
PAPER = Config(tokenizer="gpt2", multiple=128, precision="bf16", compile=True)
QUICK = replace(
    PAPER, tokenizer="characters", multiple=1, block_size=64, n_layer=4, n_head=4, n_embd=96,
    steps=300, batch_size=6, accumulation=2, lr=3e-3, min_lr=3e-4, warmup=20, precision="auto",
    compile=False, eval_every=100,
)  # fmt: skip
TINY = replace(
    QUICK, block_size=16, n_layer=2, n_head=2, n_embd=32, steps=12, batch_size=4, warmup=2,
    eval_every=6, eval_batches=2,
)  # fmt: skip
# One block of the paper's width: its first logits vary as those of all twelve do.
FIRST = replace(
    TINY, vocab=50257, n_layer=1, n_head=12, n_embd=768, steps=1, accumulation=1, eval_every=100,
    block_size=64,
)  # fmt: skip

PRESETS = {
    "tiny": TINY,
    "quick": QUICK,
    "paper": PAPER,
    "355M": replace(PAPER, n_layer=24, n_head=16, n_embd=1024, batch_size=8, accumulation=64),
    "774M": replace(PAPER, n_layer=36, n_head=20, n_embd=1280, batch_size=4, accumulation=128),
    "1558M": replace(PAPER, n_layer=48, n_head=25, n_embd=1600, batch_size=2, accumulation=256),
    "tokens": replace(QUICK, tokenizer="auto", steps=100, block_size=32, eval_every=25),
    "muon": replace(QUICK, optimizer="muon"),
    "minutes-1": replace(QUICK, minutes=1.0, steps=10_000, eval_every=200, warmup=200),
    "minutes-5": replace(QUICK, minutes=5.0, steps=40_000, eval_every=500, warmup=500),
    "first": FIRST,
    "undivided": replace(QUICK, accumulation=8, batch_size=2, mistake="undivided"),
    "finetune": replace(
        PAPER, weights="openai-community/gpt2", multiple=1, batch_size=1, accumulation=8,
        steps=100, lr=3e-5, min_lr=3e-6, warmup=5, eval_every=20, eval_batches=4, compile=False,
        precision="auto", block_size=256,
    ),
}  # fmt: skip
