#!/usr/bin/python3
"""SciPy's minimisers that use gradients, at their defaults, on the problems of problems.hpp.

  peer_scipy.py LIBRARY     the problems, built as a shared library; prints one JSON line a problem and solver

The second derivatives that the Newton types ask for are central differences of exact gradients, and are not counted.
"""
import ctypes
import json
import sys
import warnings

import numpy as np
from scipy.optimize import minimize

METHODS = ("BFGS", "L-BFGS-B", "CG", "Newton-CG", "trust-ncg", "trust-exact")
NUMBERS = ctypes.POINTER(ctypes.c_double)

library = ctypes.CDLL(sys.argv[1])
library.problem_name.restype = ctypes.c_char_p
library.problem_start.restype = NUMBERS
library.problem_least.restype = library.problem_value.restype = ctypes.c_double


class Problem:
    def __init__(self, index):
        self.index, self.name = index, library.problem_name(index).decode()
        self.least, self.n = library.problem_least(index), library.problem_dimension(index)
        self.start = np.array(library.problem_start(index)[:self.n])

    def value(self, x):
        x = np.ascontiguousarray(x, dtype=float)
        return library.problem_value(self.index, x.ctypes.data_as(NUMBERS))

    def gradient(self, x):
        x, g = np.ascontiguousarray(x, dtype=float), np.empty(self.n)
        library.problem_gradient(self.index, x.ctypes.data_as(NUMBERS), g.ctypes.data_as(NUMBERS))
        return g

    def hessian(self, x):
        columns = np.empty((self.n, self.n))
        for k in range(self.n):
            step = np.zeros(self.n)
            step[k] = 1e-6 * max(1, abs(x[k]))
            columns[:, k] = (self.gradient(x + step) - self.gradient(x - step)) / (2 * step[k])
        return (columns + columns.T) / 2


def run(problem, method):
    counts = {"values": 0, "gradients": 0, "hit": None}

    def value(x):
        f = problem.value(x)
        counts["values"] += 1
        if counts["hit"] is None and f <= problem.least + 1e-8:
            counts["hit"] = max(counts["values"], counts["gradients"])
        return f

    def gradient(x):
        counts["gradients"] += 1
        return problem.gradient(x)

    more = {"hess": problem.hessian} if method in ("Newton-CG", "trust-ncg", "trust-exact") else {}
    x, status = problem.start, "exception"
    try:
        result = minimize(value, problem.start.copy(), method=method, jac=gradient, **more)
        x, status = result.x, str(result.message)
    except Exception as error:  # whatever it raises on a hard problem: it has not solved it
        status = f"exception: {error}"
    at_end, slope = problem.value(x), np.max(np.abs(problem.gradient(x)))
    print(json.dumps({"solver": f"scipy {method.lower()}", "problem": problem.name, "hit": counts["hit"],
                      "evaluations": max(counts["values"], counts["gradients"]),
                      "value": at_end if np.isfinite(at_end) else None,
                      "gradient_norm": slope if np.isfinite(slope) else None, "status": status}))


warnings.simplefilter("ignore")
for i in range(library.problem_count()):
    for name in METHODS:
        if name != "trust-exact" or library.problem_dimension(i) < 100:
            run(Problem(i), name)
