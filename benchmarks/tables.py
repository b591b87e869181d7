"""Markdown tables of a run's results; what they mean is in README.md beside this file."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence

from benchmarks.flops import folded_flops, network_flops
from benchmarks.results import Record, Results
from benchmarks.rivals import RIVALS

ANCHOR = "2020"
"""The rival that speeds are given against."""
CPU_ANCHOR = "monai-0.5"
"""The rival that processor time is given against."""
BYTES_PER_PIXEL = 4300
"""That a card has to move at least for GANILLA-18 with folded norms and tail in float16."""
NONE = "-"


def report(results: Results) -> str:
    """All tables that the results have figures for."""
    parts = [conditions(results)]
    parts += [rivals(results, side) for side in results.sides("rivals")]
    parts += [inside(results)] if results.of("inside") else []
    parts += [scaling(results)] if results.of("scaling") else []
    parts += [regions(results)] if results.of("region") else []
    failed = [record for record in results.records if "failed" in record]
    if failed:
        parts.append("\n".join(f"- {_name(one)}: {one['failed']}" for one in failed))
    return "\n\n".join(parts) + "\n"


def conditions(results: Results) -> str:
    """Machine, date and versions in one paragraph, and the peak that was measured."""
    said = [f"{name} {value}" for name, value in results.machine.items()]
    products = [flops for record in results.of("product") for flops in record.get("flops", [])]
    if products:
        said.append(
            f"matrix product {max(products) / 1e9:.0f} GFLOP/s at best, "
            f"{statistics.median(products) / 1e9:.0f} in the median"
        )
    return "; ".join(said) + "."


def rivals(results: Results, side: int) -> str:
    """Time, memory and error of each rival at one size."""
    rows = []
    anchor = _median(_measured(results, side, ANCHOR), "seconds")
    cpu_anchor = _median(_measured(results, side, CPU_ANCHOR), "cpu_s")
    for case in results.cases("rivals"):
        records = _measured(results, side, case)
        if records:
            rows.append(_rival(results, records, anchor=anchor, cpu_anchor=cpu_anchor))
    rounds = max(
        (len(_measured(results, side, case)) for case in results.cases("rivals")), default=0
    )
    head = [
        f"{side} x {side} px, {rounds} rounds",
        "end to end, s: median (least)",
        "Mpx/s",
        f"x {RIVALS[ANCHOR].title}",
        "inference alone, s",
        "the rest, %",
        "processor, s",
        f"of {RIVALS[CPU_ANCHOR].title}",
        "memory, MiB",
        "above the model",
        "with children",
        "error: mean",
        "p99",
        "max",
        "over 2, %",
    ]
    return _table(head, rows)


def _rival(
    results: Results, records: list[Record], *, anchor: float | None, cpu_anchor: float | None
) -> list[str]:
    seconds, inference, cpu = (
        statistics.median(record[key] for record in records)
        for key in ("seconds", "inference_s", "cpu_s")
    )
    case, side = records[0]["case"], records[0]["side"]
    errors = results.of("difference", case=case, side=side)
    return [
        RIVALS[case].title,
        f"{seconds:.1f} ({min(record['seconds'] for record in records):.1f})",
        f"{side**2 / seconds / 1e6:.3f}",
        f"{anchor / seconds:.2f}" if anchor else NONE,
        f"{inference:.1f}",
        f"{100 * (1 - inference / seconds):.1f}",
        f"{cpu:.1f}",
        f"{cpu / cpu_anchor:.2f}" if cpu_anchor else NONE,
        _mebi(records, lambda record: record["peak_bytes"]),
        _mebi(records, lambda record: record["peak_bytes"] - record["before_bytes"]),
        _mebi(records, lambda record: record["tree_bytes"]),
        *(_error(errors[-1]) if errors else [NONE] * 4),
    ]


def _error(record: Record) -> list[str]:
    if "failed" in record:
        return [NONE] * 4
    share = 100 * record["noticeable"]
    return [f"{record['mean']:.3f}", str(record["p99"]), str(record["max"]), f"{share:.2f}"]


def inside(results: Results) -> str:
    """Arithmetic per second inside the network, as a share of what the machine can do."""
    ceiling = _ceiling(results)
    head = ["inside the network", "runtime", "px at once", "GFLOP/Mpx", "Mpx/s: median (best)"]
    head += ["GFLOP/s", "matrix product", "share, %"] + ["of the ceiling, %"] * bool(ceiling)
    records = [record for record in results.of("inside") if "failed" not in record]
    return _table(head, [_inside(record, ceiling) for record in records])


def _inside(record: Record, ceiling: float | None) -> list[str]:
    flop = flops_per_pixel(record["record"])
    speeds = [record["pixels"] / seconds for seconds in record["seconds"]]
    shares = [flop * speed / most for speed, most in zip(speeds, record["flops"], strict=True)]
    speed = statistics.median(speeds)
    row = [
        RIVALS[record["case"]].title,
        str(record["record"].get("runtime", "torch")),
        f"{record['pixels'] / 1e6:.2f} M",
        f"{flop / 1e3:.1f}",
        f"{speed / 1e6:.3f} ({max(speeds) / 1e6:.3f})",
        f"{flop * speed / 1e9:.0f}",
        f"{statistics.median(record['flops']) / 1e9:.0f}",
        f"{100 * statistics.median(shares):.0f}",
    ]
    return row + ([f"{100 * speed / ceiling:.0f}"] if ceiling else [])


def flops_per_pixel(record: Record) -> float:
    """What our network does for one pixel, by how an engine says it was run."""
    return network_flops() if record.get("statistics") == "tile" else folded_flops()


def _ceiling(results: Results) -> float | None:
    """Pixels per second that a card could have: its arithmetic or its memory, what ends first."""
    cards = [record for record in results.of("product") if "copied_bytes" in record]
    if not cards:
        return None
    flops = max(flops for record in cards for flops in record["flops"])
    copied = max(speed for record in cards for speed in record["copied_bytes"])
    return float(min(flops / folded_flops(), copied / BYTES_PER_PIXEL))


def scaling(results: Results) -> str:
    """Speed and memory of each case against the size of the image."""
    head = ["size", "case", "end to end, s", "Mpx/s", "the rest, %", "memory, MiB"]
    head += ["above the model", "x of the smallest", "with children"]
    rows = []
    for case in results.cases("scaling"):
        records = list(measured(results, case))
        for record in records:
            side = record["side"]
            rows.append(
                [
                    f"{side} x {side}",
                    RIVALS[case].title,
                    f"{record['seconds']:.1f}",
                    f"{side**2 / record['seconds'] / 1e6:.3f}",
                    f"{100 * (1 - record['inference_s'] / record['seconds']):.1f}",
                    _mebi([record], lambda one: one["peak_bytes"]),
                    _mebi([record], lambda one: one["peak_bytes"] - one["before_bytes"]),
                    f"{record['peak_bytes'] / records[0]['peak_bytes']:.2f}",
                    _mebi([record], lambda one: one["tree_bytes"]),
                ]
            )
    return _table(head, rows)


def regions(results: Results) -> str:
    """Speed and memory of a region of a slide that is far larger."""
    head = ["slide", "region", "case", "end to end, s", "Mpx/s", "memory, MiB", "with children"]
    rows = [
        [
            f"{record['side']} x {record['side']}",
            f"{record['height']} x {record['height']}",
            RIVALS[record["case"]].title,
            f"{record['seconds']:.1f}",
            f"{record['height'] ** 2 / record['seconds'] / 1e6:.3f}",
            _mebi([record], lambda one: one["peak_bytes"]),
            _mebi([record], lambda one: one["tree_bytes"]),
        ]
        for record in results.of("region")
        if "failed" not in record
    ]
    return _table(head, rows)


def measured(results: Results, case: str) -> Iterator[Record]:
    """The scaling record of each size that a case went through, the smallest first."""
    for side in results.sides("scaling"):
        found = [one for one in results.of("scaling", case=case, side=side) if "failed" not in one]
        yield from sorted(found, key=lambda record: record["seconds"])[:1]


def _measured(results: Results, side: int, case: str) -> list[Record]:
    found = results.of("rivals", side=side, case=case)
    return [record for record in found if "failed" not in record]


def _median(records: list[Record], key: str) -> float | None:
    return statistics.median(record[key] for record in records) if records else None


def _mebi(records: list[Record], bytes_of: Callable[[Record], float]) -> str:
    return f"{max(bytes_of(record) for record in records) / 2**20:.0f}"


def _name(record: Record) -> str:
    return f"{record['part']}, {record['case']}, {record['side']} x {record['side']} px"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
