"""Where the service listens: the address is taken before anything is started, and kept.

The supervisor holds the socket and hands it to each web process that it starts, so that no other
program can take the port in between, and who comes meanwhile waits instead of being refused.

    python -m app.door local|server

is for whoever watches the service, such as a container's health check: it ends with 0 when the
service answers and with 1 when it does not.
"""

from __future__ import annotations

import errno
import http.client
import json
import os
import socket
import sys

from app.settings import MODES, ServeSettings, load_settings
from cyclegan.errors import SettingsError

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked up, not listened on
ANSWER_S = 0.5
WATCHER_S = 5.0
"""A busy service is not an ill one."""
MOST_BYTES = 1000
"""As much is read of what another program may answer."""


def open_door(settings: ServeSettings) -> socket.socket:
    """A socket that listens on the host and port; raises SettingsError when it cannot."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise SettingsError(f"host: {settings.host} is not an address of this machine") from error
    door = socket.socket(family, kind, protocol)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind(address)
        door.listen()  # binding alone would let another program bind, too
    except OSError as error:
        door.close()
        raise SettingsError(_refused(settings, error)) from error
    return door


def _refused(settings: ServeSettings, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        argument = " local" if settings.mode == "local" else ""
        return (
            f"port {settings.port} is taken by another program; start with another one: "
            f"COLORMAPPER_PORT={settings.port % 65535 + 1} bash run_flask.sh{argument}"
        )
    return f"cannot listen on {settings.host} port {settings.port}: {error.strerror}"


def answers(settings: ServeSettings, *, within_s: float = ANSWER_S) -> bool:
    """Whether the service is behind the door, and not another program, and says that it is well."""
    here = ANYWHERE.get(settings.host, settings.host)
    connection = http.client.HTTPConnection(here, settings.port, timeout=within_s)
    headers = {"Host": settings.trusted_hosts[0]} if settings.trusted_hosts else {}
    try:
        connection.request("GET", "/healthz", headers=headers)
        document = json.loads(connection.getresponse().read(MOST_BYTES))
    except (OSError, http.client.HTTPException, ValueError):
        return False
    else:
        return bool(document == {"status": "ok"})
    finally:
        connection.close()


def main(arguments: list[str]) -> int:
    """Ask the service of the mode that the argument names; returns the exit code."""
    if len(arguments) != 1 or arguments[0] not in MODES:
        sys.stderr.write(f"usage: python -m app.door {'|'.join(MODES)}\n")
        return 2
    try:
        settings = load_settings(os.environ, mode=MODES[arguments[0]])
    except SettingsError as error:
        sys.stderr.write(f"the service cannot be asked: {error}\n")
        return 1
    if not answers(settings, within_s=WATCHER_S):
        sys.stderr.write(f"nobody answers on port {settings.port}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
