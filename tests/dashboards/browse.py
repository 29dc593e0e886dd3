"""Looks at the dashboard as a person does, in headless Chromium, and writes down what was seen.

Runs in the environment of Superset (requirements-superset.txt), which has playwright: it imports nothing of ours.
`python browse.py ADDRESS USERNAME PASSWORD FOLDER CHROMIUM FILTERS` writes seen.json and a picture of each tab. FILTERS
is JSON: a value for each column that is filtered in the end.
"""

import json
import re
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, Response, TimeoutError, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # the page would call elsewhere
]
HOLDER = "[class*='dashboard-chart-id-']"
TAB = "[data-test='dashboard-component-tabs'] [role='tab']"
DRAWN = "canvas, svg.datamap, svg text, table tbody tr, .header-line"
TROUBLE = ".ant-alert-error, [data-test='chart-error'], .chart-error, .error-boundary"
PATIENCE = 40_000
"""Milliseconds for the slowest machine."""


class Answers:
    """What the server answered to the charts, the newest one for each chart."""

    def __init__(self, page: Page) -> None:
        self.all: list[dict] = []
        self.rows: dict[int, list[dict]] = {}
        page.on("response", self.take)

    def take(self, response: Response) -> None:
        if not re.search(r"/api/v1/chart/data|/explore_json/", response.url):
            return
        chart = self.chart_of(response)
        self.all.append({"chart": chart, "status": response.status})
        if response.ok and chart:
            told = response.json()
            self.rows[chart] = told["result"] if "result" in told else [{"data": told["data"]}]

    @staticmethod
    def chart_of(response: Response) -> int | None:
        asked = parse_qs(urlsplit(response.url).query).get("form_data")
        return json.loads(asked[0]).get("slice_id") if asked else None


def main(address: str, username: str, password: str, folder: Path, chromium: str, filters: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.request.post(f"{address}/login/", form={"username": username, "password": password})
        titles = {
            chart["id"]: chart["slice_name"]
            for chart in page.request.get(f"{address}/api/v1/dashboard/dvd-rental/charts").json()["result"]
        }
        answers = Answers(page)
        page.goto(f"{address}/superset/dashboard/dvd-rental/", timeout=PATIENCE)
        page.locator(TAB).first.wait_for(timeout=PATIENCE)
        tabs = {}
        for number, name in enumerate(names(page)):
            tabs[name] = look(page, number, folder / f"{number + 1}_{slug(name)}.png")
        plain = {titles[chart]: rows for chart, rows in answers.rows.items()}
        page.locator(TAB).first.click()
        choose(page, json.loads(filters))
        look(page, 0, folder / "filtered.png")
        filtered = {titles[chart]: rows for chart, rows in answers.rows.items()}
        seen = {
            "tabs": tabs,
            "plain": plain,
            "filtered": filtered,
            "answers": [one | {"chart": titles.get(one["chart"])} for one in answers.all],
        }
        (folder / "seen.json").write_text(json.dumps(seen))
        browser.close()


def names(page: Page) -> list[str]:
    return [tab.inner_text().strip() for tab in page.locator(TAB).all()]


def slug(name: str) -> str:
    return name.lower().replace(" ", "_")


def look(page: Page, tab: int, picture: Path) -> list[dict]:
    """Every chart of a tab, once all have been drawn. Charts below the fold load when they come into view."""
    page.locator(TAB).nth(tab).click()
    for holder in visible(page):
        holder.scroll_into_view_if_needed()
        page.wait_for_timeout(150)
    page.wait_for_load_state("networkidle", timeout=PATIENCE)
    for holder in visible(page):
        holder.scroll_into_view_if_needed()
        with suppress(TimeoutError):  # told below
            holder.locator(f"{DRAWN}, {TROUBLE}").first.wait_for(timeout=PATIENCE)
    page.wait_for_timeout(1500)  # charts are animated
    seen = [chart(holder) for holder in visible(page)]
    height = page.evaluate("Math.max(...[...document.querySelectorAll('*')].map(e => e.scrollHeight))")
    page.set_viewport_size({"width": 1600, "height": min(int(height) + 20, 6000)})
    page.wait_for_timeout(1500)
    page.screenshot(path=picture)
    page.set_viewport_size({"width": 1600, "height": 1000})
    return seen


def visible(page: Page) -> list[Locator]:
    return [holder for holder in page.locator(HOLDER).all() if holder.is_visible()]


def chart(holder: Locator) -> dict:
    return {
        "title": holder.locator("[data-test='editable-title']").first.inner_text().strip(),
        "drawn": holder.locator(DRAWN).count() > 0,
        "trouble": [one.inner_text() for one in holder.locator(TROUBLE).all()],
        "text": holder.inner_text(),
    }


def choose(page: Page, filters: dict[str, str]) -> None:
    """Set each filter to one value, and apply them."""
    for column, value in filters.items():
        page.locator(f"[data-test='NATIVE_FILTER-{column}']").click()
        page.locator(".ant-select-item-option:visible", has_text=value).first.click()
        page.keyboard.press("Escape")
    page.locator("[data-test='filter-bar__apply-button']").click()
    page.wait_for_timeout(1000)


if __name__ == "__main__":
    main(*sys.argv[1:4], Path(sys.argv[4]), *sys.argv[5:7])
