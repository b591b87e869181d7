"""Which model is taken where nobody chose one: the promoted one, else that of the settings.

A promotion is a file in the folder of models, read whenever the question comes up, so that it is in
force at once. Only `scripts/models.py promote` writes it.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from app import disk
from app.settings import ServeSettings
from cyclegan.errors import SettingsError

FILE = "promoted.json"


class _Promoted(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    models: tuple[str, ...] = ()
    """Those that were promoted and not gone back on; the last is in force."""


def default_model(settings: ServeSettings) -> str:
    """The name of the model in force; raises SettingsError when the promotion is damaged."""
    promoted = _read(settings.models)
    return promoted[-1] if promoted else settings.default_model


def promote(settings: ServeSettings, name: str) -> None:
    """Make a model, which the caller has seen to be there, the default."""
    promoted = _read(settings.models)
    if not promoted or promoted[-1] != name:
        _write(settings.models, (*promoted, name))


def step_back(settings: ServeSettings) -> str:
    """Undo the last promotion, and return the model that is in force again.

    Raises SettingsError when there is none.
    """
    promoted = _read(settings.models)
    if not promoted:
        raise SettingsError(
            f"no model was promoted, so there is nothing to go back to; {settings.default_model} "
            "is the default by the settings"
        )
    _write(settings.models, promoted[:-1])
    return default_model(settings)


def _read(folder: Path) -> tuple[str, ...]:
    try:
        text = (folder / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    try:
        return _Promoted.model_validate_json(text).models
    except ValidationError as error:
        raise SettingsError(
            f"{FILE} in the folder of models is damaged; remove it, and promote the model again"
        ) from error


def _write(folder: Path, models: tuple[str, ...]) -> None:
    """Replace the file in one step, so that nobody ever reads a part of it."""
    disk.make_folder(folder)
    fresh = folder / f".{FILE}-{secrets.token_hex(4)}"
    fresh.write_text(json.dumps({"models": models}) + "\n", encoding="utf-8")
    disk.sync(fresh)
    fresh.replace(folder / FILE)
    disk.sync(folder)
