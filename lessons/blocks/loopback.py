"""Where the processes of a run meet: at this machine's own address, which no other one reaches.

    store = hosted()                                       # whoever asks the others
    python -m lessons.blocks.loopback --nproc-per-node=3 -m lessons.gpt2.rank ASKED     # torchrun

A store of torch's listens to the whole network, whatever host it is given, and torchrun unpickles
what it finds in its own: who reached that port could run code here. With all processes on one
machine the launcher has nobody to meet, so here its store is a dictionary.

Leaves out: other machines; `torchrun --nnodes` starts those, in a network that is trusted.
"""

from __future__ import annotations

import socket
import sys
from datetime import timedelta

from torch._C._distributed_c10d import HashStore, TCPStore
from torch.distributed import run
from torch.distributed.elastic.rendezvous import (
    RendezvousHandler,
    RendezvousInfo,
    RendezvousParameters,
    RendezvousStoreInfo,
    rendezvous_handler_registry,
)

HOST = "127.0.0.1"
USUAL = timedelta(minutes=5)  # until what is asked for is there


def hosted(limit: timedelta = USUAL) -> TCPStore:
    """A store that others on this machine open by its port."""
    listener = socket.create_server((HOST, 0))
    port = listener.getsockname()[1]
    return TCPStore(
        HOST, port, is_master=True, wait_for_workers=False, timeout=limit,
        master_listen_fd=listener.detach(),
    )  # fmt: skip


class Here(RendezvousHandler):
    """The meeting of one launcher with itself."""

    def __init__(self, asked: RendezvousParameters) -> None:
        self.run, self.closed = asked.run_id, False

    def get_backend(self) -> str:
        return "here"

    def next_rendezvous(self) -> RendezvousInfo:
        return RendezvousInfo(HashStore(), 0, 1, RendezvousStoreInfo(HOST, 0))

    def is_closed(self) -> bool:
        return self.closed

    def set_closed(self) -> None:
        self.closed = True

    def num_nodes_waiting(self) -> int:
        return 0

    def get_run_id(self) -> str:
        return str(self.run)

    def shutdown(self) -> bool:
        self.closed = True
        return True


if __name__ == "__main__":
    rendezvous_handler_registry.register("here", Here)
    run.main(["--nnodes=1", "--rdzv-backend=here", *sys.argv[1:]])
