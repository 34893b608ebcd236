"""Runs of a function: the same bits in training, replay, resume and branch, by the command line and in the lab; the lab's
numbers, planes and receipts against closed forms."""
import json
import math
import shutil
import struct
import unittest

from lab import Lab
from program import ProgramTest, drawn_random

OPTIMISERS = ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "nadam", "gd", "cg", "bfgs", "lbfgs", "newton",
              "newton-ls", "newton-cg", "hf", "lm"]


def rosenbrock(x, y):
    return 100 * (y - x * x) ** 2 + (1 - x) ** 2


class Function(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.random = drawn_random("function")

    def train(self, out, *settings, steps=30):
        arguments = [a for s in settings for a in ("--set", s)]
        result = self.run_limn("train", "function", "--out", out, "--steps", steps, "--json", *arguments)
        self.assertEqual(result.status, 0, result.err)
        return result.done

    def quantities(self, run, step, *names):
        asked = [a for n in names for a in ("--quantity", n)]
        result = self.run_limn("replay", run, "--step", step, "--json", *asked)
        self.assertEqual(result.status, 0, result.err)
        return {e["name"]: float.fromhex(e["hex"]) for e in result.of("quantity")}

    def test_of_every_optimiser_going_on_is_as_going_through(self):
        start = f"{self.random.uniform(-2, 2)!r}, {self.random.uniform(-1, 3)!r}"
        for name in OPTIMISERS:
            with self.subTest(optimizer=name, start=start):
                lr = [] if name in OPTIMISERS[7:] else ["lr=0.0001"]
                settings = [f"optimizer={name}", f"start={start}", *lr]
                whole = self.train(f"{name}-whole", *settings)
                half = whole["steps"] // 2
                if half < 1:
                    continue
                branch = self.run_limn("branch", f"{name}-whole", "--at", half, "--out", f"{name}-branch", "--json")
                self.assertEqual(branch.status, 0, branch.err)
                self.assertEqual(branch.done["fingerprint"], whole["fingerprint"])
                again = self.run_limn("replay", f"{name}-whole", "--step", whole["steps"], "--json")
                self.assertEqual(again.done["fingerprint"], whole["fingerprint"])

    def test_a_branch_goes_on_with_another_optimiser_from_the_same_point(self):
        self.train("adam", "optimizer=adam", steps=100)
        branch = self.run_limn("branch", "adam", "--at", 25, "--set", "optimizer=bfgs", "--out", "bfgs", "--json")
        self.assertEqual(branch.status, 0, branch.err)
        self.assertEqual(branch.done["stopped"], "gradient")
        self.assertEqual(self.quantities("adam", 25, "x[0]", "x[1]"), self.quantities("bfgs", 25, "x[0]", "x[1]"))
        last = branch.done["steps"]
        end = self.quantities("bfgs", last, "x[0]", "x[1]", "gradient[0]", "optim.evaluations")
        self.assertAlmostEqual(end["x[0]"], 1, places=6)
        self.assertAlmostEqual(end["x[1]"], 1, places=6)

    def test_the_numbers_of_a_step_are_those_of_the_function(self):
        step = self.random.randrange(1, 20)
        self.train("run", "optimizer=bfgs", steps=20)
        q = self.quantities("run", step, "x[0]", "x[1]", "value", "gradient[0]", "gradient[1]", "hessian[0,1]", "step[0]",
                            "optim.step", "bfgs/direction[0]", "optim.initial_value", "optim.initial_slope")
        x, y = q["x[0]"], q["x[1]"]
        self.assertAlmostEqual(q["value"], rosenbrock(x, y), delta=1e-12 * (1 + q["value"]))
        self.assertAlmostEqual(q["gradient[0]"], -400 * x * (y - x * x) - 2 * (1 - x), delta=1e-9)
        self.assertAlmostEqual(q["hessian[0,1]"], -400 * x, delta=1e-9)
        before = self.quantities("run", step - 1, "x[0]", "value")
        self.assertEqual(q["step[0]"], x - before["x[0]"])
        self.assertEqual(q["optim.initial_value"], before["value"])
        self.assertAlmostEqual(q["step[0]"], q["optim.step"] * q["bfgs/direction[0]"], delta=1e-12)

    def test_a_formula_of_ones_own_and_what_is_wrong_with_it(self):
        done = self.train("own", "function=sum(i=1..n, i*(x[i] - a)^2)", "constants=n=6; a=2", "optimizer=newton",
                          "start=0, 0, 0, 0, 0, 0")
        self.assertEqual((done["steps"], done["stopped"]), (1, "gradient"))
        for settings, said in [(["function=x^2 + * y"], "column"), (["function=rosenbrok"], "rosenbrock"),
                               (["function=x^2 + y^2", "start=1"], "2 variables"), (["start=one, two"], "numbers"),
                               (["optimizer=lm", "function=x^4 + x"], "Gauss-Newton")]:
            result = self.run_limn("train", "function", "--out", "none", *[a for s in settings for a in ("--set", s)])
            self.assertEqual(result.status, 2, settings)
            self.assertIn(said, result.err)
            self.assertFalse((self.folder / "none").exists())
        self.assertEqual(self.run_limn("train", "function", "--data", "iris").status, 2)

    def test_receipts_of_noisy_and_adaptive_steps_agree_from_any_step(self):
        lab = Lab(self.start, self.folder / "runs")
        self.addCleanup(lab.stop)
        for optimizer in ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam", "amsgrad", "nadam", "radam",
                          "lion", "rprop", "gd", "cg", "lbfgs"):
            run = lab.post("/api/runs", {"experiment": "function", "data": "none", "steps": 30, "seed": self.random.randrange(99), "settings": {
                "function": "beale", "optimizer": optimizer, "noise": 0.1}})["id"]
            lab.do(run, "step", count=20)
            step = self.random.randrange(1, 21)
            kept = [q["name"] for q in lab.get(f"/api/runs/{run}")["quantities"] if q["name"] not in ("x", "calls", "stopped") and optimizer not in ("gd", "cg", "lbfgs")]
            moments = [f"{name}[1]" if name.endswith("/x") else name for name in kept]
            for one in lab.post(f"/api/runs/{run}/steps/{step}/receipts", {"names": ["x[0]", "x[1]", "train.loss", *moments]})["receipts"]:
                self.assertTrue(one["receipt"] and one["receipt"]["agrees"], (optimizer, step, one))

    def test_receipts_of_what_bfgs_has_learnt_agree_at_every_step(self):
        lab = Lab(self.start, self.folder / "runs")
        self.addCleanup(lab.stop)
        for settings in ({}, {"function": "ellipse", "line_search": "exact"}, {"line_search": "backtracking"}, {"noise": 0.1}):
            start = f"{self.random.uniform(0, 2)!r}, {self.random.uniform(-1, 1)!r}"
            run = lab.post("/api/runs", {"experiment": "function", "data": "none", "steps": 30, "settings": {"function": "beale", "optimizer": "bfgs", "start": start, **settings}})["id"]
            head = lab.do(run, "step", count=12)["step"]
            for step in range(1, head + 1):
                names = [f"bfgs/inverse_hessian[{i},{j}]" for i in (0, 1) for j in (0, 1)]
                for one in lab.post(f"/api/runs/{run}/steps/{step}/receipts", {"names": names})["receipts"]:
                    self.assertTrue(one["receipt"] and one["receipt"]["agrees"], (settings, start, step, one))
                    self.assertAlmostEqual(sum(t["product"] for t in one["receipt"]["terms"]), one["receipt"]["total"], delta=1e-12 * (1 + abs(one["value"])))

    def test_the_phase_map_is_what_momentum_does(self):
        lab = Lab(self.start, self.folder / "runs")
        self.addCleanup(lab.stop)
        base = {"experiment": "function", "data": "none", "steps": 40}
        run = lab.post("/api/runs", base | {"settings": {"function": "rosenbrock", "optimizer": "adam"}})["id"]
        phase = struct.unpack("<6f", lab.raw(f"/api/runs/{run}/phase?lr0=1e-5&lr1=1e-3&most=0.8&width=3&height=2&steps=40")[1])
        for i, lr in enumerate((1e-5, 1e-4, 1e-3)):
            for j, beta in enumerate((0, 0.8)):
                one = lab.post("/api/runs", base | {"settings": {"function": "rosenbrock", "optimizer": "momentum", "lr": lr, "momentum": beta}})["id"]
                lab.do(one, "step", count=40)
                self.assertAlmostEqual(phase[3 * j + i], math.log10(lab.quantity(one, 40, "value")["value"] / 24.2), places=5)

    def test_what_would_hold_up_the_lab_is_refused(self):
        lab = Lab(self.start, self.folder / "runs")
        self.addCleanup(lab.stop)
        run = lab.post("/api/runs", {"experiment": "function", "data": "none", "settings": {
            "function": "sum(i=1..100000, (x - i*y)^2)", "start": "1, 1"}})["id"]
        for path in ("plane?x0=0&x1=1&y0=0&y1=1&width=512&height=512", "phase?lr0=1e-9&lr1=1e-8&most=0.5&width=96&height=96&steps=500"):
            status, answer = lab.request("GET", f"/api/runs/{run}/{path}")
            self.assertEqual(status, 400)
            self.assertIn("too long", answer["error"])

    def test_a_minimiser_on_a_network_goes_on_with_a_journal_that_has_the_loss_alone(self):
        for name, optimizer in (("minimiser", "lbfgs"), ("rule", "adam")):
            self.assertEqual(self.run_limn("train", "mlp", "--data", "xor", "--steps", 9, "--set", f"optimizer={optimizer}", "--out", name).status, 0)
        shutil.copy(self.folder / "rule/journal", self.folder / "minimiser/journal")
        self.assertEqual(self.run_limn("resume", "minimiser", "--steps", 12).status, 0)
        again = self.run_limn("replay", "minimiser", "--step", 12, "--quantity", "step.evaluations", "--json")
        self.assertGreaterEqual(again.events[0]["value"], 1)
        lab = Lab(self.start, self.folder)
        self.addCleanup(lab.stop)
        run = json.loads((self.folder / "minimiser/run.json").read_text())["id"]
        lab.do(run, "branch", step=10, settings={"optimizer": "cg"})
        self.assertEqual(lab.get(f"/api/runs/{run}")["head"], 12)

    def test_the_journal_of_another_run_is_refused(self):
        self.train("function", "optimizer=adam")
        self.assertEqual(self.run_limn("train", "mlp", "--data", "xor", "--steps", 30, "--out", "network").status, 0)
        shutil.copy(self.folder / "network/journal", self.folder / "function/journal")
        for command in (["replay", "function", "--step", 5], ["resume", "function", "--steps", 40]):
            result = self.run_limn(*command)
            self.assertEqual(result.status, 2, result.err)
            self.assertIn("damaged", result.err)

    def test_a_noisy_problem_is_noisy(self):
        one, other = (self.run_limn("train", "function", "--out", str(seed), "--steps", 9, "--seed", seed, "--json", "--set",
                                    "function=noisy-booth", "--set", "optimizer=sgd") for seed in (1, 2))
        self.assertNotEqual(one.done["fingerprint"], other.done["fingerprint"])

    def test_noise_is_the_seeds(self):
        prints = {seed: self.train(f"noise-{seed}-{again}", "optimizer=sgd", "lr=0.0001", "noise=0.5", steps=10)["fingerprint"]
                  for seed in (1,) for again in (1, 2)}
        self.assertEqual(len(set(prints.values())), 1)

    def test_in_the_lab_a_race_is_a_family_with_the_same_start(self):
        lab = Lab(self.start, self.folder / "runs")
        self.addCleanup(lab.stop)
        first = lab.post("/api/runs", {"experiment": "function", "data": "none", "steps": 50,
                                       "settings": {"function": "rosenbrock", "optimizer": "bfgs"}})
        self.assertEqual(first["function"]["variables"], ["x", "y"])
        self.assertEqual(first["function"]["start"], [-1.2, 1])
        self.assertNotIn("network", first)
        racers = [lab.do(first["id"], "branch", step=0, settings={"optimizer": name})["id"]
                  for name in ("adam", "newton", "lm", "lbfgs")]
        for run in (first["id"], *racers):
            lab.do(run, "step", count=10)
            self.assertEqual(lab.quantity(run, 0, "x[0]")["value"], -1.2)
            names = ["x[0]", "value", "gradient[1]", "hessian[0,0]", "hessian[1,0]", "step[1]", "train.loss"]
            receipts = lab.post(f"/api/runs/{run}/steps/7/receipts", {"names": names})["receipts"]
            for name, receipt in zip(names, receipts):
                slip = receipt["receipt"]
                if name == "x[0]" and not slip:  # a trust region has no direction
                    self.assertIn("at once", receipt["why"])
                    self.assertIn(run, racers[1:3])
                    continue
                self.assertTrue(slip and slip["agrees"], receipt)
                if slip["central"]:
                    self.assertEqual(slip["central"]["verdict"], "agrees", receipt)
        at = f"/api/runs/{first['id']}"
        self.assertEqual(lab.get(f"{at}/curve?name=evaluations&from=1&to=3&points=3")["step"], [1, 2, 3])
        values = struct.unpack("<15f", lab.raw(f"{at}/plane?x0=-2&x1=2&y0=-1&y1=3&width=5&height=3")[1])
        for j in range(3):
            for i in range(5):
                true = rosenbrock(-2 + i, -1 + 2 * j)
                self.assertAlmostEqual(values[5 * j + i], true, delta=1e-6 * (1 + true))
        self.assertEqual(len(lab.raw(f"{at}/phase?lr0=1e-5&lr1=1e-2&most=0.9&width=4&height=3&steps=20")[1]), 48)
        for wrong in ("plane?x0=1&x1=0&y0=0&y1=1&width=3&height=3", "plane?x0=1", "phase?lr0=0&lr1=1&most=0.5",
                      "steps/3/histograms", "points?x=0&y=1", "curve?name=x[7]"):
            self.assertEqual(lab.raw(f"{at}/{wrong}")[0], 400, wrong)
        there = lab.quantity(first["id"], 7, "x[0]")
        lab.stop()
        folder = next((self.folder / "runs").glob(f"function-*-{first['id']}"))
        replayed = self.run_limn("replay", folder, "--step", 7, "--quantity", "x[0]", "--json")
        self.assertEqual(replayed.of("quantity")[0]["hex"], there["hex"])


if __name__ == "__main__":
    unittest.main()
