"""The folder that holds everything of one training: who may use it, and with which settings."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import subprocess
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import yaml
from pydantic import BaseModel, ValidationError

from cyclegan import __version__
from cyclegan.errors import TrainingError
from cyclegan.names import printable
from cyclegan.train import journal

SETTINGS = "settings.yaml"
STARTS = "starts.jsonl"
"""One line for each start: when, and which code."""
LOCK = "training.lock"
ROOT = Path(__file__).resolve().parents[2]
"""Where the code lies."""


@contextmanager
def open_run(
    folder: Path, settings: BaseModel, *, resume: bool, may_differ: Collection[str] = ()
) -> Iterator[None]:
    """Hold the folder for one training: a new one or, with `resume`, the one that is in it.

    Settings and the code's version are kept in it. `may_differ` are the dotted names of settings
    that may be others than before, with what is below them. Of several processes that train
    together one alone opens the folder. Raises TrainingError when a training is where a new one
    was wanted or the other way round, when another process uses it, or when a setting differs.
    """
    if resume and not (folder / SETTINGS).is_file():
        raise TrainingError(
            f"there is no training in {folder.name} to go on with; check the name, or leave "
            "--resume out to begin one"
        )
    _make(folder)
    with _locked(folder):
        if resume:
            _refuse_changes(folder, settings, may_differ)
        else:
            _refuse_used(folder)
        for leftover in folder.glob(".*.part"):  # of a process that was killed
            leftover.unlink()
        journal.replace_lines(folder / SETTINGS, [_to_yaml(settings)])
        journal.append(folder / STARTS, start())
        yield


def start() -> dict[str, str | None]:
    """What decides, beside the settings, how a training goes on, and when it was begun."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "color_mapper": __version__,
        "commit": commit(ROOT),
        "python": platform.python_version(),
        "torch": version("torch"),
    }


def code_of(folder: Path) -> str:
    """Which program has trained the run of a folder: from which commit on and to which."""
    commits = [line["commit"] or "no git checkout" for line in journal.read(folder / STARTS)]
    first, last = commits[0], commits[-1]
    return f"Color Mapper {__version__}, {first if first == last else f'{first} to {last}'}"


def commit(root: Path) -> str | None:
    """The git commit checked out in a folder, with `-dirty` where files differ from it.

    None where the folder is no checkout of its own, or where there is no git.
    """
    if not (root / ".git").exists():  # git itself would go on to look in the folders above
        return None
    describe = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        said = subprocess.run(describe, cwd=root, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return said.stdout.strip() or None


def _make(folder: Path) -> None:
    """Make the folder where there is none; raises TrainingError that names it if it cannot be."""
    if printable(str(folder)) != str(folder):
        raise TrainingError(
            f"the run folder {folder.name} has a name that is not UTF-8, which TensorBoard cannot "
            "write into; name another"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(
            f"the run folder {folder} cannot be made: {error.strerror}; name another"
        ) from error


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, which the kernel gives back however the process ends.

    The lock is the process's own: unlike that of `flock` it does not live on in its workers.
    """
    with (folder / LOCK).open("a+", encoding="ascii") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as error:
            file.seek(0)
            raise TrainingError(
                f"{folder.name} is being trained in already (process {file.read().strip()}); wait "
                "for its end or stop it, or name another folder"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _refuse_used(folder: Path) -> None:
    if (folder / SETTINGS).exists():
        raise TrainingError(
            f"{folder.name} holds a training already; go on with it with --resume, or name another "
            "folder"
        )
    if others := sorted(path.name for path in folder.iterdir() if path.name != LOCK):
        raise TrainingError(
            f"{folder.name} holds other files ({', '.join(others[:3])}); a training needs a folder "
            "of its own: name one that is empty or not there"
        )


def _refuse_changes(folder: Path, settings: BaseModel, may_differ: Collection[str]) -> None:
    try:
        before = yaml.safe_load((folder / SETTINGS).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TrainingError(
            f"{SETTINGS} in {folder.name} cannot be read; it must be as the training wrote it"
        ) from error
    found = differences(_completed(before, settings), yaml.safe_load(_to_yaml(settings)))
    refused = [line for name, line in found.items() if not _is_in(name, may_differ)]
    if refused:
        raise TrainingError(
            "\n  ".join([f"the settings are not those of the training in {folder.name}:", *refused])
            + "\nput them back to go on, or begin another training in another folder"
        )


def _completed(before: object, settings: BaseModel) -> object:
    """Settings of an earlier version with the defaults of those that came since."""
    try:
        now = type(settings).model_validate(before)
    except ValidationError:  # some went, and then all differences are to be told
        return before
    return _filled(before, now.model_dump(mode="json"))


def _filled(said: object, whole: object) -> object:
    """What is said, and what only the whole has; validators may have changed what was said."""
    if isinstance(said, dict) and isinstance(whole, dict):
        return whole | {key: _filled(value, whole.get(key)) for key, value in said.items()}
    if isinstance(said, list) and isinstance(whole, list) and len(said) == len(whole):
        return [_filled(one, other) for one, other in zip(said, whole, strict=True)]
    return said


def differences(before: object, now: object) -> dict[str, str]:
    """For each setting that is not what it was, its dotted name and a line that says so."""
    old, new = _flat(before), _flat(now)
    return {
        name: f"{name}: was {old.get(name, 'not set')}, is {new.get(name, 'not set')}"
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    }


def _flat(value: object, name: str = "") -> dict[str, str]:
    """Dotted name -> value as JSON of all that is nested in mappings and lists."""
    if isinstance(value, list):
        value = dict(enumerate(value))
    if not isinstance(value, dict) or not value:
        return {name: json.dumps(value, default=str, ensure_ascii=False)}
    nested = [_flat(below, f"{name}.{key}" if name else str(key)) for key, below in value.items()]
    return {dotted: text for part in nested for dotted, text in part.items()}


def _is_in(name: str, tops: Collection[str]) -> bool:
    return any(name == top or name.startswith(f"{top}.") for top in tops)


def _to_yaml(settings: BaseModel) -> str:
    document = settings.model_dump(mode="json")
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
