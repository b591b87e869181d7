"""A generator's source as one file, for tools that run a model package without this program."""

from __future__ import annotations

import ast
import inspect
import sys
from types import ModuleType

from cyclegan.networks import Generator
from cyclegan.networks.norm import Statistics

OURS = "cyclegan"
FILE = "generator.py"
"""Its name in a package."""

_FROZEN = '''

STATISTICS = {{
{entries}
}}
"""Mean and variance of each channel of each norm layer, as measured once for this model."""


class Frozen{network}({network}):
    """The generator with `STATISTICS` for every image: how an image is cut changes nothing."""

    def __init__(self, width: int) -> None:
        super().__init__(width)
        set_statistics(
            self,
            {{name: (torch.tensor(m), torch.tensor(v)) for name, (m, v) in STATISTICS.items()}},
        )

    def forward(self, x: Tensor) -> Tensor:
        """The translation of a batch of patches, on whatever device they are."""
        for layer in norm_layers(self).values():
            layer.statistics = tuple(values.to(x.device) for values in layer.statistics)
        return super().forward(x)
'''


def source(network: Generator, statistics: Statistics | None = None) -> tuple[str, str]:
    """The text of the file, without imports of ours, and the name of the class in it to make.

    The class takes the width of the network, the channels of its first layer.
    With statistics the network in the file has them, and is written as `Frozen` and its own name.
    """
    name = type(network).__name__
    modules = _needed(sys.modules[type(network).__module__])
    parts = ["from __future__ import annotations", *(_without_ours(module) for module in modules)]
    if statistics is not None:
        parts.append(_FROZEN.format(network=name, entries="\n".join(_entries(statistics))))
        name = f"Frozen{name}"
    return "\n\n".join(parts), name


def _needed(module: ModuleType) -> list[ModuleType]:
    """The module and those of ours that it imports from, directly or not, each after its own."""
    found: dict[str, ModuleType] = {}

    def visit(one: ModuleType) -> None:
        for node in _imports(ast.parse(inspect.getsource(one))):
            if _is_ours(node):
                visit(sys.modules[str(node.module)])
        found.setdefault(one.__name__, one)

    visit(module)
    return list(found.values())


def _without_ours(module: ModuleType) -> str:
    """The module's source less its imports of ours and from `__future__`, which come first."""
    text = inspect.getsource(module)
    lines = text.splitlines()
    for node in _imports(ast.parse(text)):
        if _is_ours(node) or node.module == "__future__":
            for number in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[number] = ""
    return "\n".join(lines).strip() + "\n"


def _imports(tree: ast.Module) -> list[ast.ImportFrom]:
    return [node for node in tree.body if isinstance(node, ast.ImportFrom)]


def _is_ours(node: ast.ImportFrom) -> bool:
    return str(node.module).split(".")[0] == OURS


def _entries(statistics: Statistics) -> list[str]:
    # float32 values that become text as float64 are the same float32 values when read again.
    return [
        f"    {name!r}: (\n        {mean.tolist()},\n        {variance.tolist()},\n    ),"
        for name, (mean, variance) in statistics.items()
    ]
