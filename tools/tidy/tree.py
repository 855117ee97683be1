"""The files that tidy looks at: what git knows or would add; without git, everything but builds."""

import os
import subprocess
import tomllib
from pathlib import Path

SKIPPED_DIRECTORIES = {".git", "build", "out", "__pycache__", "node_modules"}
CPP = (".cpp", ".cc", ".c", ".h")


def _from_git(root):
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "ls-files", "-z"]
    command += ["--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return [name for name in listed.split("\0") if name]


def _from_disk(root):
    for directory, subdirectories, names in os.walk(root):
        subdirectories[:] = [d for d in subdirectories if d not in SKIPPED_DIRECTORIES]
        for name in names:
            yield os.path.relpath(os.path.join(directory, name), root)


class Tree:
    """path (with /) -> text of every text file below root; `blobs` are the paths of the others."""

    def __init__(self, root):
        self.root = Path(root)
        self.text = {}
        self.blobs = []
        self.size = {}
        for path in sorted(_from_git(self.root) or _from_disk(self.root)):
            file = self.root / path
            if not file.is_file() or file.is_symlink():
                continue
            data = file.read_bytes()
            self.size[path] = len(data)
            try:
                self.text[path] = data.decode("utf-8")
            except UnicodeDecodeError:
                self.blobs.append(path)
        self.exceptions = tomllib.loads(self.text.get("tools/tidy/exceptions.toml", ""))

    def cpp(self):
        return {path: text for path, text in self.text.items() if path.endswith(CPP)}

    def python(self):
        return {path: text for path, text in self.text.items() if path.endswith(".py")}


def room_of(path):
    """`solve` for src/solve/moves/swap.cpp; None outside src."""
    parts = path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def is_test(path):
    stem = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return path.startswith("tests/") or stem.endswith(("_test", "_bench", "_fuzz"))
