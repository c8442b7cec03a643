"""Compiles all kernels for every architecture that they are for, without a GPU, and reads what became of them.

    python3 Tests/CUDA/compile.py [--all]

Cubins come from NVRTC 12.0.140, as a user's own compiler would make them; registers and spilled bytes are what ptxas makes of
the PTX that is in the binary, as the driver does. Both come from PyPI, into .build/cuda-python. A kernel that spills fails,
and so does PTX that is not of its sources. --all prints every kernel, not only the hungriest. The last line counts the checks.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "Sources" / "CHostCUDA"))

import nvrtc
import ptx

#: What each module's PTX is compiled for: capabilities from its own on, or that very one.
ARCHITECTURES = ["70", "75", "80", "86", "89", "90"]

FUNCTION = re.compile(r"Compiling entry function '(\w+)' for 'sm_(\w+)'")
SPILLS = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
USED = re.compile(r"Used (\d+) registers(?:.*?(\d+) bytes smem)?")


def targets(architecture):
    """The architectures that run a module of this one."""
    if architecture.endswith("a"):
        return [architecture]
    return [a for a in ARCHITECTURES if int(a) >= int(architecture)]


class Report:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, holds, words):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"✘ {words}")


def read(log):
    """{kernel: (registers, stack, spilled, shared)} of what ptxas says."""
    found, name, spills = {}, None, (0, 0, 0)
    for line in log.splitlines():
        if match := FUNCTION.search(line):
            name = match[1]
        elif match := SPILLS.search(line):
            spills = tuple(map(int, match.groups()))
        elif (match := USED.search(line)) and name:
            found[name] = (int(match[1]), spills[0], spills[1] + spills[2], int(match[2] or 0))
            name, spills = None, (0, 0, 0)
    return found


def assemble(ptxas, path, architecture):
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [ptxas, "-v", f"-arch=sm_{architecture}", path, "-o", f"{folder}/out.cubin"], capture_output=True, text=True)


def main():
    nvrtc.install()
    environment = ROOT / ".build" / "cuda-python"
    ptxas = next(environment.glob("lib/python3*/site-packages/nvidia/cuda_nvcc/bin/ptxas"))
    ptxas.chmod(0o755)
    compiler = nvrtc.NVRTC(nvrtc.library())
    sources, modules, report = nvrtc.texts(), ptx.modules(), Report()

    for name, source, architecture in modules:
        text = (nvrtc.HERE / "ptx" / f"{name}_{architecture}.ptx").read_text()
        report.check(
            text.startswith(ptx.header(source, sources)),
            f"{name}_{architecture}.ptx is not of its sources: ptx.py makes it")

    jobs = [(name, source, architecture, target) for name, source, architecture in modules for target in targets(architecture)]

    def one(job):
        name, source, architecture, target = job
        path = nvrtc.HERE / "ptx" / f"{name}_{architecture}.ptx"
        try:
            cubin, words = compiler.compile(source, target, sources, cubin=True), ""
        except SystemExit as error:
            cubin, words = b"", str(error)
        return job, cubin, words, assemble(ptxas, path, target)

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(one, jobs))

    worst = {}
    for (name, source, architecture, target), cubin, words, assembled in results:
        report.check(cubin.startswith(b"\x7fELF"), f"{source} for sm_{target}: {words}")
        report.check(assembled.returncode == 0, f"{name}_{architecture}.ptx for sm_{target}: {assembled.stderr}")
        for kernel, (registers, stack, spilled, shared) in read(assembled.stderr).items():
            report.check(
                spilled == 0 and stack == 0, f"{kernel} for sm_{target}: {spilled} bytes spilled, {stack} bytes of stack")
            worst[kernel] = max(worst.get(kernel, (0, 0, "")), (registers, shared, f"sm_{target}"))
    for kernel, (registers, shared, target) in sorted(worst.items(), key=lambda item: item[1], reverse=True):
        if registers >= 128 or "--all" in sys.argv[1:]:
            print(f"{kernel}: {registers} registers, {shared} bytes of shared memory ({target})")
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
