"""What a browser calls itself, in two words for people; a guess that decides nothing."""

from __future__ import annotations

BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome"}
SYSTEMS = {
    "Windows": "Windows",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def browser(agent: str) -> str:
    """The User-Agent as "Firefox on Windows"; as far as it is known."""
    name = _first(BROWSERS, agent) or ("Safari" if "Safari/" in agent else "A browser")
    system = _first(SYSTEMS, agent)
    return f"{name} on {system}" if system else name


def _first(marks: dict[str, str], agent: str) -> str:
    return next((word for mark, word in marks.items() if mark in agent), "")
