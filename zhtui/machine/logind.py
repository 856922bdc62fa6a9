"""Whether logind ends what a user leaves running."""

from __future__ import annotations

import re
from pathlib import Path


def logind_kills(root: Path = Path("/")) -> str | None:
    """What to do where logind ends a user's processes, and so a worker, at logout; else None.

    systemd's order: one logind.conf (the first of /etc, /run, /usr/lib), then the drop-ins by file
    name. A commented line in the main file shows what the system was built with.
    """
    if not (root / "run/systemd/system").is_dir():
        return None
    folders = [root / folder / "systemd" for folder in ("etc", "run", "usr/local/lib", "usr/lib")]
    mains = [folder / "logind.conf" for folder in folders]
    drop_ins: dict[str, Path] = {}
    for folder in folders:
        for path in folder.glob("logind.conf.d/*.conf"):
            drop_ins.setdefault(path.name, path)
    main = next((path for path in mains if path.is_file()), None)
    setting = _kill_setting(main, r"^\s*#?\s*") if main else ""
    for name in sorted(drop_ins):
        setting = _kill_setting(drop_ins[name], r"^\s*") or setting
    if setting.lower() not in ("yes", "true", "on", "1"):
        return None
    return (
        "systemd ends a user's processes at logout here (KillUserProcesses=yes): run `loginctl "
        "enable-linger` once, then start the lab by `systemd-run --user --scope zhtui`"
    )


def _kill_setting(path: Path, start: str) -> str:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = re.findall(start + r"KillUserProcesses\s*=\s*(\w+)", text, re.MULTILINE)
    return found[-1] if found else ""
