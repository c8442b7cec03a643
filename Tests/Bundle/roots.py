"""Roots in which a program runs as on a machine that has little else. Linux and root's rights, for chroot."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

# Under names that a shell without /usr/sbin on its path does not find.
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
# What Debian's packages libc6, libgcc-s1 and libstdc++6 bring, which every installation has.
SYSTEM = re.compile(r"^(ld-linux.*|libc|libm|libdl|libpthread|librt|libutil|libresolv|libgcc_s|libstdc\+\+)\.so\.\d+$")


class Root:
    """A folder that is / for what runs in it; it goes with the `with` block."""

    def __init__(self, folder=None):
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="modelhost-root-"))
        # Other users go through it.
        self.folder.chmod(0o755)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "--lazy", self.folder / "proc"], stderr=subprocess.DEVNULL)
        if not os.path.ismount(self.folder / "proc"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def prepare(self):
        """The devices that every process may ask for, and /proc, where the loader asks where the program lies; false without it."""
        for name in ("dev", "tmp", "proc"):
            (self.folder / name).mkdir(exist_ok=True)
        for device in ("null", "urandom"):
            if not (self.folder / "dev" / device).exists():
                subprocess.run(["cp", "-a", f"/dev/{device}", self.folder / "dev"], check=True)
        return subprocess.run(["mount", "--bind", "/proc", self.folder / "proc"]).returncode == 0

    def start(self, *command, user=None, environment=None, **options):
        """A process in this root; its output is text."""
        account = [f"--userspec={user}"] if user else []
        return subprocess.Popen(
            [shutil.which("chroot", path=PATH), *account, self.folder, *command],
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp"} | (environment or {}), text=True, **options)

    def run(self, *command, seconds=60, **options):
        """Status and output of a command that ends; the output holds errors, too."""
        process = self.start(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
        try:
            text, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            text, _ = process.communicate()
            return None, text
        return process.returncode, text

    def unpack(self, archive):
        """The archive's own folder, in this root."""
        subprocess.run(["tar", "xJf", archive, "-C", self.folder], check=True)
        return next(self.folder.glob("modelhost-*"))


def debian(suite, mirror=None, script=None, keyring=None):
    """A distribution's smallest root, by debootstrap, from its own mirror unless one is named; RuntimeError with its last words
    where that fails."""
    root = Root()
    command = ["debootstrap", "--variant=minbase", *([f"--keyring={keyring}"] if keyring else []), suite, root.folder]
    command += filter(None, [mirror, script])
    made = subprocess.run([str(word) for word in command], capture_output=True, text=True, env={**os.environ, "PATH": PATH})
    if made.returncode != 0:
        root.__exit__()
        raise RuntimeError(f"debootstrap {suite}: " + " ".join((made.stdout + made.stderr).splitlines()[-2:]))
    return root


def copy_system_libraries(folder, root):
    """Copies what the loader names from the system for what lies in a folder; returns what a bare one lacks."""
    foreign = set()
    for file in [folder / "modelhost", *folder.glob("*.so")]:
        lines = subprocess.run(["ldd", file], capture_output=True, text=True,
                               env={**os.environ, "LD_LIBRARY_PATH": str(folder)}).stdout.splitlines()
        for line in lines:
            found = re.search(r"(/\S+)", line.split("=>")[-1])
            if not found or found[1].startswith(str(folder)):
                if "not found" in line:
                    foreign.add(line.strip())
                continue
            path = pathlib.Path(found[1])
            # Libraries of Swift itself come from the bundle.
            if (folder / path.name).exists():
                continue
            if not SYSTEM.match(path.name):
                foreign.add(path.name)
                continue
            target = root / str(path).lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                shutil.copy(path.resolve(), target)
    return sorted(foreign)
