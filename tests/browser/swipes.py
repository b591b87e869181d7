"""A finger on a touch screen."""

from __future__ import annotations

from playwright.sync_api import Page


def swipe(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """One finger from place to place, which rests there before it is lifted."""
    touch = page.context.new_cdp_session(page)
    for part in range(9):
        x, y = ((a * (8 - part) + b * part) / 8 for a, b in zip(start, end, strict=True))
        points = [{"x": x, "y": y}]
        kind = "touchMove" if part else "touchStart"
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_timeout(300)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
