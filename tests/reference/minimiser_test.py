"""Fifty steps of BFGS and of conjugate gradients against SciPy's, which chose the lengths of the steps."""
import os
import random
import subprocess
import unittest
from pathlib import Path

import numpy
from scipy.optimize import minimize, rosen, rosen_der

STEPS, ROUNDS = 50, 12
# Rounding of either side is carried on by every step: relative distance of a point from SciPy's.
FAR = 1e-6


def drawn_seed(name):
    """A printed seed; LIMN_TEST_SEED repeats a run."""
    seed = int(os.environ.get("LIMN_TEST_SEED") or random.SystemRandom().getrandbits(32))
    print(f"{name}: LIMN_TEST_SEED={seed}", flush=True)
    return seed


def words(numbers):
    return " ".join(float(number).hex() for number in numbers)


def ours(method, start, lengths):
    path = Path(os.environ["LIMN"]).with_name("reference_minimiser")
    text = f"method {method}\nstart {words(start)}\nlengths {words(lengths)}\n"
    done = subprocess.run([path], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{path.name} failed: {done.stderr}")
    return [numpy.array([float.fromhex(word) for word in line.split()]) for line in done.stdout.splitlines()]


def lengths_of(method, points):
    """The length of each step along the direction that the textbook's method has at SciPy's own points."""
    n, lengths = len(points[0]), []
    inverse, direction, before = numpy.eye(n), None, None
    for x, to in zip(points, points[1:]):
        g = rosen_der(x)
        if method == "bfgs":
            if before is not None:
                s, y = x - before[0], g - before[1]
                left = numpy.eye(n) - numpy.outer(s, y) / (s @ y)
                inverse = left @ inverse @ left.T + numpy.outer(s, s) / (s @ y)
            direction = -inverse @ g
        else:
            beta = 0 if before is None else max(0, g @ (g - before[1]) / (before[1] @ before[1]))
            direction = -g + (beta * direction if before is not None else 0)
        lengths.append((to - x) @ direction / (direction @ direction))
        before = (x, g)
    return lengths


class Minimisers(unittest.TestCase):
    def follow(self, method, theirs):
        source = numpy.random.default_rng(drawn_seed(method))
        steps = 0
        for _ in range(ROUNDS):
            start = source.normal(size=source.integers(2, 9)) * 1.5
            points = [start]
            minimize(rosen, start, jac=rosen_der, method=theirs, callback=lambda x: points.append(x.copy()),
                     options={"maxiter": STEPS, "gtol": 1e-7})
            lengths = lengths_of(method, points)
            mine = ours(method, start, lengths)
            self.assertEqual(len(mine), len(points) - 1)
            for k, (a, b) in enumerate(zip(mine, points[1:])):
                distance = numpy.linalg.norm(a - b) / (1 + numpy.linalg.norm(b))
                self.assertLess(distance, FAR, f"{method} from {start.tolist()}, step {k + 1}")
            steps += len(mine)
        print(f"{method}: {steps} steps")
        self.assertGreater(steps, ROUNDS * 10)

    def test_bfgs_follows_scipy(self):
        self.follow("bfgs", "BFGS")

    def test_conjugate_gradients_follow_scipy(self):
        self.follow("cg", "CG")


if __name__ == "__main__":
    unittest.main()
