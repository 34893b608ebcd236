"""limn's minimisers and those of SciPy, GSL, NLopt, libLBFGS and dlib on the 31 classical problems, in one table.

A cell is "evaluations until f <= f* + 1e-8 / evaluations at the solver's own stop", a dot where f never got there; it is
marked l where the solver ended in a listed local minimum and x where it ended in none. Counts do not depend on the
machine, except SciPy's and dlib's: their linear algebra is the BLAS that is installed, whose rounding long runs amplify.
Second derivatives are not counted; SciPy's are central differences of exact gradients, limn's are exact.
"""
import ctypes
import json
import math
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# NAME: its header, what it is linked with, its Debian package.
LIBRARIES = {
    "gsl": ("gsl/gsl_multimin.h", ["-lgsl", "-lgslcblas"], "libgsl-dev"),
    "nlopt": ("nlopt.h", ["-lnlopt"], "libnlopt-dev"),
    "liblbfgs": ("lbfgs.h", ["-llbfgs"], "liblbfgs-dev"),
    "dlib": ("dlib/optimization.h", ["-ldlib", "-lblas", "-llapack"], "libdlib-dev"),
}
YARDSTICKS = ("scipy bfgs", "liblbfgs", "dlib bfgs")  # totals are over the problems that all of these solve


def rows_of(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800)
    if done.returncode:
        sys.exit(f"error: {os.path.basename(command[0])} failed: {done.stderr.strip()[-300:]}\nhint: run it alone to see why")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def build(folder, name, sources, flags):
    """The program or library, made again where a source is newer."""
    os.makedirs(folder, exist_ok=True)
    target, paths = os.path.join(folder, name), [os.path.join(HERE, source) for source in sources]
    newest = max(os.path.getmtime(path) for path in [*paths, os.path.join(HERE, "problems.hpp")])
    if not os.path.exists(target) or os.path.getmtime(target) < newest:
        subprocess.run(["g++", "-O2", "-std=c++20", "-ffp-contract=off", *paths, "-o", target, *flags], check=True)
    return target


def peer_rows(folder, library):
    """The rows of all peers that are installed, and what the others are called."""
    rows, missing = [], []
    if subprocess.run(["/usr/bin/python3", "-c", "import scipy.optimize"], capture_output=True).returncode == 0:
        rows += rows_of(["/usr/bin/python3", os.path.join(HERE, "peer_scipy.py"), library])
    else:
        missing.append("scipy (python3-scipy)")
    for name, (header, flags, package) in LIBRARIES.items():
        if os.path.exists(os.path.join("/usr/include", header)):
            rows += rows_of([build(folder, name, ["problems.cpp", "tally.cpp", f"{name}.cpp"], flags)])
        else:
            missing.append(f"{name} ({package})")
    return rows, missing


def reached(problem, value):
    """"global", "local" or "none" of the listed minima: within 1e-6 max(1, |f*|), or 1 % where 0 < |f*| < 1e-3."""
    for minimum in problem["minima"] if value is not None else ():
        size = abs(minimum["value"])
        if abs(value - minimum["value"]) <= (0.01 * size if 0 < size < 1e-3 else 1e-6 * max(1, size)):
            return "global" if minimum["global"] else "local"
    return "none"


def check_codings(problems, ours, library):
    """The peers' problems are coded apart from limn's: names, starts, least values and values at the start must agree."""
    numbers, at_start = ctypes.POINTER(ctypes.c_double), {row["problem"]: row["start_value"] for row in ours}
    coded = ctypes.CDLL(library)
    coded.problem_name.restype, coded.problem_start.restype = ctypes.c_char_p, numbers
    coded.problem_least.restype = coded.problem_value.restype = ctypes.c_double
    names = {coded.problem_name(i).decode(): i for i in range(coded.problem_count())}
    wrong = set(names) ^ set(problems)
    for name, i in names.items():
        if name not in wrong:
            start, least = coded.problem_start(i)[: coded.problem_dimension(i)], problems[name]["minima"][0]["value"]
            value = coded.problem_value(i, (ctypes.c_double * len(start))(*start))
            if not (math.dist(start, problems[name]["start"]) <= 1e-14 and abs(coded.problem_least(i) - least) <= 1e-9
                    and abs(value - at_start[name]) <= 1e-11 * abs(value)):
                wrong.add(name)
    if wrong:
        sys.exit(f"error: the peers' coding and limn's zoo differ in {', '.join(sorted(wrong))}\n"
                 "hint: one of bench/peers/optim/problems.cpp and src/formula/zoo_*.cpp is wrong")


def print_table(problems, rows):
    solvers = list(dict.fromkeys(row["solver"] for row in rows))
    found = {(row["problem"], row["solver"]): row for row in rows}
    marks = {key: reached(problems[key[0]], row["value"]) for key, row in found.items()}

    def cell(name, solver):
        row = found.get((name, solver))
        if row is None:
            return "-"
        return f"{'.' if row['hit'] is None else row['hit']}/{row['evaluations']}" \
            + {"global": "", "local": "l", "none": "x"}[marks[name, solver]]

    def tally(title, of):
        return [title, ""] + [of(solver, [name for name in problems if (name, solver) in found]) for solver in solvers]

    common = [name for name in problems if all(marks.get((name, solver), "none") != "none" for solver in YARDSTICKS)]
    hits = [name for name in common if all(found[name, solver]["hit"] is not None for solver in YARDSTICKS)]

    def total(names, key):
        def of(solver, _):
            values = [found.get((name, solver), {}).get(key) for name in names]
            missed = values.count(None)
            return f"{sum(v for v in values if v is not None)}" + (f" (-{missed})" if missed else "")
        return of

    lines = [["problem", "n", *solvers]]
    lines += [[name, str(problem["dimension"]), *(cell(name, solver) for solver in solvers)]
              for name, problem in problems.items()]
    lines.append(tally("solved", lambda s, names: f"{sum(marks[n, s] != 'none' for n in names)}/{len(names)}"))
    lines.append(tally("global", lambda s, names: f"{sum(marks[n, s] == 'global' for n in names)}/{len(names)}"))
    if all(any(row["solver"] == solver for row in rows) for solver in YARDSTICKS):
        lines.append(tally(f"to 1e-8, {len(hits)} problems", total(hits, "hit")))
        lines.append(tally(f"to stop, {len(common)} problems", total(common, "evaluations")))
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for number, line in enumerate(lines):
        print("| " + " | ".join(text.ljust(w) if i == 0 else text.rjust(w)
                                for i, (text, w) in enumerate(zip(line, widths))) + " |")
        if number == 0:
            print("|" + "|".join("-" * (w + 2) for w in widths) + "|")
    print(__doc__.split("\n\n", 1)[1])
    print(f'Solved: ended in a listed minimum. "to 1e-8" and "to stop" add up evaluations over the problems that\n'
          f'{", ".join(YARDSTICKS)} all bring there or solve; (-k): k of them it did not bring there or did not try.')


def compare(limn, folder):
    problems = {row["problem"]: row for row in rows_of([limn, "minimize", "--list", "--json"]) if row["family"] == "classical"}
    ours = [row for row in rows_of([limn, "bench", "optim", "--json"]) if row["event"] == "problem"]
    library = build(folder, "problems.so", ["problems.cpp"], ["-shared", "-fPIC"])
    check_codings(problems, ours, library)
    theirs, missing = peer_rows(folder, library)
    print_table(problems, ours + theirs)
    if missing:
        print(f"not measured, as not installed: {', '.join(missing)}")
