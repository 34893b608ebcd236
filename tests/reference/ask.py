"""Asks a program of the reference suite (reference_NAME, beside limn) and reads its answer; draws, measures, compares."""
import os
import random
import subprocess
from pathlib import Path

import torch


def drawn_seed(name):
    """A printed seed; LIMN_TEST_SEED repeats a run."""
    seed = int(os.environ.get("LIMN_TEST_SEED") or random.SystemRandom().getrandbits(32))
    print(f"{name}: LIMN_TEST_SEED={seed}", flush=True)
    return seed


def words(value):
    if isinstance(value, torch.Tensor):
        return " ".join(float(number).hex() for number in value.reshape(-1))
    return str(value)


def ask(program, **question):
    """Returns {who: {name: float64 tensor}}; numbers travel as hexadecimal floats, so exactly."""
    path = Path(os.environ["LIMN"]).with_name(f"reference_{program}")
    text = "".join(f"{name} {words(value)}\n" for name, value in question.items())
    done = subprocess.run([path], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{path.name} failed: {done.stderr}")
    answer = {}
    for line in done.stdout.splitlines():
        who, name, *numbers = line.split()
        answer.setdefault(who, {})[name] = torch.tensor([float.fromhex(n) for n in numbers], dtype=torch.float64)
    return answer


def rounded(tensor):
    """The float32 nearest to each number, as float64: what both sides hold exactly."""
    return tensor.to(torch.float32).to(torch.float64)


def distance(ours, theirs):
    """|ours - theirs| / |theirs| by Euclidean norms; where theirs is 0, |ours|."""
    assert ours.shape == theirs.shape, f"{ours.shape} and {theirs.shape}"
    size = float(theirs.norm())
    return float((ours - theirs).norm()) / (size if size > 0 else 1)
