"""Pages in a real browser: nothing is found by axe-core, nothing is asked of the network, nothing is wider than it.

It needs Chromium, and the environment variable AXE_CORE with the path of `axe.min.js` of the npm package axe-core;
where one is missing, it is left out. `.ci/run` has both.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from tui import cli

AXE: Final = os.environ.get("AXE_CORE", "")
CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (AXE and CHROMIUM), reason="needs Chromium, and axe-core at the path in AXE_CORE"),
]

QUIET: Final = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
)
LOOKS: Final = {"wide": ("1280,900", 1), "telephone in the dark": ("390,844", 0)}
"""The size of the window, and 0 for dark or 1 for light"""

ASK: Final = """
<script>%s</script>
<script>
for (const one of document.querySelectorAll("details")) one.open = true;
const wider = document.documentElement.scrollWidth - window.innerWidth;
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
axe.run(document, {runOnly: rules}).then((found) => {
  const told = document.createElement("pre");
  told.id = "found";
  const every = performance.getEntriesByType("resource").map((one) => one.name);
  const asked = every.filter((one) => !one.startsWith("data:"));
  told.textContent = JSON.stringify({wider, dark, asked, found: found.violations.map(
    (one) => [one.id, one.help, one.nodes.map((node) => node.html.slice(0, 200))])});
  document.body.append(told);
});
</script>
"""
"""What is put at the end of a page, after all that is looked at"""

PAGES: Final = {
    "default": ["report"],
    "stack": ["report", "--cell", "lstm", "--layers", "3"],
    "training": ["train", "--training-steps", "30"],
    "sweep": ["sweep", "--gain", "0.5:2:5", "--leak", "0.4:1:3", "--seeds", "2"],
    "diagnosis": ["diagnose", "--preset", "saturated"],
    "tour": ["tour", "question"],
    "worksheet": ["tour", "question", "--worksheet"],
}


def looked_at(page: Path, place: Path, look: str, more: str = "") -> dict[str, Any]:
    """What axe-core finds in a page, and what the page asked of the network or of the disk.

    Args:
        page: The page.
        place: A folder to work in.
        look: One of `LOOKS`.
        more: What is put at the end of the page in addition.
    """
    size, scheme = LOOKS[look]
    text = page.read_text(encoding="utf-8")
    # The policy of the page forbids scripts, this one too; it is left out of the copy that is looked at.
    text, policies = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    assert policies == 1
    copy = place / "copy.html"
    asked = ASK % Path(AXE).read_text(encoding="utf-8").replace("</script", "<\\/script")
    copy.write_text(text.replace("</body>", f"{more}{asked}</body>"), encoding="utf-8")
    command = [
        *(str(CHROMIUM), *QUIET, f"--user-data-dir={place / 'profile'}"),
        *(f"--window-size={size}", f"--blink-settings=preferredColorScheme={scheme}"),
        *("--virtual-time-budget=120000", "--dump-dom", copy.as_uri()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found is not None, done.stderr
    return dict(json.loads(html.unescape(found[1])))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_read_by_everybody_and_asks_nothing_of_the_network(name: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert cli.main([*PAGES[name], "--html", str(page)]) == 0
    for look in LOOKS:
        place = tmp_path / look
        place.mkdir()
        found = looked_at(page, place, look)
        assert found["found"] == [] and found["asked"] == []
        assert found["wider"] <= 0 and found["dark"] == (LOOKS[look][1] == 0)


def test_what_a_page_did_wrong_would_be_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert cli.main(["diagnose", "--timesteps", "6", "--html", str(page)]) == 0
    wrong = '<img src="http://127.0.0.1:9/a.png"><div style="width:5000px">wide</div>'
    found = looked_at(page, tmp_path, "wide", wrong)
    assert "image-alt" in [one[0] for one in found["found"]] and found["wider"] > 0
    assert found["asked"] == ["http://127.0.0.1:9/a.png"]
