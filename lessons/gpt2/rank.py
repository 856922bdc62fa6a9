"""`python -m lessons.gpt2.rank ASKED`: one of the other ranks, which torchrun starts.

It has no run, no text and no folder: weights, averages and batches come from rank 0, and it makes
the same updates until it hears that it is over.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import Any

from lessons.blocks.team import follow
from lessons.gpt2.config import Config
from lessons.gpt2.model import GPT2, Size
from lessons.gpt2.update import Update


def main(asked: dict[str, Any]) -> None:
    """Obeys, word by word."""
    config = Config(**asked["config"])
    with follow(asked) as team:
        update = Update(GPT2(Size(**asked["model"])).to(team.device), config, team)
        if config.compile:
            update.compile_loss(config)
        update.share(config)
        while word := team.hear():
            config = replace(config, **word.get("config", {}))
            update.obey(word, config)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
