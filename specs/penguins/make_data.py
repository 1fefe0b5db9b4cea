"""Makes data/penguins.csv from the PyPI package `palmerpenguins` (0.1.6), always with the same bytes.

Run it in this folder: `pip install --no-deps palmerpenguins==0.1.6`, then `python make_data.py`.
"""

from importlib.metadata import distribution
from pathlib import Path

SOURCE = Path(str(distribution("palmerpenguins").locate_file("palmerpenguins/data/penguins.csv")))
TARGET = Path(__file__).parent / "data" / "penguins.csv"

if __name__ == "__main__":
    TARGET.write_bytes(SOURCE.read_bytes())
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes")
