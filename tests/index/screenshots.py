"""Takes the screenshots of the README, from the top: `PYTHONPATH=tests python -m index.screenshots`."""

from pathlib import Path
from urllib.parse import urlsplit

from crucible_pipeline.index.server import running
from crucible_pipeline.release.difference import CONTRACTS
from index.chromium import chromium
from index.furnished import furnish

FOLDER = Path(__file__).parents[2] / "docs"
HOST = "packages.example"
COMPARISON = "project/demo-contracts/compare?from=0.3.0&to=0.4.0"
# File → page, colours, width and height.
SHOTS = {
    "project": ("project/demo-contracts/", "light", 1000, 1000),
    "compare": (COMPARISON, "dark", 1000, 1000),
    "narrow": ("project/demo-contracts/0.3.1/", "dark", 320, 1000),
}


def main() -> None:
    """Take them."""
    FOLDER.mkdir(exist_ok=True)
    with running(contracts=CONTRACTS) as index:
        furnish(index)
        port = urlsplit(index.url).port
        with chromium(f"--host-resolver-rules=MAP {HOST} 127.0.0.1:{port}") as browser:
            for name, (path, mode, width, height) in SHOTS.items():
                page = browser.new_page(
                    color_scheme="dark" if mode == "dark" else "light",
                    viewport={"width": width, "height": height},
                )
                page.goto(f"http://{HOST}/{path}")
                page.screenshot(path=FOLDER / f"{name}.png")
                page.close()


if __name__ == "__main__":
    main()
