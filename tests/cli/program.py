"""The `limn` program as its tests see it: run it, read its JSON lines, write small data files. Standard library only."""
import json
import os
import random
import shutil
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

LIMN = os.environ["LIMN"]
SANITIZED = bool(os.environ.get("LIMN_SANITIZE"))

# A small training with everything that could break equal bits: dropout, a ragged last batch, moments.
# The constant schedule: a run of N steps is then the beginning of a longer one.
SMALL = ["--data", "spirals", "--set", "arch=dense 24 relu | dropout 0.25 | dense 16 tanh | dense 2", "--set", "batch=48",
         "--set", "schedule=constant"]


def drawn_random(name):
    """Random numbers from a printed seed; LIMN_TEST_SEED repeats a run."""
    seed = int(os.environ.get("LIMN_TEST_SEED") or random.SystemRandom().getrandbits(32))
    print(f"{name}: LIMN_TEST_SEED={seed}", flush=True)
    return random.Random(seed)


class Result:
    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def events(self):
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def done(self):
        last = self.events[-1]
        assert last["event"] == "done", last
        return last

    def of(self, event):
        return [e for e in self.events if e["event"] == event]


class ProgramTest(unittest.TestCase):
    """Every test has a folder of its own, in which the program runs."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="limn-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def start(self, *arguments, **options):
        """A program that goes on beside the test, and no longer than it."""
        process = subprocess.Popen([LIMN, *map(str, arguments)], cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, **options)

        def end():
            with process:
                process.kill()
        self.addCleanup(end)
        return process

    def appears(self, path, process):
        """Waits until the program has made the file or folder."""
        while not path.exists():
            if process.poll() is not None and not path.exists():
                self.fail(f"{process.args} ended without {path}\n{process.stderr.read()}")
            time.sleep(0.001)

    def run_limn(self, *arguments, **options):
        return Result(subprocess.run([LIMN, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True,
                                     timeout=600, **options))

    def limn(self, *arguments, **options):
        """Runs it and expects success."""
        result = self.run_limn(*arguments, **options)
        self.assertEqual(result.status, 0, f"limn {arguments}\n{result.out}\n{result.err}")
        return result

    def train(self, *arguments):
        return self.limn("train", "mlp", "--json", "--threads", 1, *arguments)

    def files(self):
        return sorted(str(p.relative_to(self.folder)) for p in self.folder.rglob("*"))

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


def idx(magic, dims, data):
    return struct.pack(">I", magic) + b"".join(struct.pack(">I", d) for d in dims) + data


def flowers(rows=120, seed=5):
    """A table with text columns, missing values and a class that can be learned."""
    random_ = random.Random(seed)
    lines = ["length,colour,\"width, cm\",kind"]
    for i in range(rows):
        kind = ("rose", "daisy", "tulip")[i % 3]
        length = f"{i % 3 + random_.gauss(0, 0.2):.3f}" if random_.random() > 0.1 else ""
        colour = ("red", "white", "yellow")[i % 3] if random_.random() > 0.2 else random_.choice(["red", "", "white"])
        lines.append(f"{length},{colour},{random_.gauss(0, 1):.3f},{kind}")
    return "\n".join(lines) + "\n"
