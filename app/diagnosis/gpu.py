"""The NVIDIA card: whether there is one, and whether torch can use it."""

from __future__ import annotations

import subprocess
import warnings
from collections.abc import Iterator
from importlib.metadata import version

from app.diagnosis.finding import Finding, Level
from app.settings import ServeSettings

SUBJECT = "gpu"
ASK = (
    "nvidia-smi",
    "--query-gpu=name,driver_version,memory.total",
    "--format=csv,noheader,nounits",
)
PATIENCE_S = 20
"""The first question after a machine's start wakes the card, which takes seconds."""


def check_gpu(settings: ServeSettings) -> Iterator[Finding]:
    """Whether the device that the settings name can be used; no card is no fault by itself."""
    if settings.device == "cpu":
        yield Finding("ok", SUBJECT, "not asked for (device: cpu)")
        return
    cards = _cards()
    if _is_usable():
        yield Finding("ok", SUBJECT, "; ".join(cards) or "torch can use an NVIDIA card")
    elif cards:
        level: Level = "bad" if settings.device == "cuda" else "warn"
        text = f"torch {version('torch')} cannot use what is there: {'; '.join(cards)}"
        yield Finding(level, SUBJECT, text, _cure())
    elif settings.device == "cuda":
        text = "device: cuda was asked for, and the driver shows no NVIDIA card"
        cure = "See what it says: nvidia-smi. To go on without one: COLORMAPPER_DEVICE=auto"
        yield Finding("bad", SUBJECT, text, cure)
    else:
        yield Finding("ok", SUBJECT, "no NVIDIA card; networks run on the processor, slowly")


def _is_usable() -> bool:
    from cyclegan.device import choose_device  # brings torch

    with warnings.catch_warnings():
        # Torch warns of an old driver; what is found is said in our own line.
        warnings.simplefilter("ignore")
        return choose_device("auto").type == "cuda"


def _cards() -> list[str]:
    try:
        asked = subprocess.run(
            ASK, capture_output=True, text=True, timeout=PATIENCE_S, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [_described(line) for line in asked.splitlines() if line.count(",") == 2]


def _described(line: str) -> str:
    name, driver, memory = (part.strip() for part in line.split(","))
    size = f", {int(memory) / 1024:.0f} GiB" if memory.isdigit() else ""
    return f"{name}{size}, driver {driver}"


def _cure() -> str:
    if version("torch").endswith("+cpu"):
        return (
            "This torch is made for processors alone; have the ordinary one installed: "
            "rm -r .venv && env -u COLORMAPPER_TORCH_INDEX bash scripts/setup.sh requirements.txt"
        )
    return "Install a newer driver, restart the machine, and look whether it answers: nvidia-smi"
