"""Fifty steps of BFGS and of conjugate gradients against SciPy's, which chose the lengths of the steps."""
import os
import random
import subprocess
import unittest
from pathlib import Path
from unittest import mock

import numpy
from scipy.optimize import _optimize, minimize

STEPS, ROUNDS = 50, 12
# Every step carries the rounding of those before it on, and enlarges it as the function has it. How much is measured: the
# textbook's method with the same lengths, from starts that one rounding moved. Ours may be so many times as far off.
TIMES, LEAST = 100, 1e-11


def drawn_seed(name):
    """A printed seed; LIMN_TEST_SEED repeats a run."""
    seed = int(os.environ.get("LIMN_TEST_SEED") or random.SystemRandom().getrandbits(32))
    print(f"{name}: LIMN_TEST_SEED={seed}", flush=True)
    return seed


def value(x):
    """Rosenbrock's function, chained, with walls that are a tenth as steep: rounding grows less from step to step."""
    return sum(10 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def gradient(x):
    bend, g = x[1:] - x[:-1] ** 2, numpy.zeros_like(x)
    g[:-1] = -40 * x[:-1] * bend - 2 * (1 - x[:-1])
    g[1:] += 20 * bend
    return g


def words(numbers):
    return " ".join(float(number).hex() for number in numbers)


def ours(method, start, lengths):
    path = Path(os.environ["LIMN"]).with_name("reference_minimiser")
    text = f"method {method}\nstart {words(start)}\nlengths {words(lengths)}\n"
    done = subprocess.run([path], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{path.name} failed: {done.stderr}")
    return [numpy.array([float.fromhex(word) for word in line.split()]) for line in done.stdout.splitlines()]


def theirs(method, start):
    """SciPy's points, and the lengths that its line search returned."""
    points, lengths = [], []
    search = _optimize._line_search_wolfe12

    def listening(*arguments, **named):
        found = search(*arguments, **named)
        lengths.append(found[0])
        return found

    with mock.patch.object(_optimize, "_line_search_wolfe12", listening):
        minimize(value, start, jac=gradient, method=method, callback=lambda x: points.append(x.copy()),
                 options={"maxiter": STEPS, "gtol": 1e-7})
    return points, lengths[:len(points)]


def textbook(method, x, lengths):
    inverse, points = numpy.eye(len(x)), []
    g = gradient(x)
    d = -g
    for a in lengths:
        s = a * d
        points.append(x := x + s)
        before, g = g, gradient(x)
        y = g - before
        if method == "bfgs":
            left = numpy.eye(len(x)) - numpy.outer(s, y) / (s @ y)
            inverse = left @ inverse @ left.T + numpy.outer(s, s) / (s @ y)
            d = -inverse @ g
        else:
            d = -g + max(0, (g @ y) / (before @ before)) * d
    return points


def distance(a, b):
    return numpy.linalg.norm(a - b) / (1 + numpy.linalg.norm(b))


class Minimisers(unittest.TestCase):
    def follow(self, method, scipys):
        source = numpy.random.default_rng(drawn_seed(method))
        steps = tight = 0
        for _ in range(ROUNDS):
            start = source.normal(size=source.integers(2, 9)) * 1.5
            points, lengths = theirs(scipys, start)
            mine = ours(method, start, lengths)
            self.assertEqual(len(mine), len(points))
            moved = [textbook(method, start * (1 + source.choice([-1, 1], len(start)) * 2.3e-16), lengths)
                     for _ in range(4)]
            allowed = LEAST
            for k, (a, b) in enumerate(zip(mine, points)):
                allowed = max([allowed] + [TIMES * distance(run[k], b) for run in moved])
                self.assertLess(distance(a, b), allowed, f"{method} from {start.tolist()}, step {k + 1}")
                tight += allowed < 1e-6
            steps += len(mine)
        print(f"{method}: {steps} steps, of which {tight} are known to 1e-6")
        self.assertGreater(tight, ROUNDS * 10)

    def test_bfgs_follows_scipy(self):
        self.follow("bfgs", "BFGS")

    def test_conjugate_gradients_follow_scipy(self):
        self.follow("cg", "CG")


if __name__ == "__main__":
    unittest.main()
