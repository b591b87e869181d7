"""The address that the service listens on."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from app.door import answers, main, open_door
from app.settings import ServeSettings
from cyclegan.errors import SettingsError
from tests.app.web import Server
from tests.running import free_port


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_a_taken_port_is_refused_with_the_command_that_helps(taken: int) -> None:
    with pytest.raises(SettingsError, match=rf"COLORMAPPER_PORT={taken + 1} bash run_flask.sh"):
        open_door(ServeSettings(port=taken))


def test_a_foreign_address_is_refused() -> None:
    with pytest.raises(SettingsError, match="cannot listen on 192"):
        open_door(ServeSettings(host="192.0.2.1", port=free_port()))


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="host"):
        open_door(ServeSettings(host="nowhere.invalid", port=free_port()))


def test_there_is_no_answer_while_nobody_stands_behind_the_door() -> None:
    settings = ServeSettings(port=free_port())
    with open_door(settings):
        assert not answers(settings)


def test_the_port_is_ours_before_anything_is_started() -> None:
    settings = ServeSettings(port=free_port())
    with open_door(settings), pytest.raises(SettingsError, match="taken"):
        open_door(settings)


def test_whoever_watches_is_told_when_nobody_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLORMAPPER_PORT", str(free_port()))
    assert main(["local"]) == 1
    assert "nobody answers" in capsys.readouterr().err


def test_whoever_watches_is_told_that_the_service_answers(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORMAPPER_PORT", str(server.port))
    assert main(["local"]) == 0
