"""The settings as they are given, and what can be made of them when something in them is wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from app.diagnosis.finding import Finding
from app.settings import KEY_LENGTH, PREFIX, ROOT, Mode, ServeSettings, load_settings
from cyclegan.errors import SettingsError

SUBJECT = "settings"
PLACES = ("data_dir", "database_url", "models_dir")
"""What is worth keeping when little else can be used: where things lie."""
STORE = ("store", "bucket", "layout", "bucket_location", "links", "link_hours", "retention_days")


@dataclass(frozen=True)
class Configuration:
    """Settings to check the rest with."""

    settings: ServeSettings
    finding: Finding
    is_store_given: bool
    """Whether all that is given of the store is in the settings, too."""


def read_configuration(environ: Mapping[str, str], *, mode: Mode | None) -> Configuration:
    """The settings of the mode, or of the one that they are made for when it is None.

    What is wrong in them is left out, as little as possible, so that the rest can be checked.
    """
    given = _given(environ)
    mode = mode or _mode(given)
    try:
        settings = load_settings(environ, mode=mode)
    except SettingsError as error:
        settings = _first_usable(given, mode)
        return Configuration(settings, Finding("bad", SUBJECT, str(error)), _same(given, settings))
    file = Path(environ.get("COLORMAPPER_CONFIG", "serve.yaml")).name
    text = f"{file} and {PREFIX}* variables: {mode} mode, store {settings.store}"
    return Configuration(settings, Finding("ok", SUBJECT, text), is_store_given=True)


def _given(environ: Mapping[str, str]) -> dict[str, str]:
    """The values of all known settings in the file and the environment, as they are written."""
    from_environment = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(PREFIX)
    }
    everything = {**_in_file(environ), **from_environment}
    known = ServeSettings.model_fields.keys() - {"mode"}
    return {name: value for name, value in everything.items() if name in known}


def _in_file(environ: Mapping[str, str]) -> dict[str, str]:
    path = Path(environ.get("COLORMAPPER_CONFIG", ROOT / "configs" / "serve.yaml"))
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    lines = content.items() if isinstance(content, dict) else ()
    return {str(name): _written(value) for name, value in lines if value is not None}


def _written(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _mode(given: Mapping[str, str]) -> Mode:
    return "server" if "secret_key" in given or given.get("store") == "gcs" else "local"


def _first_usable(given: Mapping[str, str], mode: Mode) -> ServeSettings:
    for values in _attempts(given):
        if len(values.get("secret_key", "")) < KEY_LENGTH:
            values["secret_key"] = "0" * KEY_LENGTH
        environ = {f"{PREFIX}{name.upper()}": value for name, value in values.items()}
        try:
            return load_settings({**environ, "COLORMAPPER_CONFIG": os.devnull}, mode=mode)
        except SettingsError:
            continue
    return ServeSettings(mode=mode)


def _attempts(given: Mapping[str, str]) -> Iterator[dict[str, str]]:
    yield dict(given)
    for left_out in given:
        yield {name: value for name, value in given.items() if name != left_out}
    yield {name: value for name, value in given.items() if name in PLACES}


def _same(given: Mapping[str, str], settings: ServeSettings) -> bool:
    return all(given[name] == str(getattr(settings, name)) for name in STORE if name in given)
