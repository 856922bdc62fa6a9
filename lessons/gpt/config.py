"""The knobs of the GPT lesson, and its presets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lessons.blocks import ranks
from zhtui.lab import DataSet, Mistake, knob

GPT2 = DataSet(
    "gpt2-tokens", ranks.GPT2.address, ranks.GPT2.sha256, ranks.GPT2.size,
    title="the vocabulary of GPT-2", filename="gpt2.tiktoken", cached=ranks.GPT2.shared,
)  # fmt: skip

RESHAPE = Mistake(
    "reshape", "the channels were cut into heads by view(B, H, T, D), without the transpose: a "
    "head's rows were no positions, so the future leaked although the mask was on",
    ("Q", "K", "O"), "model.py#Attention.split",
)  # fmt: skip
AXIS = Mistake(
    "axis", "softmax ran down the columns: the weights of a row did not sum to 1, and a column "
    "told the past how much the future looks at it",
    ("A", "O"), "model.py#attention_weights",
)  # fmt: skip
COUNTED_TWICE = Mistake(
    "twice", "the table that reads and writes was counted as two", ("ledger", "model"),
    "model.py#tied",
)  # fmt: skip
MISTAKES = (RESHAPE, AXIS, COUNTED_TWICE)

POSITIONS = ("learned", "none", "sinusoidal", "rotary", "rotary-halves", "alibi")
NORMS = ("layernorm", "rmsnorm", "rmsnorm-unscaled")
FFNS = ("mlp", "swiglu")
LOSS_AT = ("all", "last", "first")
RUNGS = ("bigram", "head", "heads", "feedforward", "blocks", "layernorm", "full", "microgpt")


@dataclass(frozen=True)
class Config:
    data: str = knob("auto", "text to learn: a data set's name, or a file")
    tokenizer: str = knob("", "a run of lesson tokenizer, gpt2 or a .tiktoken file; or characters")
    rung: str = knob("full", "how far up the ladder from bigram to GPT", choices=RUNGS)
    block_size: int = knob(64, "context, in characters or tokens", low=2)
    n_layer: int = knob(4, "blocks", low=1)
    n_head: int = knob(4, "heads a block; divides n_embd", low=1)
    n_kv_head: int = knob(0, "heads of keys and values, each shared by several; 0: none", low=0)
    n_embd: int = knob(128, "channels of the residual stream", low=1)
    positions: str = knob("learned", "how a character knows where it stands", choices=POSITIONS)
    norm: str = knob("layernorm", "what brings the stream to one size", choices=NORMS)
    norm_first: bool = knob(True, "a norm before each branch (GPT-2); off: after the sum (2017)")
    qk_norm: bool = knob(False, "queries and keys are brought to one size, too")
    ffn: str = knob("mlp", "what each position does by itself", choices=FFNS)
    experts: int = knob(0, "nets of which a router chooses, in place of one; 0: none", low=0)
    active: int = knob(1, "experts: how many each position goes through", low=1)
    aux: float = knob(0.01, "experts: weight of the loss that evens their load", low=0.0, live=True)
    scaled: bool = knob(True, "divide attention scores by the root of a head's channels")
    activation: str = knob("gelu", "ffn=mlp: the kink in it", choices=("relu", "gelu"))
    dropout: float = knob(0.0, "share of activations zeroed while training", low=0.0, high=0.95)
    bias: bool = knob(False, "biases in linear layers and norms")
    qkv_bias: bool = knob(True, "where there are biases, q, k and v have one too, as in GPT-2")
    start: float = knob(0.02, "rung full: spread of the first weights in blocks", low=0.0)
    tied: bool = knob(True, "one table for reading and writing characters")
    steps: int = knob(2000, "updates", low=1)
    batch_size: int = knob(12, "texts a batch", low=1)
    accumulation: int = knob(1, "batches whose gradients make one update", low=1)
    one_batch: bool = knob(False, "the same batch at every step: is it learned by heart?")
    loss_at: str = knob("all", "positions that count in the loss", choices=LOSS_AT)
    lr: float = knob(1e-3, "learning rate at its peak", low=0.0, live=True)
    min_lr: float = knob(1e-4, "learning rate at the end of the decay", low=0.0, live=True)
    warmup: int = knob(100, "steps to reach the peak", low=0)
    decay: bool = knob(True, "cosine decay after the warm-up; off: constant")
    beta1: float = knob(0.9, "AdamW: memory of the gradient", low=0.0, high=0.9999)
    beta2: float = knob(0.99, "AdamW: memory of its square", low=0.0, high=0.9999)
    weight_decay: float = knob(0.1, "AdamW: pull of matrices towards zero", low=0.0)
    grad_clip: float = knob(1.0, "longest gradient; 0 does not clip", low=0.0, live=True)
    eval_every: int = knob(250, "steps between evaluations", low=1)
    eval_batches: int = knob(20, "batches an evaluation averages, of train and of val", low=1)
    whole: bool = knob(False, "the last evaluation is over the whole validation text, too")
    timed: bool = knob(False, "evaluations time a step as attention is taught, and as it is used")
    precision: str = knob("auto", "matrix products in", choices=("auto", "fp32", "bf16"))
    compile: bool = knob(False, "torch.compile, where it works")
    baselines: bool = knob(True, "count n-grams first, as a line to beat")


CPU = Config()  # nanoGPT's setting for a CPU
BETTER = replace(CPU, start=0.08, positions="rotary", whole=True)
QUICK = replace(CPU, start=0.08, eval_every=100)  # 0.02 is for 768 channels, and slow at 128
TINY = replace(
    CPU, block_size=16, n_layer=2, n_head=2, n_embd=32, steps=20, batch_size=8, eval_every=10,
    eval_batches=2, warmup=5, baselines=False,
)  # fmt: skip
PAPER = replace(
    CPU, block_size=256, n_layer=6, n_head=6, n_embd=384, dropout=0.2, batch_size=64, steps=5000,
    eval_batches=200,
)  # fmt: skip
GPU = replace(
    PAPER, start=0.04, positions="rotary", dropout=0.1, steps=750, lr=3e-3, min_lr=1e-5,
    baselines=False,
)  # fmt: skip

LECTURE = replace(
    CPU, activation="relu", bias=True, qkv_bias=False, tied=False, steps=5000, warmup=0,
    decay=False, beta2=0.999, weight_decay=0.01, grad_clip=0.0, eval_every=500, eval_batches=200,
)  # fmt: skip
SMALL = replace(LECTURE, rung="layernorm", batch_size=16, block_size=32, n_embd=64)
MICROGPT = replace(  # bias, norm, activation and schedule are microgpt's own, whatever is set
    CPU, data="names", rung="microgpt", block_size=16, n_layer=1, n_head=4, n_embd=16, steps=1000,
    batch_size=1, lr=1e-2, beta1=0.85, beta2=0.99, eval_every=100, baselines=False,
)  # fmt: skip
LARGE = replace(
    LECTURE, batch_size=64, block_size=256, n_layer=6, n_head=6, n_embd=384, dropout=0.2, lr=3e-4
)
RUNG = replace(LECTURE, batch_size=32, block_size=8, n_layer=1, n_embd=32)

PRESETS = {
    "tiny": TINY,
    "quick": QUICK,
    "cpu": CPU,
    "better": BETTER,
    "paper": PAPER,
    "gpu": GPU,
    "one-batch": replace(QUICK, one_batch=True, steps=300, eval_every=50, baselines=False),
    "experts": replace(QUICK, experts=4, active=1),
    "timed": replace(
        QUICK, block_size=256, batch_size=4, steps=4, eval_every=4, eval_batches=1, timed=True,
        baselines=False,
    ),
    "microgpt": MICROGPT,
    "small": SMALL,
    "large": LARGE,
    "rung-bigram": replace(RUNG, rung="bigram", lr=1e-2, steps=3000),
    "rung-head": replace(RUNG, rung="head"),
    "rung-heads": replace(RUNG, rung="heads"),
    "rung-feedforward": replace(RUNG, rung="feedforward"),
    "rung-blocks": replace(RUNG, rung="blocks", n_layer=3),
    "rung-layernorm": replace(RUNG, rung="layernorm", n_layer=3),
}  # fmt: skip
