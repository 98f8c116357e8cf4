"""Build one wheel of the working tree, compiled or pure, into an empty folder.

Usage: build_wheel.py {compiled|pure} FOLDER. The file FOLDER/mode says what came out: a
compiled wheel that was asked for is a pure one where no C compiler is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path


def prune(build: Path, sources: Path) -> None:
    """Drop what earlier builds left, but the compiled modules whose source is still there."""
    for path in build.glob("lib*/**/*"):
        module = (*path.relative_to(build).parts[1:-1], path.name.split(".")[0] + ".py")
        compiled = path.suffix in {".so", ".pyd"}
        if path.is_file() and not (compiled and sources.joinpath(*module).exists()):
            path.unlink()


def main(mode: str, folder: Path) -> None:
    """Build the wheel into `folder` and write the mode it really has beside it."""
    prune(Path("build"), Path("src"))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    environment = os.environ | ({"CORMORANT_PURE": "1"} if mode == "pure" else {})
    command = [sys.executable, "-m", "pip", "wheel", "--verbose", "--no-deps"]
    command += ["--no-build-isolation", "--wheel-dir", str(folder), "."]
    log = folder / "build.log"
    with log.open("w") as stream:
        done = subprocess.run(command, env=environment, stdout=stream, stderr=stream)
    text = log.read_text()
    if done.returncode:
        sys.exit(f"{text}\ncormorant: the {mode} wheel did not build; its log stands above.")
    print("\n".join(line.strip() for line in text.splitlines() if "cormorant: " in line))
    (wheel,) = folder.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    result = "compiled" if any(name.endswith((".so", ".pyd")) for name in names) else "pure"
    (folder / "mode").write_text(result + "\n")
    print(f"cormorant: built {wheel} ({result})")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
