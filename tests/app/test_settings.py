"""What the environment says to the settings."""

from __future__ import annotations

import pytest

from app.settings import MODE_DEFAULTS, ServeSettings, load_settings
from cyclegan.errors import SettingsError


def settings(**environ: str) -> ServeSettings:
    given = {f"COLORMAPPER_{name.upper()}": value for name, value in environ.items()}
    return load_settings(given, mode="local")


@pytest.mark.parametrize("name", ["data_dir", "models_dir", "default_model"])
def test_a_folder_or_model_without_a_name_stops_the_start_and_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: Give a value, or leave"):
        settings(**{name: ""})


def test_trusted_hosts_that_are_empty_mean_any_host() -> None:
    assert MODE_DEFAULTS["local"]["trusted_hosts"]
    assert settings(trusted_hosts="").trusted_hosts == ()


def test_spaces_beside_the_commas_of_a_list_do_not_count() -> None:
    assert settings(trusted_hosts="muse.example.org, localhost ").trusted_hosts == (
        "muse.example.org",
        "localhost",
    )


def test_a_settings_file_that_is_empty_in_the_environment_is_the_usual_one() -> None:
    assert settings(config="") == settings()
