"""Browsers by their names, whatever they say of themselves."""

import pytest

from core.devices import named_device

DEVICES = [
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", ("Firefox", "Windows")),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Safari/604.1", ("Safari", "iPhone")),
    ("Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 CriOS/142.0 Safari/604.1", ("Chrome", "iPad")),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0", ("Edge", "Mac")),
    ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 SamsungBrowser/27.0 Chrome/125.0 Safari/537.36", ("Samsung Internet", "Android")),
    ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 MicroMessenger/8.0", ("WeChat", "Android")),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36", ("Chrome", "Linux")),
    ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0)", ("", "ChromeOS")),
    ("curl/8.5.0", ("", "")),
    ("<script>alert(1)</script>", ("", "")),
    ("", ("", "")),
]


@pytest.mark.parametrize(("user_agent", "named"), DEVICES)
def test_a_browser_is_named_and_its_own_words_never_shown(user_agent: str, named: tuple[str, str]) -> None:
    assert named_device(user_agent) == named
