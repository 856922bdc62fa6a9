"""Ranks that make each step together: rank 0 decides and tells, the others hear and do the same.

    with lead("lessons.gpt2.rank", asked, 4, "cpu") as team:     # rank 0
        team.tell({"do": "step"}); batch = team.first(batch)
    with follow(asked) as team:                                   # each of the others
        while word := team.hear(): ...

Between two steps the others wait for a word, so a run may pause for a day, and who asks something
of it asks rank 0 alone. When rank 0 goes, its store goes with it: then they end too.

Leaves out: more than one machine, ranks that join or leave while a run goes on.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch._C._distributed_c10d import TCPStore

from lessons.blocks.loopback import HOST, hosted
from lessons.blocks.torchrun import LOOPBACK, Launched, RankEnded, leave_with_launcher

ARRIVAL = 300.0  # seconds that all have to load torch and say that they are here
NOTICED = 20.0  # seconds in which the launcher has seen that one is gone, on a busy machine too
LOST = 60.0  # seconds after that in which rank 0 has heard of it by itself, if it ever does
LONG = timedelta(days=365)  # that a run may be paused; who waits hears at once when rank 0 is gone
END = {"do": "end"}


@dataclass
class Team:
    """Who takes part in a step; alone there is nothing to say, and nobody to wait for."""

    rank: int = 0
    size: int = 1
    device: str = "cpu"
    store: TCPStore | None = None
    words: int = 0  # told or heard so far

    def tell(self, word: Mapping[str, Any]) -> None:
        """What all do next, if this is rank 0. Every word is followed by what all compute."""
        if self.store is not None and self.rank == 0:
            self.store.set(f"word/{self.words}", json.dumps(word))
            self.store.delete_key(f"word/{self.words - 2}")  # all have done that one
            self.words += 1

    def hear(self) -> dict[str, Any]:
        """The others: the next word; empty when it is over."""
        assert self.store is not None
        key = f"word/{self.words}"
        word: dict[str, Any] = json.loads(self.store.get(key))
        self.words += 1
        return {} if word == END else word

    def first(self, tensor: Tensor) -> Tensor:
        """Rank 0's tensor, on every rank; the others give one of the same shape to fill."""
        if self.size > 1:
            dist.broadcast(tensor, 0)
        return tensor

    def mine(self, batch: Tensor) -> Tensor:
        """This rank's rows: 8 rows of 3 ranks are 3, 3 and 2."""
        return batch.tensor_split(self.size)[self.rank]

    def mean(self, value: Tensor) -> Tensor:
        """The mean over ranks, on every rank."""
        if self.size > 1:
            dist.all_reduce(value)
        return value / self.size

    def wait(self) -> None:
        """Until all are here."""
        if self.size > 1:
            dist.barrier()

    def join(self) -> None:
        """Makes torch's process group of all."""
        os.environ["GLOO_SOCKET_IFNAME"] = LOOPBACK
        backend = "nccl" if self.device.startswith("cuda") else "gloo"
        if backend == "nccl":
            torch.cuda.set_device(self.rank)
        dist.init_process_group(backend, store=self.store, rank=self.rank, world_size=self.size)


@contextmanager
def lead(module: str, asked: Mapping[str, Any], size: int, device: str) -> Iterator[Team]:
    """Rank 0, in this process; torchrun starts the others, each `python -m module ASKED`.

    Raises `RankEnded`, with the last words of a rank that has ended. On GPUs this process ends with
    them, since NCCL raises nothing: a kernel waits for the rank that is gone.
    """
    store = hosted()
    told = {**asked, "port": store.port, "size": size, "device": device}
    threads = torch.get_num_threads() if device == "cpu" else 1
    with Launched(module, json.dumps(told), size - 1, threads) as others:
        team, over = Team(0, size, device, store), threading.Event()
        if device.startswith("cuda"):
            watch = partial(_end_without, others, over, LOST)
            threading.Thread(target=watch, daemon=True, name="ranks").start()
        try:
            _await(store, size, others)
            team.join()
            yield team
        except RuntimeError as error:  # a collective whose other end is gone
            if not others.gone(NOTICED):
                raise
            raise RankEnded(f"a rank has ended: {others.why()}") from error
        finally:
            over.set()
            team.tell(END)
            if dist.is_initialized():
                dist.destroy_process_group()


def _end_without(others: Launched, over: threading.Event, patience: float) -> None:
    """Ends this process where the others have ended before it is over, and nothing was raised.

    Nothing is saved on the way out: what a collective without its other end gives is no sum.
    """
    while not others.gone():
        if over.wait(1.0):
            return
    if not over.wait(patience):
        sys.stderr.write(f"a rank has ended: {others.why()}; resume from the last checkpoint\n")
        sys.stderr.flush()
        os._exit(1)


def _await(store: TCPStore, size: int, others: Launched) -> None:
    """Returns when all have come. Raises `RankEnded`."""
    deadline = time.monotonic() + ARRIVAL
    while not store.check([f"here/{rank}" for rank in range(1, size)]):
        if others.gone():
            raise RankEnded(f"a rank has ended: {others.why()}")
        if time.monotonic() > deadline:
            raise RankEnded(f"not all {size} ranks have come within {ARRIVAL:.0f} s")
        time.sleep(0.02)


@contextmanager
def follow(asked: Mapping[str, Any]) -> Iterator[Team]:
    """One of the others, as torchrun started it: its rank is one more than the launcher's."""
    rank = int(os.environ["RANK"]) + 1
    leave_with_launcher()
    store = TCPStore(HOST, int(asked["port"]), is_master=False)
    store.set_timeout(LONG)
    cuda = str(asked["device"]).startswith("cuda")
    team = Team(rank, int(asked["size"]), f"cuda:{rank}" if cuda else "cpu", store)
    store.set(f"here/{rank}", "")
    team.join()
    yield team
    dist.destroy_process_group()
