"""Imports a module and says on a descriptor of its own whether Python lived through it:
`python -P -m zhtui.lesson.probe MODULE DESCRIPTOR`.
"""

from __future__ import annotations

import importlib
import os
import sys

from zhtui.lesson import catalog
from zhtui.lesson.vetting import SOUND


def main(module: str, descriptor: int) -> None:
    """Writes "sound", or in a few words what happened. An ordinary error is sound: it is met again
    where it can be told.
    """
    os.set_inheritable(descriptor, False)
    catalog.own_packages()
    words = SOUND
    try:
        importlib.import_module(module)
    except Exception:  # noqa: BLE001 - met again
        pass
    except SystemExit:
        pass
    except BaseException as error:  # noqa: BLE001 - what an import must not raise
        words = f"importing it raises {type(error).__name__}".encode()
    for stream in (0, 1, 2):
        try:
            os.fstat(stream)
        except OSError:
            words = b"importing it closes the standard streams"
    os.write(descriptor, words)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
