"""What a browser complains of while a page works: errors, and breaches of the content policy."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Page

TELL_BREACHES = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


@dataclass
class Faults:
    """Complaints so far, and those that a test provokes."""

    seen: list[str] = field(default_factory=list)
    provoked: list[str] = field(default_factory=list)

    def expect(self, part: str) -> None:
        """Take complaints that contain this text for part of the test."""
        self.provoked.append(part)

    def unexpected(self) -> list[str]:
        """Complaints that no test asked for."""
        return [one for one in self.seen if not any(part in one for part in self.provoked)]


def listen(page: Page, faults: Faults) -> Page:
    """The page, whose complaints are collected from now on."""

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            faults.seen.append(f"{message.type}: {message.text}")

    page.on("console", hear)
    page.on("pageerror", lambda error: faults.seen.append(f"uncaught: {error}"))
    page.add_init_script(TELL_BREACHES)
    return page
