"""Minimisers on networks: softmax regression beside scikit-learn, and Newton's methods beside the best tuned Adam."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


class Runs:
    """limn's command line, with the runs in a folder that is removed at the end."""

    def __init__(self, limn, data, threads=1, seed=0, **settings):
        self.limn, self.data, self.threads, self.seed, self.settings = limn, data, str(threads), str(seed), settings
        self.folder = tempfile.mkdtemp()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def ask(self, *arguments):
        done = subprocess.run([self.limn, *arguments, "--json"], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"limn {' '.join(arguments)}\n{done.stderr.strip()}")
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def path(self, name):
        return os.path.join(self.folder, name)

    def train(self, name, steps, **settings):
        """What `limn train` says at its end."""
        chosen = [word for key, value in {**self.settings, **settings}.items() for word in ("--set", f"{key}={value}")]
        return self.ask("train", "mlp", "--data", self.data, "--seed", self.seed, "--threads", self.threads,
                        "--steps", str(steps), "--out", self.path(name), *chosen)[-1]

    def numbers(self, name, step, *quantities):
        asked = [word for quantity in quantities for word in ("--quantity", quantity)]
        return [row["value"] for row in self.ask("replay", self.path(name), "--step", str(step), *asked)
                if row["event"] == "quantity"]

    def objective(self, name, step):
        """Mean loss and decay at a step: where a minimiser that takes over there says that it begins."""
        shutil.rmtree(self.path("probe"), ignore_errors=True)
        self.ask("branch", self.path(name), "--at", str(step), "--set", "optimizer=newton-cg", "--set", "lr=0",
                 "--steps", str(step + 1), "--threads", "1", "--out", self.path("probe"))
        return self.numbers("probe", step + 1, "optim.initial_value")[0]


def compare_softmax(limn, data, threads):
    """MNIST, 55,000 rows, L2 of 1e-4 a sample, from zeros to 1e-4 of the first gradient's largest component."""
    environment = {**os.environ, **{f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "OPENBLAS")}}
    done = subprocess.run(["/usr/bin/python3", os.path.join(os.path.dirname(HERE), "peer_softmax.py"), "--data", data],
                          capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(f"{done.stderr.strip()}\nhint: apt-get install python3-sklearn libopenblas0-openmp")
    peer = json.loads(done.stdout)
    with Runs(limn, "mnist", threads, arch="dense 10", init="zeros", weight_decay=1e-4, optimizer="lbfgs") as runs:
        ours = runs.train("lbfgs", 5000, gradient_tolerance=peer["tolerance"])
        value, evaluations = runs.numbers("lbfgs", ours["steps"], "optim.value", "optim.evaluations")
    print(f"softmax regression on MNIST, gradient to {peer['tolerance']:.2e}, {threads} thread{'s' if threads > 1 else ''}")
    print(f"  scikit-learn {peer['seconds']:8.2f} s {peer['evaluations']:6} evaluations, value {peer['value']:.6f}")
    print(f"  limn lbfgs   {ours['seconds']:8.2f} s {evaluations:6.0f} evaluations, value {value:.6f}, stopped: {ours['stopped']}"
          f"; {peer['seconds'] / ours['seconds']:.2f} times as fast", flush=True)


RATES = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3)
MARGIN = 1e-6  # an objective is reached where it is at most this share above


def compare_newton(limn, arch="dense 4 tanh | dense 3", decay=1e-4, seeds=range(1, 6), most=10):
    """Penguins: gradient evaluations (a Hessian-vector product counts as two, a Hessian as two a parameter) in which a
    Newton method ends, and the first step, 25 % apart, at which full-batch Adam is as low, at its best rate."""
    for seed in seeds:
        with Runs(limn, "penguins", seed=seed, arch=arch, weight_decay=decay) as runs:
            for method in ("newton", "newton-cg"):
                ours = runs.train(method, 1000, optimizer=method)
                value, evaluations, products, matrices = runs.numbers(
                    method, ours["steps"], *(f"optim.{part}" for part in ("value", "evaluations", "products", "matrices")))
                shape = [row["parameters"] for row in runs.ask("inspect", runs.path(method)) if "parameters" in row][-1]
                cost = round(evaluations + 2 * products + 2 * shape * matrices)
                print(f"seed {seed}, {shape} parameters: {method} reaches {value:.7g} in {cost} evaluations, "
                      f"{ours['seconds']:.3f} s ({ours['steps']} steps, stopped: {ours['stopped']})")
                best, least = None, None
                for rate in RATES:
                    end = (best[0] if best else most * cost) + 1
                    adam = runs.train(f"{method}-{rate}", end, optimizer="adam", lr=rate, schedule="constant", batch=241)
                    step = cost / 4
                    while step < end:
                        there = runs.objective(f"{method}-{rate}", round(step))
                        least = min(there, least or there)
                        if there <= value * (1 + MARGIN):
                            best = (round(step), rate, adam["seconds"] * step / end)
                            break
                        step *= 1.25
                print(f"  adam at {best[1]}: {best[0]} evaluations, {best[2]:.3f} s: {best[0] / cost:.2f} times as many" if best
                      else f"  adam at no rate of the grid in {most * cost} evaluations; lowest {least:.7g}", flush=True)
