"""The built site in a browser: search, navigation, the copy button; on a desk and on a phone.

`nox -s docs` builds the site and runs this; it needs chromium and chromedriver on the PATH.
"""

import re
import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from selenium.webdriver import ActionChains, Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

SITE = Path(__file__).parents[1] / "_build" / "html"
PAGES = sorted(str(page.relative_to(SITE)) for page in SITE.rglob("*.html"))
DESK, PHONE = (1280, 900), (420, 900)


class Quiet(SimpleHTTPRequestHandler):
    """Serves the site without a word on the terminal."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of the site, on a loopback port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=SITE))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser(site: str) -> Iterator[Chrome]:
    """A browser that may use the clipboard."""
    options = ChromeOptions()
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    driver = shutil.which("chromedriver")
    assert driver, "the site is tried in a browser: install chromium and chromedriver"
    with Chrome(options, ChromeService(driver)) as chrome:
        allowed = {"origin": site, "permissions": ["clipboardReadWrite"]}
        chrome.execute_cdp_cmd("Browser.grantPermissions", allowed)
        yield chrome


def show(browser: Chrome, url: str, size: tuple[int, int] = DESK) -> None:
    """Open a page in a window of a size."""
    chosen = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", chosen)
    browser.get(url)


def heading(browser: Chrome) -> str:
    """Give the heading of the page, without the sign that links to it."""
    return browser.find_element(By.TAG_NAME, "h1").text.rstrip("¶ ")


@pytest.mark.parametrize(
    ("words", "page"),
    [("prefetch", "lists.html"), ("create_and_poll", "runs.html"), ("AsyncPortkey", "client.html")],
)
def test_the_search_finds(browser: Chrome, site: str, words: str, page: str) -> None:
    """A guide and a name of the reference, without any other host."""
    show(browser, f"{site}/index.html")
    browser.find_element(By.CSS_SELECTOR, ".sidebar-search").send_keys(words, Keys.ENTER)
    WebDriverWait(browser, 20).until(
        lambda shown: re.search(r"[1-9]\d* page", shown.find_element(By.ID, "search-results").text)
    )

    found = browser.find_elements(By.CSS_SELECTOR, "#search-results li a")
    loaded = browser.execute_script(
        "return performance.getEntriesByType('resource').map(entry => entry.name)"
    )
    assert any(page in (link.get_attribute("href") or "") for link in found)
    assert all(url.startswith(site) for url in loaded)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_navigation_leads_on(browser: Chrome, site: str, size: tuple[int, int]) -> None:
    """From the start to a guide; on a phone, out of the menu."""
    show(browser, f"{site}/index.html", size)
    if size == PHONE:
        browser.find_element(By.CSS_SELECTOR, ".nav-overlay-icon").click()
    link = browser.find_element(By.CSS_SELECTOR, '.sidebar-tree a[href="runs.html"]')
    WebDriverWait(browser, 10).until(lambda _: link.is_displayed() and link.location["x"] >= 0)
    link.click()

    WebDriverWait(browser, 10).until(lambda shown: shown.current_url.endswith("runs.html"))
    assert heading(browser) == "Running an assistant"


def test_the_copy_button_copies(browser: Chrome, site: str) -> None:
    """The code as it stands there, and nothing else."""
    show(browser, f"{site}/first-steps.html")
    block = browser.find_element(By.CSS_SELECTOR, ".highlight-python")
    code = block.find_element(By.TAG_NAME, "pre").text
    button = block.find_element(By.CSS_SELECTOR, "button.copybtn")
    ActionChains(browser).move_to_element(button).click().perform()  # it shows under the mouse

    copied = WebDriverWait(browser, 10).until(
        lambda shown: shown.execute_async_script(
            "const done = arguments[0]; navigator.clipboard.readText().then(done, () => done(''))"
        )
    )
    assert copied.strip() == code.strip()


def test_the_theme_can_be_chosen(browser: Chrome, site: str) -> None:
    """Light, dark, or the system's; a dark page is dark."""
    show(browser, f"{site}/index.html")
    seen = {}
    for _ in range(3):
        theme = browser.find_element(By.TAG_NAME, "body").get_attribute("data-theme")
        color = "return getComputedStyle(document.body).backgroundColor"
        seen[theme] = browser.execute_script(color)
        browser.find_element(By.CSS_SELECTOR, ".theme-toggle-content .theme-toggle").click()

    assert seen.keys() == {"auto", "light", "dark"}
    assert seen["light"] == "rgb(255, 255, 255)"
    assert max(map(int, re.findall(r"\d+", seen["dark"]))) < 64


@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits_a_phone(browser: Chrome, site: str, page: str) -> None:
    """It scrolls down only, and no script of it fails."""
    show(browser, f"{site}/{page}", PHONE)
    width = browser.execute_script("return document.documentElement.scrollWidth")

    assert width <= PHONE[0]
    severe = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    # Every browser asks for an icon; the site has none.
    assert [entry for entry in severe if "/favicon.ico" not in entry["message"]] == []
