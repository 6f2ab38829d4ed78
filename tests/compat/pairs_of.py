"""The fixtures of the rows: a folder for each, with the contracts before and after."""

from pathlib import Path

from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Contract, Package
from crucible_pipeline.contracts.read import read_folder

PAIRS = Path(__file__).parent / "pairs"
NAMES = sorted(path.name for path in PAIRS.iterdir() if path.is_dir())


def package(name: str) -> Package:
    return Package(name, name.replace("-", "_"), f"@shop/{name}")


def contract_of(files: dict[str, str], name: str = "shop-contracts") -> Contract:
    return load(files, package(name))


def one_side(pair: str, side: str) -> Contract:
    folder = PAIRS / pair / side
    if not folder.is_dir():
        return contract_of({"orders.yaml": (PAIRS / pair / f"{side}.yaml").read_text()})
    name = folder / "package"
    return contract_of(read_folder(folder), name.read_text().strip() if name.exists() else "shop-contracts")
