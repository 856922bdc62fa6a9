"""Lesson 15: the real GPT-2, its weights in and out, and its family."""

from __future__ import annotations

from lessons.gpt2.config import HELLASWAG, LAMBADA, MISTAKES, PRESETS, RANKS, Config
from zhtui.lab import Cell, Lesson, Question, Reference

RELEASED = "Radford et al. 2019 (GPT-2), the released weights"
NANOGPT = "build-nanogpt, first loss at 50,257 tokens"


def counted(name: str, published: float, tolerance: float) -> Reference:
    """How many weights a released size has."""
    return Reference(
        f"weights_{name}", published, tolerance, f"parameters, {name}", RELEASED, preset="tiny",
        line=False,
    )  # fmt: skip


lesson = Lesson(
    number=15,
    title="gpt2",
    summary="the real one: where are its weights, and how was it trained?",
    part="attention",
    config=Config,
    data=(RANKS, HELLASWAG, LAMBADA),
    commands=("gpt2",),
    presets=PRESETS,
    figure="val",
    unit="nats",
    noisy=("loss", "grad_norm"),
    charts={
        "loss": ("loss", "val"),
        "bits a byte": ("bits_per_byte",),
        "gradient": ("grad_norm",),
        "rate": ("lr",),
    },
    scenes=("ledger", "family", "variations", "ladder"),
    subjects=("gpt2",),
    mistakes=MISTAKES,
    references=(
        counted("124M", 124_439_808, 0),
        counted("355M", 354.8e6, 0.05e6),
        counted("774M", 774.0e6, 0.05e6),
        counted("1558M", 1557.6e6, 0.05e6),
        Reference(
            "weights_untied", 163_037_184, 0, "parameters, the head counted twice", RELEASED,
            preset="tiny", line=False,
        ),
        Reference(
            "loss", 10.95, 0.1, "first loss", NANOGPT, preset="first", at="first", line=False
        ),
    ),
    questions=(
        Question(
            ask="How is GPT-2 judged before it has learned anything?",
            predict="50,257 tokens, and weights that begin small. What is the first loss?",
            metric="loss", at="first", preset="first", known={"ln 50,257": 10.825},
            data="shakespeare", see="10.97.",
            say="An even guess costs ln V. The first logits vary by 0.02² · 768 = 0.31, and half "
            "of that comes on top. A first loss far above says that something is wrong.",
        ),
        Question(
            ask="What if the micro-batches' losses are added and not averaged?",
            predict="Eight micro-batches make a step. Averaged, the first gradient is 4.13 long. "
            "How long is it where the division by eight was forgotten?",
            metric="grad_norm", at="first", preset="undivided", knobs={"steps": 5},
            data="shakespeare", known={"averaged": 4.126},
            see="33.01, eight times as long; after five steps the loss is 3.8073 either way.",
            say="The mean over k · b texts is the mean of k means. Adam divides a gradient by its "
            "own size, and clipping cuts it, so that the loss curve hardly tells.",
        ),
        Question(
            ask="Is a batch in eight parts another batch?",
            predict="Sixteen texts a step, as eight parts of two, end five steps at the loss that "
            "is told. And all sixteen at once?",
            metric="loss", preset="undivided",
            knobs={"steps": 5, "mistake": "none", "accumulation": 1, "batch_size": 16},
            data="shakespeare", known={"eight parts of two": 3.8073},
            see="3.8073: one loss, and one gradient, to six digits.",
            say="Gradients add. A GPU too small for half a million tokens takes them in parts, and "
            "makes the same update.",
        ),
        Question(
            ask="How is GPT-2 evaluated?",
            predict="Its loss on Shakespeare that it never learned from is 3.7036 nats a "
            "character, each of them a byte. How many bits is that a byte?",
            metric="bits_per_byte", preset="tiny", data="shakespeare",
            known={"nats a character": 3.7036}, see="5.3431.",
            say="A nat is 1 / ln 2 = 1.4427 bits. A token that stands for four bytes may cost four "
            "times the nats: losses compare within a vocabulary, bits a byte between all. Tasks "
            "as HellaSwag come on top, with their scorer: `zhtui gpt2 eval`.",
        ),
        Question(
            ask="Which variations of GPT-2 exist, and what do they save?",
            predict="GPT-2 124M: 12 layers, 12 heads with keys and values of their own. Llama 3.2 "
            "1B: 16 layers, 32 heads share 8. gpt-oss-20b: 24 layers, 64 heads share 8. A head has "
            "64 channels of two bytes. Whose token keeps the fewest bytes?",
            metric="", kind="choose", lowest=True,
            among={
                name: Cell("variations", "numbers", 2, column, frame=3)
                for column, name in enumerate(("GPT-2 124M", "Llama 3.2 1B", "gpt-oss-20b"), 1)
            },
            see="Llama's: 32,768 bytes, GPT-2's 36,864, gpt-oss's 49,152.",
            say="Ten times the weights keep less, since four heads share a key and a value. RoPE, "
            "RMSNorm and SwiGLU change what is computed; experts change how much of it is.",
        ),
        Question(
            ask="How does GPT-3 compare with it?",
            predict="GPT-2's largest has 48 layers of 1,600 channels; GPT-3 has 96 of 12,288. How "
            "many weights is that, by the same formula?",
            metric="", cell=Cell("family", "weights", 7, 0, frame=2),
            known={"GPT-2's largest": 1_557_611_200, "GPT-2's smallest": 124_439_808},
            see="174.6 billion, printed as 175.",
            say="Blocks grow with 12 L C²: twice the layers and 59 times C². Of GPT-4 neither "
            "number was published, so no formula says how large it is.",
        ),
    ),
)  # fmt: skip
