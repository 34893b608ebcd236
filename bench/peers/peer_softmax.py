#!/usr/bin/python3
"""scikit-learn's softmax regression by lbfgs on MNIST's first 55,000 training images, timed without its preparations.

  peer_softmax.py --data FOLDER_OF_MNIST [--share 1e-4] [--decay 1e-4]

It ends where the gradient's largest component is `share` of the first one. scikit-learn leaves SciPy's test of the
decrease on, which would end earlier: it is switched off. Prints one JSON line; values are means over the rows.
"""
import argparse
import json
import os
import time

import numpy as np
import scipy.optimize
from sklearn.linear_model import LogisticRegression, _logistic

ROWS = 55_000
parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.add_argument("--share", type=float, default=1e-4)
parser.add_argument("--decay", type=float, default=1e-4)
asked = parser.parse_args()


def read(name, offset):
    with open(os.path.join(asked.data, name), "rb") as file:
        return np.frombuffer(file.read(), np.uint8, offset=offset)


minimize = scipy.optimize.minimize


def timed(function, start, method, jac, args, options):
    del options  # scikit-learn's own
    first = np.abs(function(start, *args)[1]).max()
    begin = time.perf_counter()
    found = minimize(function, start, args=args, method=method, jac=jac,
                     options={"gtol": asked.share * first, "ftol": 0, "maxiter": 10**5, "maxfun": 10**6})
    print(json.dumps({"seconds": time.perf_counter() - begin, "evaluations": found.nfev, "iterations": found.nit,
                      "value": found.fun / ROWS, "tolerance": asked.share * first / ROWS,
                      "gradient": np.abs(found.jac).max() / ROWS}))
    return found


_logistic.optimize.minimize = timed
images, labels = read("train-images-idx3-ubyte", 16).reshape(-1, 784)[:ROWS] / 255, read("train-labels-idx1-ubyte", 8)[:ROWS]
LogisticRegression(C=1 / (asked.decay * ROWS), solver="lbfgs", multi_class="multinomial", max_iter=10**5).fit(images, labels)
