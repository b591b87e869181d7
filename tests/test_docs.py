"""What README.md and docs/ say is held to the code: settings, commands, routes."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest

from app import create_app
from app.migrations import migrate
from app.settings import MODE_DEFAULTS, NOT_SETTINGS, PREFIX, ROOT, ServeSettings, load_settings

PAGES = sorted([*ROOT.glob("README.md"), *(ROOT / "docs").glob("*.md")])
TEXT = {page.name: page.read_text(encoding="utf-8") for page in PAGES}
FIELDS = [name for name in ServeSettings.model_fields if name != "mode"]


def rows(columns: int) -> list[tuple[str, ...]]:
    """The rows of docs/settings.md's tables with so many columns, without backticks."""
    lines = TEXT["settings.md"].splitlines()
    cells = [
        tuple(cell.strip().replace("`", "") for cell in line.strip("|").split(" | "))
        for line in lines
        if line.startswith("| `")
    ]
    return [row for row in cells if len(row) == columns]


def default(name: str) -> str:
    """How docs/settings.md writes the default of a setting."""
    by_mode = [shown(values.get(name, model_default(name))) for values in MODE_DEFAULTS.values()]
    local, server = by_mode
    return local if local == server else f"local {local}, server {server}"


def model_default(name: str) -> object:
    return ServeSettings.model_fields[name].get_default(call_default_factory=True)


def shown(value: object) -> str:
    if value is None:
        return "unset"
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, tuple):
        value = ",".join(value)
    if isinstance(value, Path):
        value = value.relative_to(ROOT)
    return str(value) or "empty"


def commands() -> list[str]:
    """Every command of ours that the pages name, with its arguments, once."""
    found = set()
    for page, text in TEXT.items():
        lines = shell_lines(page)
        lines += re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
        found |= {line.split(" #")[0].strip() for line in lines if is_ours(line)}
    return sorted(found)


def shell_lines(page: str) -> list[str]:
    """The lines of a page's shell blocks, in order, each with those that continue it."""
    blocks = re.findall(r"```(?:sh|bash)\n(.*?)```", TEXT[page], re.DOTALL)
    return [line.strip() for b in blocks for line in b.replace("\\\n", " ").splitlines()]


def is_ours(line: str) -> bool:
    return re.search(r"\b(bash|python) (scripts/|run_flask|-m app)", line) is not None


def words_after_program(command: str) -> list[str]:
    """`A=b bash script x` -> [script, x]."""
    words = shlex.split(command)
    start = next(i for i, word in enumerate(words) if word.endswith(("bash", "python")))
    return words[start + 1 :]


def test_the_table_of_settings_has_every_setting_with_its_variable_and_default() -> None:
    wanted = [(name, f"{PREFIX}{name.upper()}", default(name)) for name in FIELDS]
    assert [row[:3] for row in rows(columns=4)] == wanted


def test_the_variables_read_before_the_settings_have_a_table() -> None:
    assert {row[0] for row in rows(columns=3)} == NOT_SETTINGS


@pytest.mark.parametrize("page", sorted(TEXT))
def test_every_variable_that_is_named_exists(page: str) -> None:
    known = {f"{PREFIX}{name.upper()}" for name in FIELDS} | NOT_SETTINGS
    named = set(re.findall(rf"(?<!_){PREFIX}[A-Z_]*[A-Z]", TEXT[page]))
    assert named <= known


@pytest.mark.parametrize("command", commands())
def test_every_command_that_is_named_can_be_given(command: str) -> None:
    words = words_after_program(command)
    if words[0] == "-m":
        assert importlib.util.find_spec(words[1]) is not None
    elif words[0].endswith(".sh"):
        assert subprocess.run(["bash", "-n", words[0]], cwd=ROOT, check=False).returncode == 0
    else:
        assert unknown_options(ROOT / words[0], words[1:]) == []


def unknown_options(script: Path, words: list[str]) -> list[str]:
    """The options among the words that the script's click command, or subcommand, does not take."""
    command = click_command(script)
    if isinstance(command, click.Group):
        command = command.commands[words[0]]
    known = {option for parameter in command.params for option in parameter.opts}
    return [word for word in words if word.startswith("-") and word.split("=")[0] not in known]


def click_command(script: Path) -> click.Command:
    """The script's command line; its group where it has subcommands."""
    spec = importlib.util.spec_from_file_location(f"documented_{script.stem}", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    commands = [value for value in vars(module).values() if isinstance(value, click.Command)]
    groups = [command for command in commands if isinstance(command, click.Group)]
    (outermost,) = groups or commands
    return outermost


@pytest.mark.parametrize("page", sorted(TEXT))
def test_shell_lines_are_whole_and_use_only_variables_that_stand_before(page: str) -> None:
    ran = subprocess.run(
        ["bash", "-n"],
        input="\n".join(shell_lines(page)),
        text=True,
        capture_output=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    known: set[str] = set()
    for line in shell_lines(page):
        used = set(re.findall(r"\$\{?([A-Z_]+)", line))
        assert used <= known, line
        known |= set(re.findall(r"^(?:export )?([A-Z_]+)=", line))


GCLOUD = [(page, line) for page in sorted(TEXT) for line in shell_lines(page) if "gcloud " in line]


@pytest.mark.parametrize(("page", "line"), GCLOUD)
def test_gcloud_is_given_words_and_options_with_values_and_no_gaps(page: str, line: str) -> None:
    inner = re.sub(r"^[A-Z]+=\$\((.*)\)$", r"\1", line)
    program, *words = shlex.split(inner)
    assert program == "gcloud"
    assert re.match(r"[a-z-]+$", words[0])
    options = [word for word in words if word.startswith("-")]
    assert [o for o in options if not re.fullmatch(r"--[a-z-]+(=\S.*)?", o)] == []
    assert [word for word in words if re.search(r"[<>\[\]]|\.\.\.", word)] == []


def test_every_metric_is_described_and_no_other(tmp_path: Path) -> None:
    app = create_app(load_settings({"COLORMAPPER_DATA_DIR": str(tmp_path)}, mode="local"))
    migrate(f"sqlite:///{tmp_path / 'colormapper.db'}")
    registry = app.extensions["metrics"].registry
    kept = {f"{m.name}_total" if m.type == "counter" else m.name for m in registry.collect()}
    assert set(re.findall(r"`(colormapper_\w+)`", TEXT["operations.md"])) == kept


def said_and_done() -> list[str]:
    """What the program says, by the tables of docs/operations.md that tell what to do then."""
    tables = re.findall(r"\| it says \| do \|\n\|.*\n((?:\|.*\n)+)", TEXT["operations.md"])
    cells = [line.split(" | ")[0].strip("| ") for table in tables for line in table.splitlines()]
    return [part.strip() for cell in cells for part in re.split(r"\.\.\.|,", cell)]


@pytest.mark.parametrize("words", said_and_done())
def test_what_it_is_said_to_say_it_says(words: str) -> None:
    sources = [*(ROOT / "app").rglob("*.py"), ROOT / "run_flask.sh", ROOT / "scripts" / "setup.sh"]
    ours = [path for path in sources if "node_modules" not in path.parts]
    assert any(words in path.read_text(encoding="utf-8") for path in ours)


def test_every_route_is_described(tmp_path: Path) -> None:
    app = create_app(load_settings({"COLORMAPPER_DATA_DIR": str(tmp_path)}, mode="local"))
    document = app.test_client().get("/api/openapi.json").get_json()
    described = set(document["paths"]) | set(re.findall(r"`(/[^`\s]*)`", "\n".join(TEXT.values())))
    rules = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules()}
    assert rules - {re.sub(r"<(\w+)>", r"{\1}", path) for path in described} == set()


@pytest.mark.parametrize("page", sorted(TEXT))
def test_every_link_between_pages_leads_somewhere(page: str) -> None:
    home = next(path for path in PAGES if path.name == page).parent
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", TEXT[page])
    assert [link for link in links if not (home / link).exists()] == []
