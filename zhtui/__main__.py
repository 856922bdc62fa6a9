"""`zhtui` and `python -m zhtui`: the lab with no word, a command with one."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Opens the lab without paying for the command line's parser (80 ms), or runs a command."""
    if len(sys.argv) == 1 and "_ZHTUI_COMPLETE" not in os.environ:
        sys.exit(_lab())
    from zhtui.cli import app  # deferred: Typer and rich

    app.main()


def _lab() -> int:
    gc.disable()  # until the first frame: what is imported stays, and would be walked in vain
    from zhtui.errors import LabError
    from zhtui.runs import store
    from zhtui.say import complain
    from zhtui.tui.app import open_lab  # deferred: textual, 150 ms, only where there is a screen

    try:
        return open_lab(store.root())
    except LabError as error:
        complain(f"zhtui: {error}")
        return 2


if __name__ == "__main__":
    main()
