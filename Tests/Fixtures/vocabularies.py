"""Puts the World vocabulary where tests find it: from the `rwkv` package on PyPI into .build/vocabularies.

    python3 Tests/Fixtures/vocabularies.py

20B_tokenizer.json is in no package; copy it there by hand. Tests that lack a file skip.
"""
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

NAME = "rwkv_vocab_v20230424.txt"
FOLDER = Path(__file__).resolve().parents[2] / ".build/vocabularies"


def main():
    target = FOLDER / NAME
    if target.exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest", folder, "rwkv==0.8.32"],
            check=True)
        with zipfile.ZipFile(next(Path(folder).glob("rwkv-*.whl"))) as wheel:
            # The package has the lines of Windows; the file of the model has not.
            text = wheel.read(f"rwkv/{NAME}").replace(b"\r\n", b"\n")
    FOLDER.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text)


if __name__ == "__main__":
    main()
