"""`zhtui` and `python -m zhtui`: the lab with no word, a command with one."""

from __future__ import annotations

import gc
import os
import sys
import time


def main() -> None:
    """Opens the lab without paying for the command line's parser (80 ms), or runs a command."""
    try:  # around what is imported, too: ctrl+c comes at any moment
        if len(sys.argv) == 1 and "_ZHTUI_COMPLETE" not in os.environ:
            _lab()
        else:
            from zhtui.cli import app  # deferred: Typer and rich

            app.main()
    except KeyboardInterrupt:
        sys.exit(130)


def _lab() -> None:
    gc.disable()  # until the first frame: what is imported stays, and would be walked in vain
    from zhtui.cli.ending import orderly

    with orderly():
        from zhtui.runs import store
        from zhtui.tui.app import open_lab  # deferred: textual, 150 ms

        place, opened = store.root(), time.time()
        code = open_lab(place)
        from zhtui.cli.runs import sum_up  # deferred: Typer, which no first frame waits for

        sum_up(place, opened)
        sys.exit(code)


if __name__ == "__main__":
    main()
