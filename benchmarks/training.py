"""How long a step of training takes and what memory it needs, for each generator and task."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.conditions import environment, machine

CASES = {
    "paired, unet, width 32": ("paired", "unet", 32),
    "paired, ganilla, width 32": ("paired", "ganilla", 32),
    "paired, resnet_9blocks, width 32": ("paired", "resnet_9blocks", 32),
    "cyclegan, ganilla, width 32": ("cyclegan", "ganilla", 32),
    "cyclegan, ganilla, width 64": ("cyclegan", "ganilla", 64),
}
CROP_PX = 128
BATCH = 8
WARM_UP = 2
"""Steps of each process that do not count."""
STEPS = 5


@click.command()
@click.option("--rounds", default=3, show_default=True, help="Of all cases, one after the other.")
@click.option("--threads", default=4, show_default=True)
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True)
@click.option("--case", "case", type=click.Choice(list(CASES)), hidden=True)
def main(rounds: int, threads: int, device: str, case: str | None) -> None:
    """Measure steps on random pictures, so that nothing waits for tissue; print a table."""
    if case is not None:
        click.echo(json.dumps(_measure(case, device, threads)))
        return
    click.echo(f"{json.dumps(machine())}\n")
    found: dict[str, list[dict[str, float]]] = {name: [] for name in CASES}
    for _ in range(rounds):
        for name in CASES:
            command = [sys.executable, __file__, "--case", name, "--device", device]
            command += ["--threads", str(threads)]
            said = subprocess.check_output(command, env=environment(threads), text=True)
            found[name].append(json.loads(said))
    click.echo(f"| {BATCH} crops of {CROP_PX} px | seconds for a step | peak memory, MiB |")
    click.echo("|---|---|---|")
    for name, measured in found.items():
        seconds, mib = (statistics.median(one[key] for one in measured) for key in ("s", "mib"))
        click.echo(f"| {name} | {seconds:.2f} | {mib:.0f} |")


def _measure(case: str, device: str, threads: int) -> dict[str, float]:
    """The median of some steps in this process."""
    import torch

    from benchmarks.peak import synchronise
    from cyclegan.train.saliency import fitted
    from cyclegan.train.settings import TrainSettings
    from cyclegan.train.tasks.cyclegan import CycleGan
    from cyclegan.train.tasks.supervised import Supervised
    from cyclegan.train.team import Team

    torch.set_num_threads(threads)
    task, architecture, width = CASES[case]
    settings = TrainSettings.model_validate(
        {
            "task": task,
            "model": {
                "name": "benchmark",
                "title": "Benchmark",
                "description": "Random weights",
                "architecture": architecture,
                "width": width,
            },
            "data": {"rigs": 1},
            "epochs": 1,
            "epochs_decay": 0,
        }
    )
    team = Team(torch.device(device))
    chance = torch.Generator().manual_seed(0)
    a, b = (torch.rand(BATCH, 3, CROP_PX, CROP_PX, generator=chance) * 2 - 1 for _ in range(2))
    sample = {"a": team.moved(a), "b": team.moved(b)}
    learner: CycleGan | Supervised
    if task == "cyclegan":
        saliency = fitted("brightness", a, b, source_is_bright=True, slope=10)
        learner = CycleGan(settings, team, saliency=saliency)
    else:
        learner = Supervised(settings, team)
    took = []
    for step in range(WARM_UP + STEPS):
        began = time.perf_counter()
        learner.step([sample], step)
        synchronise(team.device)
        took.append(time.perf_counter() - began)
    if device == "cuda":
        memory = torch.cuda.max_memory_allocated() / 2**20
    else:
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    return {"s": statistics.median(took[WARM_UP:]), "mib": memory}


if __name__ == "__main__":
    main()
