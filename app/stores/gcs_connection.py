"""What all parts of the store in the cloud share: the client, who asks, and how long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from google.auth.credentials import Credentials
from google.cloud import storage

from app.settings import ServeSettings
from app.stores.gcs_client import Patience, identity, known_account, open_client
from app.stores.gcs_errors import FOREIGN, OBJECTS, Place, told


@dataclass(frozen=True)
class Connection:
    """A client with all that is needed to ask it, and to say what came of it."""

    settings: ServeSettings
    client: storage.Client
    identity: Credentials
    """Who signs links, and whom roles are granted to."""
    patience: Patience

    def place(self, bucket: str) -> Place:
        """The bucket of that name, for messages."""
        return Place(
            bucket=bucket,
            account=known_account(self.identity),
            location=self.settings.bucket_location,
            project=self.client.project,
        )

    @contextmanager
    def telling(self, bucket: str, *, role: str = OBJECTS) -> Iterator[None]:
        """Turn what the libraries raise within it into StoreUnavailable and StoreRefused.

        `role` is what the account lacks when it is refused.
        """
        try:
            yield
        except FOREIGN as error:
            # Only now: an attached account is known by name once it has been used.
            raise told(error, self.place(bucket), role=role) from error


def connect(settings: ServeSettings, patience: Patience) -> Connection:
    """Open a client; raises SettingsError when there are no credentials."""
    client = open_client(settings)
    return Connection(settings, client, identity(client), patience)
