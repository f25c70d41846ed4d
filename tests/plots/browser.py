"""A page in Debian's Chromium, without a screen and without a network."""

import time


def open_page(driver, page, width=1300, scheme="light"):
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd(
        "Network.emulateNetworkConditions", {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    )
    driver.get(page.as_uri())
    until = time.monotonic() + 60
    while not driver.execute_script("return document.documentElement.dataset.drawn"):
        assert time.monotonic() < until, driver.get_log("browser")
        time.sleep(0.05)
    return driver
