"""NVRTC, the compiler of CUDA C++, as ptx.py and Tests/CUDA use it: by ctypes, without a toolkit, without a GPU.

    python3 Sources/CHostCUDA/nvrtc.py      fetches it into .build/cuda-python, where tests find it
"""

import ctypes
import glob
import os
import pathlib
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PACKAGE, VERSION = "nvidia-cuda-nvrtc-cu12", "12.0.140"
#: The compiler, the assembler that the driver has too, and what checks of kernels calculate with.
PACKAGES = [f"{PACKAGE}=={VERSION}", "nvidia-cuda-nvcc-cu12==12.0.140", "numpy"]


def install():
    """A virtual environment below .build with the packages; its Python."""
    place = ROOT / ".build" / "cuda-python"
    python = place / "bin" / "python"
    if not python.exists():
        venv.create(place, with_pip=True)
    stamp = place / "packages.txt"
    if not stamp.exists() or stamp.read_text() != "\n".join(PACKAGES):
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        stamp.write_text("\n".join(PACKAGES))
    return python


def library(place=ROOT / ".build" / "cuda-python"):
    """The path of libnvrtc in a virtual environment, or None."""
    found = glob.glob(str(place / "lib/python3*/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12"))
    return found[0] if found else None


def texts():
    """All sources by the names under which they include each other."""
    kernels = HERE / "kernels"
    files = sorted(p for p in kernels.rglob("*") if p.suffix in (".cu", ".inc"))
    found = {str(p.relative_to(kernels)): p.read_bytes() for p in files}
    for header in ("CHostCUDAArguments.h", "CHostCUDAProducts.h"):
        found[header] = (HERE / "include" / header).read_bytes()
    return found


def closure(name, sources):
    """The names of a source and of all that it includes, in the order of their first use."""
    order = []

    def visit(name):
        if name in order or name not in sources:
            return
        order.append(name)
        for line in sources[name].decode().splitlines():
            if line.startswith('#include "'):
                visit(line.split('"')[1])

    visit(name)
    return order


class NVRTC:
    def __init__(self, path):
        # Some versions do not find this library beside themselves.
        for builtins in glob.glob(os.path.join(os.path.dirname(path), "libnvrtc-builtins.so*")):
            ctypes.CDLL(builtins)
        self.nvrtc = ctypes.CDLL(path)

    def version(self):
        major, minor = ctypes.c_int(), ctypes.c_int()
        self.nvrtc.nvrtcVersion(ctypes.byref(major), ctypes.byref(minor))
        return f"{major.value}.{minor.value}"

    def _bytes(self, program, what):
        size = ctypes.c_size_t()
        getattr(self.nvrtc, f"nvrtcGet{what}Size")(program, ctypes.byref(size))
        buffer = ctypes.create_string_buffer(size.value)
        getattr(self.nvrtc, f"nvrtcGet{what}")(program, buffer)
        return buffer.raw

    def compile(self, source, architecture, sources, cubin=False):
        """PTX or a cubin of a source; raises SystemExit with the compiler's words."""
        names = [name for name in closure(source, sources) if name != source]
        program = ctypes.c_void_p()
        strings = ctypes.c_char_p * len(names)
        self.nvrtc.nvrtcCreateProgram(
            ctypes.byref(program), sources[source], source.encode(), len(names),
            strings(*[sources[name] for name in names]), strings(*[name.encode() for name in names]))
        kind = "sm" if cubin else "compute"
        options = [f"--gpu-architecture={kind}_{architecture}", "--std=c++17", "-default-device"]
        result = self.nvrtc.nvrtcCompileProgram(
            program, len(options), (ctypes.c_char_p * len(options))(*[o.encode() for o in options]))
        log = self._bytes(program, "ProgramLog").rstrip(b"\0\n").decode()
        if result:
            raise SystemExit(f"{source} for {architecture}: {log or result}")
        if log:
            print(f"{source} for {architecture}: {log}", file=sys.stderr)
        return self._bytes(program, "CUBIN") if cubin else self._bytes(program, "PTX").rstrip(b"\0")


if __name__ == "__main__":
    install()
    print(library())
