"""The two files of a report: a page, and a JSON document of the same name beside it."""

from __future__ import annotations

from pathlib import Path

from cyclegan.errors import SettingsError
from cyclegan.images.new_file import NewFile, write_all


class Report:
    """Where a report goes; that it can be written there is tried before anything is measured.

    Raises SettingsError when it cannot.
    """

    def __init__(self, page: Path) -> None:
        if page.suffix.lower() not in {".html", ".htm"}:
            raise SettingsError(f"{page.name} is not a page's name; end it with .html")
        self.page = page
        self.document = page.with_suffix(".json")
        try:
            page.parent.mkdir(parents=True, exist_ok=True)
            for file in (self.page, self.document):
                if file.is_dir():
                    raise SettingsError(f"{file.name} is a folder; choose another name for --out")
                NewFile(file).discard()
        except OSError as error:
            raise SettingsError(
                f"{page.name} cannot be written: {error.strerror}; choose another place for --out"
            ) from error

    def write(self, *, page: str, document: str) -> None:
        """Write both; each replaces what had its name only when it is complete. Raises OSError."""
        contents = ((self.document, document.encode()), (self.page, page.encode()))
        for target, content in contents:
            new = NewFile(target)
            try:
                with new.open() as file:
                    write_all(file, content)
                new.publish()
            finally:
                new.discard()
