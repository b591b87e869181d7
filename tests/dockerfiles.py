"""Dockerfiles read as a container engine reads them, for a machine that has no engine."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Copied:
    """One COPY: from where to where."""

    stage: str | None
    """The stage it is taken from; None for the folder that is built."""
    sources: tuple[str, ...]
    target: str


class Stage:
    """What one FROM and the lines up to the next one say."""

    def __init__(self, base: str, lines: list[tuple[str, str]]) -> None:
        self.base = base
        self.lines = lines

    def all(self, word: str) -> list[str]:
        """What follows each line's first word."""
        return [rest for first, rest in self.lines if first == word]

    def last(self, word: str) -> str:
        """What follows the word in the last line that begins with it."""
        return self.all(word)[-1]

    def command(self, word: str) -> list[str]:
        """The command of ENTRYPOINT or HEALTHCHECK; ValueError when it is one for a shell."""
        words: list[str] = json.loads(self.last(word).partition("CMD ")[2] or self.last(word))
        return words

    @property
    def environ(self) -> dict[str, str]:
        """The variables that are set."""
        pairs = [pair for line in self.all("ENV") for pair in shlex.split(line)]
        return dict(pair.split("=", 1) for pair in pairs)

    @property
    def copies(self) -> list[Copied]:
        """What is copied, in order."""
        found = []
        for line in self.all("COPY"):
            words = line.split()
            options = [word for word in words if word.startswith("--")]
            *sources, target = words[len(options) :]
            stage = options[0].removeprefix("--from=") if options else None
            found.append(Copied(stage, tuple(sources), target))
        return found


def read_dockerfile(path: Path) -> list[Stage]:
    """The stages of a Dockerfile."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    stages: list[Stage] = []
    for line in text.replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            stages.append(Stage(rest.split(" AS ")[0], []))
        elif word:
            stages[-1].lines.append((word, rest.strip()))
    return stages


def is_ignored(folder: Path, path: str) -> bool:
    """Whether the folder's .dockerignore keeps a path in it from the engine."""
    ignored = False
    file = folder / ".dockerignore"
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        pattern = line.strip().lstrip("!")
        if pattern and not line.startswith("#") and _matches(pattern, path):
            ignored = not line.startswith("!")
    return ignored


def _matches(pattern: str, path: str) -> bool:
    """A folder that matches takes all in it along; a star ends at a slash, two do not."""
    parts = {"**/": "(?:.*/)?", "*": "[^/]*"}
    expression = "".join(parts.get(p, re.escape(p)) for p in re.split(r"(\*\*/|\*)", pattern))
    return re.fullmatch(f"{expression}(?:/.*)?", path) is not None


def copy_as_told(stage: Stage, folder: Path, target: Path) -> None:
    """Copy to `target` what the stage copies from the folder that is built."""
    for copied in stage.copies:
        for source in copied.sources if copied.stage is None else ():
            inside = target / copied.target
            if (folder / source).is_dir():
                _copy_folder(folder, source, inside)
            else:
                is_folder = copied.target.endswith("/")
                inside = inside / Path(source).name if is_folder else inside
                inside.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(folder / source, inside)


def _copy_folder(folder: Path, source: str, target: Path) -> None:
    def ignore(place: str, names: list[str]) -> list[str]:
        base = Path(place).relative_to(folder)
        return [name for name in names if is_ignored(folder, str(base / name))]

    shutil.copytree(folder / source, target, ignore=ignore)
