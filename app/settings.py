"""What the service needs to know: from a YAML file, then from the environment.

The environment is an argument, read nowhere else. A setting `max_bytes` is `max_bytes:` in the file
and `COLORMAPPER_MAX_BYTES` in the environment; `docs/settings.md` lists them all.
"""

from __future__ import annotations

import difflib
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self, get_args

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.bucket_names import check_bucket_name
from app.sign_on import check_addresses, check_domains, check_provider, check_proxy
from cyclegan.errors import SettingsError
from cyclegan.models.bundled import default_model

PREFIX = "COLORMAPPER_"
ROOT = Path(__file__).resolve().parent.parent
NOT_SETTINGS = {"COLORMAPPER_CONFIG", "COLORMAPPER_TORCH_INDEX"}
"""Read by whoever starts the service, before there are settings."""

Mode = Literal["local", "server"]
MODES: Mapping[str, Mode] = {str(mode): mode for mode in get_args(Mode)}
"""By the names that command lines give them."""
KEY_LENGTH = 32
"""Characters that a secret key has at least."""
SECRETS = {"secret_key", "oidc_client_secret"}
LISTS = {"trusted_hosts", "proxy_addresses", "join_domains"}
"""Written with commas between their parts in the environment."""


class ServeSettings(BaseModel):
    """Everything the web process and the worker are given; frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode = "local"
    """`local`: one person's own machine. `server`: many people, over the network."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(5000, ge=1, le=65535)
    """TCP port to listen on."""
    web_threads: int = Field(64, ge=16, le=1024)
    """Requests served at once; each slow upload and each open progress stream holds one."""
    trusted_hosts: tuple[str, ...] = ()
    """Host names that requests may carry; empty means any (in local mode: this machine only)."""
    trusted_proxies: int = Field(0, ge=0, le=16)
    """Addresses that proxies in front add to X-Forwarded-For; 0: nobody's X-Forwarded-* counts."""
    proxy_addresses: tuple[IPvAnyNetwork, ...] = ()
    """Addresses or networks from which the nearest proxy connects; no other is believed."""
    secret_key: str = Field("", repr=False)
    """Signs cookies; at least 32 characters; required in server mode."""

    data_dir: Path = ROOT / "data"
    """Where the database, uploads, results and models are kept; on a local disk."""
    database_url: str = ""
    """SQLAlchemy URL; empty means SQLite in the data folder."""
    models_dir: Path | None = None
    """Folder of model packages; unset means `models/` in the data folder."""
    store: Literal["local", "gcs", "memory"] = "local"
    """Where results are kept: the data folder, or Google Cloud Storage; `memory` is for tests."""
    bucket: str = ""
    """Name of the bucket; with a bucket for each month, what those names begin with."""
    layout: Literal["prefix", "bucket-per-month"] = "prefix"
    """One bucket with a folder for each month, or a bucket `<bucket>-YYYY-MM` for each."""
    bucket_location: str = Field("US", min_length=1)
    """Where monthly buckets are made."""
    links: Literal["public", "signed", "proxy"] = "proxy"
    """How people get at objects: from the bucket by anyone, by links that expire, or through us."""
    link_hours: int = Field(24, ge=1, le=168)
    """How long the addresses behind signed links are valid."""
    retention_days: int | None = Field(None, ge=1)
    """Age in days at which the bucket removes objects; unset: they stay until they are deleted."""
    share_days: int = Field(30, ge=1, le=365)
    """Days for which a link that shares a result opens, unless its maker chooses others."""
    audit_days: int = Field(365, ge=1)
    """Days for which the audit log keeps who did what, at least."""

    default_model: str = Field(default_factory=default_model)
    """The model used when nobody chose one; unset: the trained one that comes with the program."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """What the models run on; `auto` takes CUDA when there is a card."""
    stats: Literal["exact", "sampled", "model", "tile"] | None = None
    """Where networks take their normalisation from; unset: as exactly as model and disk allow."""
    scratch_bytes: int | None = Field(None, ge=0)
    """Disk space that an image may take for `exact`; unset: half of what is free when it begins."""
    tile: int | None = Field(None, ge=32, le=8192)
    """Height and width in px of the patches that are translated; unset: what suits the model."""
    halo: int | None = Field(None, ge=0, le=4096)
    """Overlap in px on each side of a patch (the step is `tile - 2 * halo`); unset: the model's."""
    blend: Literal["average", "feather", "crop"] | None = None
    """How overlapping patches are put together; unset: what suits the model."""
    skip_blank: bool = False
    """Whether what holds no tissue is left white instead of being translated."""
    compression: Literal["deflate", "jpeg"] = "deflate"
    """Of the result's TIFF: without loss, or as JPEG of high quality."""
    workers: int = Field(1, ge=1, le=64)
    """Threads that cut patches, each with a decoding process of its own; more help where decoding
    is waited for: a graphics card, slides in JPEG 2000."""

    max_bytes: int = Field(2**30, ge=1)
    """Largest file that may be uploaded, in bytes."""
    max_pixels: int = Field(120_000_000, ge=1)
    """Largest image, height times width, that is decoded whole."""
    max_region_pixels: int = Field(20_000_000_000, ge=1)
    """Largest image of a format that is read by regions, such as a whole slide."""
    png_max_pixels: int = Field(30_000_000, ge=0)
    """Results up to this many px are also written as PNG."""
    max_queued: int = Field(1000, ge=1)
    """Jobs that may wait in all."""
    max_queued_per_user: int = Field(200, ge=1)
    """Jobs of one user that may wait."""
    max_user_bytes: int | None = Field(None, ge=1)
    """Bytes that the images and unfinished uploads of one user may take; unset: no limit."""
    uploads_per_minute: int | None = Field(None, ge=1)
    """Uploads begun and images handed in by one user in a minute; unset: no limit."""
    upload_days: int = Field(7, ge=1)
    """Days for which an unfinished upload is kept after the last of it arrived."""
    decode_memory_bytes: int = Field(4 * 2**30, ge=2**28)
    """Address space of the process that decodes an image."""
    decode_seconds: int = Field(60, ge=1)
    """Processor seconds for decoding an image."""

    session_idle_hours: float = Field(12, gt=0, le=24 * 30)
    """Hours without a request after which a login ends."""
    session_days: float = Field(14, gt=0, le=365)
    """Days after which a login ends in any case."""
    oidc_issuer: str = ""
    """Address of the OpenID Connect provider that people may log in by; empty: there is none."""
    oidc_client_id: str = ""
    """What the provider calls this service."""
    oidc_client_secret: str = Field("", repr=False)
    """By which the provider knows this service."""
    oidc_name: str = Field("your organisation", min_length=1, max_length=40)
    """What people call the provider: `Log in with ...`."""
    proxy_header: str = ""
    """Header in which a proxy says who has logged in to it; empty: no header is believed."""
    iap_audience: str = ""
    """For whom Google's Identity-Aware Proxy signs when it means this service; empty: no IAP."""
    join_domains: tuple[str, ...] = ()
    """E-mail domains whose people get an account at their first login; empty: who was invited."""
    join_role: Literal["viewer", "uploader", "reviewer"] = "viewer"
    """The role of such an account."""

    lease_s: float = Field(60, gt=0)
    """Seconds after which the job of a silent worker is given to another."""
    heartbeat_s: float = Field(10, gt=0)
    """Seconds between a worker's signs of life."""
    attempts: int = Field(3, ge=1)
    """Times that a job is tried before it has failed."""

    @field_validator("data_dir", "models_dir", "default_model", mode="before")
    @classmethod
    def _what_is_empty_names_nothing(cls, value: object) -> object:
        if value == "":  # as a folder, that would be the program's own
            raise PydanticCustomError("empty", "Give a value, or leave the setting out")
        return value

    @model_validator(mode="after")
    def _a_bucket_is_named_as_buckets_are(self) -> Self:
        if self.store == "gcs":
            check_bucket_name(self.bucket, monthly=self.layout == "bucket-per-month")
        elif self.links != "proxy":
            raise ValueError(f"links: {self.links} needs a bucket; set store: gcs, or links: proxy")
        return self

    @model_validator(mode="after")
    def _who_vouches_for_people_can_be_believed(self) -> Self:
        check_provider(self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret)
        check_proxy(self.proxy_header, self.iap_audience)
        check_addresses(
            self.proxy_addresses, header=self.proxy_header, proxies=self.trusted_proxies
        )
        vouched = bool(self.oidc_issuer or self.proxy_header or self.iap_audience)
        check_domains(self.join_domains, vouched=vouched)
        return self

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'colormapper.db'}"

    @property
    def models(self) -> Path:
        """The folder of model packages in force."""
        return self.models_dir or self.data_dir / "models"


MODE_DEFAULTS: dict[Mode, dict[str, object]] = {
    "local": {
        "host": "127.0.0.1",
        "port": 5000,
        "trusted_hosts": ("127.0.0.1", "localhost", "[::1]"),
    },
    "server": {
        "host": "0.0.0.0",  # noqa: S104 - the lab's network is meant
        "port": 8888,
        "max_user_bytes": 100 * 2**30,
        "uploads_per_minute": 600,
    },
}


def load_settings(environ: Mapping[str, str], *, mode: Mode) -> ServeSettings:
    """The settings of a mode: its defaults, then the YAML file, then the environment.

    The file is `COLORMAPPER_CONFIG` or `configs/serve.yaml`. Raises SettingsError that names the
    key when one is unknown, malformed or missing.
    """
    values = {
        **MODE_DEFAULTS[mode],
        **_from_file(environ),
        **_from_environment(environ),
        "mode": mode,
    }
    try:
        settings = ServeSettings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_explain(error)) from error
    if mode == "server" and len(settings.secret_key) < KEY_LENGTH:
        raise SettingsError(
            f"COLORMAPPER_SECRET_KEY is missing or shorter than {KEY_LENGTH} characters; "
            f"make one with: export COLORMAPPER_SECRET_KEY={secrets.token_hex(32)}"
        )
    return settings


def _from_file(environ: Mapping[str, str]) -> dict[str, object]:
    path = Path(environ.get("COLORMAPPER_CONFIG") or ROOT / "configs" / "serve.yaml")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"the settings file {path.name} does not exist") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"the settings file {path.name} cannot be read: {error}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError(f"the settings file {path.name} must hold `key: value` lines")
    if "mode" in content:
        raise SettingsError(f"{path.name}: `mode` is chosen by how the service is started")
    return content


def _from_environment(environ: Mapping[str, str]) -> dict[str, object]:
    names = {
        f"{PREFIX}{name.upper()}": name for name in ServeSettings.model_fields if name != "mode"
    }
    values: dict[str, object] = {}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        if variable not in names:
            near = difflib.get_close_matches(variable, names, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise SettingsError(f"{variable} is not a setting{hint}")
        values[names[variable]] = _parts(value) if names[variable] in LISTS else value
    return values


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            near = difflib.get_close_matches(key, ServeSettings.model_fields, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            lines.append(f"{key} is not a setting{hint}")
        elif not key:
            lines.append(str(problem["ctx"]["error"]))  # what settings mean together
        else:
            met = "" if key in SECRETS else f" (met: {problem['input']!r})"
            lines.append(f"{key}: {problem['msg']}{met}")
    return "; ".join(lines)
