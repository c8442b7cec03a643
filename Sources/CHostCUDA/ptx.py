"""Makes the PTX that is built into the binary, with the NVRTC that writes PTX for drivers from R525 on.

    python3 Sources/CHostCUDA/ptx.py            writes Sources/CHostCUDA/ptx/
    python3 Sources/CHostCUDA/ptx.py --check    says what is stale, and ends with 1 if anything is

Each text begins with the SHA-256 of the sources that it was made of, so that a test can tell stale ones without NVRTC.
"""

import hashlib
import re
import sys

import nvrtc

MODULE = re.compile(r'^CUDA_MODULE\((\w+), "([^"]+)", (\d+), (\w*)\)', re.M)


def modules():
    """(name, source, architecture) of each line of modules.def."""
    text = (nvrtc.HERE / "modules.def").read_text()
    return [(name, source, capability + suffix) for name, source, capability, suffix in MODULE.findall(text)]


def digest(source, sources):
    """SHA-256 over the names, sizes and bytes of a source and of what it includes."""
    hash = hashlib.sha256()
    for name in nvrtc.closure(source, sources):
        hash.update(f"{name} {len(sources[name])}\n".encode())
        hash.update(sources[name])
    return hash.hexdigest()


def header(source, sources):
    return f"// sources {digest(source, sources)}\n// {nvrtc.PACKAGE} {nvrtc.VERSION}\n"


def main():
    check = sys.argv[1:] == ["--check"]
    sources = nvrtc.texts()
    library = nvrtc.library()
    if not check and not library:
        nvrtc.install()
        library = nvrtc.library()
    compiler = nvrtc.NVRTC(library) if library else None
    stale = 0
    for name, source, architecture in modules():
        path = nvrtc.HERE / "ptx" / f"{name}_{architecture}.ptx"
        head = header(source, sources)
        old = path.read_text() if path.exists() else ""
        if compiler:
            text = head + compiler.compile(source, architecture, sources).decode()
            fresh = old == text
        else:
            text, fresh = "", old.startswith(head)
        if fresh:
            continue
        stale += 1
        if not check:
            path.write_text(text)
        print(f"{path.name}: {'stale' if check else f'{len(text)} bytes'}")
    if check:
        print(f"{len(modules()) - stale} passed, {stale} failed")
        return 1 if stale else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
