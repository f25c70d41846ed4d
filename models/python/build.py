"""Makes the virtual environment that the Python models run in: `build.py FOLDER`. Without uvloop, which has no build
for every interpreter, all models but python-uvloop are there; it says so itself."""

import subprocess
import sys
import venv
from pathlib import Path

folder = Path(sys.argv[1])
try:
    venv.create(folder, clear=True, with_pip=True)
except subprocess.CalledProcessError:  # Debian without python3-venv
    venv.create(folder, clear=True, with_pip=False)
requirements = Path(__file__).with_name("requirements.txt")
install = [folder / "bin/python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--require-hashes"]
if subprocess.run([*install, "--only-binary", ":all:", "-r", requirements], check=False).returncode != 0:
    print("uvloop was not installed: the lines above say why; python-uvloop is not supported", file=sys.stderr)
