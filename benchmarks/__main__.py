"""Runs every benchmark in its own process, one after the other: `python -m benchmarks [NAME …]`.

`--peer DIR` is a folder that holds checkouts of the peers by name (nanoGPT, micrograd, minbpe); a
benchmark whose peer is not there says so and measures the rest.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

PEERS = {
    "train_gpt": "nanoGPT",
    "train_gpt2": "build-nanogpt",
    "reach_gpt": "nanoGPT",
    "generate_gpt": "nanoGPT",
    "micrograd": "micrograd",
    "tokenizer": "minbpe",
}


def main() -> int:
    here = Path(__file__).parent
    known = sorted(path.stem for path in here.glob("[a-z]*.py"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    parser.add_argument("--peer", type=Path, help="folder with the peers' checkouts")
    options = parser.parse_args()
    failed = 0
    for name in options.names or known:
        command = [sys.executable, "-m", f"benchmarks.{name}"]
        if options.peer and name in PEERS:
            command += ["--peer", str(options.peer / PEERS[name])]
        print(f"── {name}", flush=True)
        failed += subprocess.run(command, cwd=here.parent, check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
