"""The world of the journeys: four programs on a seeded database, a Chromium, visitors, and proven books at the end."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.journeys.browsing import Visitor, visiting
from tests.ledgers import differences
from tests.stack import Stack
from tools.chromium import find_chromium

HERE = Path(__file__).parent
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
Visit = Callable[..., Visitor]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys come last and in the order they are written in: some let months pass at the payment service."""
    journeys = [item for item in items if item.path.is_relative_to(HERE)]
    for item in journeys:
        item.add_marker(pytest.mark.browser)
    journeys.sort(key=lambda item: (item.path, item.reportinfo()[1] or 0))
    items[:] = [item for item in items if not item.path.is_relative_to(HERE)] + journeys


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all journeys."""
    path = find_chromium()
    if path is None:
        pytest.skip("There is no Chromium: install the package “chromium”, or set CHROMIUM to a browser's path.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def stack(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The running product. In the end its books are in balance and agree with the payment service to the cent."""
    with Stack(tmp_path_factory.mktemp("journeys")) as running:
        yield running
        assert not (found := differences(running)), "\n".join(found)


@pytest.fixture
def visit(chromium: Browser, stack: Stack) -> Iterator[Visit]:
    """Visitors: `visit("phone", locale="fr-FR")`. What their browsers complained about fails the test at its end."""
    with ExitStack() as leaving:
        arrive = partial(visiting, chromium, (stack.site, stack.stripe))
        yield lambda size="desktop", **options: leaving.enter_context(arrive(size, **options))
