"""Receipts of the lab on networks, losses, rules and settings drawn at random: every number has one, it adds up, its
total is the engine's number within what float32 rounds, and what it is made of are the numbers that can be asked for."""
import math
import os
import re
import struct
import subprocess
import unittest
import urllib.parse

from lab import Lab
from program import SANITIZED, ProgramTest, drawn_random

CASES = 10 if SANITIZED else 48
RULES = ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "rmsprop-centred", "adadelta", "adam", "amsgrad", "adamax",
         "nadam", "radam", "adamw", "lion", "rprop"]
ACTIVATIONS = ["linear", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "softplus", "swish", "gelu", "softmax"]
LETTERS = "A-Za-z0-9_Πμηλρε"


def float32(number):
    return struct.unpack("f", struct.pack("f", number))[0]


def evaluated(formula, named):
    """A formula as the field writes it, by the numbers of these names; None where it says more than arithmetic."""
    text = formula
    if re.search(r" where |[a-z] [a-z]|by the old|to \[|Σ|schedule|factor", text):
        return None
    values = []
    def name(value):
        values.append(value)
        return f" values[{len(values) - 1}] "
    for key in ("‖g‖", "‖w‖"):
        if key in named:
            text = text.replace(key, name(named[key]))
    for key in sorted(named, key=len, reverse=True):  # names first: they have accents and indices
        if not key.startswith("‖"):
            text = re.sub(rf"(?<![{LETTERS}]){re.escape(key)}(?![{LETTERS}\u0302₁₂′∞])", lambda _: name(named[key]), text)
    text = re.sub(r"\|([^|]+)\|", r"abs(\1)", text)
    text = re.sub(r"√( values\[\d+\] )", r"sqrt(\1)", text).replace("√(", "sqrt(")
    text = re.sub(r"(values\[\d+\] )²", r"\1**2", text).replace("−", "-").replace("·", "*").replace("^", "**")
    if "ᵗ" in text:
        text = text.replace("ᵗ", "**" + name(named["t"]))
    text = re.sub(r"\bsign\(", "copysign(1,", text) if "sign(" in text else text
    try:
        return eval(text, {"__builtins__": {}}, {"values": values, "sqrt": math.sqrt, "abs": abs, "max": max, "min": min,
                                                   "copysign": lambda one, x: (x > 0) - (x < 0)})
    except (SyntaxError, NameError, TypeError, ZeroDivisionError):
        return None


def drawn_arch(random, outputs, classes):
    """Layers of every kind; and how many numbers each has and of which kind it is: (kind, inputs, units)."""
    parts, layers, width = [], [], None
    for _ in range(random.randint(1, 3)):
        if random.random() < 0.3:
            parts.append(f"dropout 0.{random.randint(1, 5)}")
        units = random.randint(3, 9)
        parts.append(f"dense {units} {random.choice(ACTIVATIONS)}")
        layers.append(("dense", width, units))
        width = units
        if random.random() < 0.5:
            kind = random.choice(["bn", "ln"])
            parts.append(f"{kind} {random.choice(ACTIVATIONS)}")
            layers.append((kind, width, width))
    first = next(k for k, layer in enumerate(layers) if layer[0] == "dense")
    if random.random() < 0.3:  # back to what the first layer takes: two features, or another dense layer's inputs
        tied = [k for k, layer in enumerate(layers) if layer[0] == "dense" and layer[1] and layer[2] == width] if width else []
        if tied:
            k = random.choice(tied)
            parts.append(f"dense {layers[k][1]} tied {k + 1} {random.choice(ACTIVATIONS)}")
            layers.append(("tied", width, layers[k][1]))
            width = layers[k][1]
    if random.random() < 0.2:
        parts.append("dropout 0.3")
    last = random.choice(["", " softmax", " tanh", " sigmoid", " relu"]) if classes else random.choice(["", " tanh", " softplus"])
    parts.append(f"dense {outputs}{last}")
    layers.append(("dense", width, outputs))
    return " | ".join(parts), layers


def drawn_settings(random, classes):
    settings = {"optimizer": random.choice(RULES), "batch": random.randint(17, 40),
                "schedule": random.choice(["constant", "cosine", "linear", "step", "exponential", "one-cycle", "polynomial", "range", "plateau"]),
                "weight_decay": random.choice([0, 0.01])}
    some = {"warmup": 5, "l1": 0.001, "max_norm": 0.8, "clip": 0.1, "clip_value": 0.01, "lr_scale": "layer1=0.3 layer1.b=2",
            "freeze": "layer1.w[0,*]", "cut": "layer1.w[1,1]", "accumulate": random.randint(2, 3), "augment": "noise 0.1",
            "early_stop": 50, "bias_correction": "off"}
    for name, value in some.items():
        if random.random() < 0.2:
            settings[name] = value
    if classes:
        settings["loss"] = random.choice(["cross-entropy", "cross-entropy", "squared"])
        if settings["loss"] == "cross-entropy":
            if random.random() < 0.3:
                settings["label_smoothing"] = 0.1
            if random.random() < 0.3:
                settings["class_weights"] = "balanced"
    else:
        settings["loss"] = random.choice(["squared", "absolute", "huber", "quantile"])
    return settings


class Receipts(ProgramTest):
    def setUp(self):
        super().setUp()
        self.lab = Lab(self.start, self.folder / "runs")
        self.addCleanup(self.lab.stop)

    def ask(self, run, step, name):
        return self.lab.get(f"/api/runs/{run}/steps/{step}/receipts/{urllib.parse.quote(name, safe='')}")

    def names(self, random, state, layers, classes, step, sizes):
        """Some number of every kind that the run has."""
        inputs = state["network"]["sample"][0]
        ragged = [(state["split"]["train"] - 1) % size + 1 for size in sizes]  # rows of an epoch's last batch
        row = random.randrange(min(8, *ragged))
        sample = lambda: random.choice(["train/9", "valid/4", "test/2", f"batch/{row}", f"step/{row}"])
        names = ["train.loss", f"input[{random.randrange(inputs)}]@{sample()}", f"output[0]@{sample()}", f"loss[0]@{sample()}"]
        names += [f"{split}.{metric}" for split in ("train", "valid", "test")
                  for metric in (["accuracy"] if classes else ["mae", "rmse", "r2"]) + (["loss"] if split != "train" else [])]
        if classes:
            names.append(f"valid.confusion[{random.randrange(classes)},{random.randrange(classes)}]")
        for k, (kind, before, units) in enumerate(layers, 1):
            j, i = random.randrange(units), random.randrange(before or inputs)
            names += [f"layer{k}.{what}[{j}]@{sample()}" for what in ("z", "a", "delta", "delta")]
            names.append(f"layer{k}.in[{i}]@step/{row}")
            own = {"dense": [f"w[{i},{j}]", f"b[{j}]"], "tied": [f"b[{j}]"]}.get(kind, [f"gamma[{j}]", f"beta[{j}]"])
            for parameter in own:
                names += [f"layer{k}.{parameter}", f"layer{k}.d{parameter}",
                          f"layer{k}.d{parameter}@{random.choice(['train/9', 'valid/4', 'test/2', f'batch/{row}'])}"]
                names += [f"{q['name'].split('/')[0]}/layer{k}.{parameter}" for q in state["quantities"]
                          if q["name"].endswith(f"/layer{k}.{parameter.split('[')[0]}")]
            if kind == "bn":
                names += [f"layer{k}.mean[{j}]", f"layer{k}.variance[{j}]"]
        if any(q["name"] == "nadam/product" for q in state["quantities"]):
            names.append("nadam/product")
        return names

    def check(self, run, step, name, answer, case):
        slip = answer["receipt"]
        says = (name, step, case, answer)
        self.assertEqual(answer["hex"], self.lab.quantity(run, step, name)["hex"], says)
        factor = (slip["factor"] or {"value": 1})["value"]
        parts = [t["product"] for t in slip["terms"]] + [slip["rest"]]
        near = max(abs(slip["total"]), max(map(abs, parts)) * abs(factor))
        self.assertAlmostEqual(sum(parts) * factor, slip["total"], delta=1e-12 * near, msg=says)
        off = abs(slip["total"] - answer["value"])
        self.assertLessEqual(off, slip["bound"], says)
        self.assertTrue(slip["agrees"], says)
        if near > 1e-30:
            self.seen.append((off / near, slip["bound"] / near))
        for term in slip["terms"]:
            if "name" not in term:
                self.assertAlmostEqual(math.prod(g["value"] for g in term["of"]), term["product"], delta=1e-12 * near, msg=says)
        for given in [g for part in slip["terms"] + slip["steps"] for g in part["of"]]:
            if given["step"] >= 0:
                self.assertEqual(self.lab.quantity(run, given["step"], given["name"])["hex"], given["hex"], (given, says))
        if slip["central"]:
            self.check_central(slip, answer["value"], says)
        if "←" in slip["formula"] and "held" not in slip["formula"]:
            self.check_formula(slip, near, says)

    def check_central(self, slip, value, says):
        """The float64 difference is the engine's derivative, unless the loss has a kink within h. Parts that cancel out,
        as those of a bias before bn do, leave what float32 rounds of them."""
        central = slip["central"]
        self.assertNotEqual(central["verdict"], "differs", says)
        apart = abs(central["value"] - value) / max(abs(central["value"]), abs(value), 1e-8)
        self.assertAlmostEqual(central["relative"], apart, delta=1e-9 * apart, msg=says)
        self.assertEqual(central["verdict"] == "agrees", apart < 1e-3, says)
        size = max(abs(central["left"]), abs(central["right"]))
        if abs(central["left"] - central["right"]) > 0.01 * size + 1e-6:
            self.kinks += 1
            return
        self.smooth += 1
        self.assertAlmostEqual(central["value"], value, delta=1e-3 * size + 1e-7 + slip["bound"], msg=says)

    def check_formula(self, slip, near, says):
        """What a rule's formula says, evaluated as it is written, is the total."""
        named = {}
        for given in slip["terms"][1]["of"]:
            if given["step"] == -1:
                named[given["name"]] = given["value"]
            elif ".d" in given["name"] and "/" not in given["name"]:
                named["g"] = given["value"]
        for part in slip["steps"]:
            if (value := evaluated(part["formula"], named)) is not None:
                self.assertAlmostEqual(value, part["value"], delta=1e-6 * abs(part["value"]) + 1e-30, msg=(part, says))
                self.formulas += 1
            named[part["name"]] = part["value"]
        left, right = slip["formula"].split(" ← ", 1)
        was = slip["terms"][0]["product"]
        if "max_norm" in right:
            right = "w·min(1, max_norm/‖w‖)"
        else:
            named.setdefault(left, was)
            if left not in [part["name"] for part in slip["steps"]]:
                named[left] = was
        value = evaluated(right, named)
        if value is None:
            self.assertTrue(" where " in right or left in ("mean", "variance"), (right, named, says))
            return
        self.formulas += 1
        self.assertAlmostEqual(value, slip["total"], delta=1e-9 * near, msg=(right, named, says))

    def test_every_number_of_a_drawn_network_has_one(self):
        random = drawn_random("receipts of drawn networks")
        self.seen, self.kinks, self.smooth, self.formulas = [], 0, 0, 0
        for case in range(CASES):
            data = random.choice(["spirals", "moons", "blobs", "waves", "waves"])
            classes = {"spirals": 2, "moons": 2, "blobs": 4}.get(data, 0)
            arch, layers = drawn_arch(random, 1 if classes == 2 and random.random() < 0.4 else classes or 1, classes)
            settings = {**drawn_settings(random, classes), "arch": arch, "optimizer": RULES[case % len(RULES)]}
            run = self.lab.create(data, settings=settings, steps=60, seed=random.randrange(100))["id"]
            half = self.lab.do(run, "step", count=15)
            self.assertIsNone(half["error"], settings)
            if random.random() < 0.5:  # steps are explained by what was in force
                change = {"lr": 0.02, "momentum": 0.8, **({} if "bn" in arch else {"batch": 23})}  # bn wants whole batches
                self.lab.do(run, "set", settings=change)
                if random.random() < 0.5:
                    self.lab.do(run, "act", name="edit", values={"layer1.w[0,0]": 0.5})
            state = self.lab.do(run, "step", count=15)
            self.assertIsNone(state["error"], settings)
            step = random.choice([1, 2, 15, 16, random.randint(1, 30)])
            names = self.names(random, state, layers, classes, step, {half["settings"]["batch"], state["settings"]["batch"]})
            for name in random.sample(names, min(len(names), 16)):
                answer = self.ask(run, step, name)
                if answer["receipt"] is None:
                    self.assertRegex(answer["why"], "augmentation|no validation loss|set by hand", (name, settings))
                else:
                    self.check(run, step, name, answer, (data, settings))
        near = sorted(off for off, _ in self.seen)
        bounds = sorted(bound for _, bound in self.seen)
        print(f"{len(near)} receipts: off by {near[len(near) // 2]:.1e}, {near[-1]:.1e} at most; bound {bounds[len(bounds) // 2]:.1e}, "
              f"{bounds[int(0.95 * len(bounds))]:.1e} for 95 %; {self.formulas} formulas; {self.smooth} differences, {self.kinks} kinks")
        self.assertLess(near[int(0.99 * len(near))], 2e-6)
        self.assertLess(bounds[int(0.9 * len(bounds))], 2e-4)  # a bound that holds everything would prove nothing
        self.assertLess(self.kinks, 0.1 * self.smooth + 3)

    def test_a_minimiser_went_a_length_along_a_direction(self):
        random = drawn_random("receipts of minimisers")
        self.seen, self.kinks, self.smooth, self.formulas = [], 0, 0, 0
        for method in ("gd", "cg", "bfgs", "lbfgs", "newton-ls", "newton-cg"):
            settings = {"arch": "dense 4 tanh | dense 2", "optimizer": method, "weight_decay": 0.01, "freeze": "layer1.w[0,*]"}
            run = self.lab.create("moons", settings=settings, steps=9, seed=random.randrange(100))["id"]
            self.lab.do(run, "step", count=9)
            for name in (f"layer1.w[1,{random.randrange(4)}]", f"layer1.w[0,{random.randrange(4)}]", f"layer2.b[{random.randrange(2)}]"):
                step = random.randint(1, 9)
                answer = self.ask(run, step, name)
                self.check(run, step, name, answer, settings)
                self.assertEqual([part["name"] for part in answer["receipt"]["terms"][1]["of"]][0], "optim.step")
        for method in ("newton", "hf", "lm"):
            settings = {"arch": "dense 4 tanh | dense 2", "optimizer": method, "loss": "squared"}
            run = self.lab.create("moons", settings=settings, steps=3)["id"]
            self.lab.do(run, "step", count=3)
            self.assertIn(f"{method} decides direction and length at once", self.ask(run, 2, "layer1.w[1,2]")["why"])

    def test_what_a_step_did_to_a_parameter_and_what_it_was_made_from(self):
        random = drawn_random("receipts of steps")
        self.seen, self.kinks, self.smooth, self.formulas = [], 0, 0, 0
        lines = {"adam": "m̂ v̂", "adamw": "m̂ v̂", "amsgrad": "m̂ v̂", "nadam": "m̂ v̂", "adamax": "m̂", "radam": "m̂", "lion": "c", "adadelta": "Δ"}
        for rule in (*lines, "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "rmsprop-centred", "rprop"):
            settings = {"arch": "dense 4 tanh | dense 2", "optimizer": rule, "weight_decay": 0.01, "clip": 0.5, "schedule": "range",
                        "lr": 0.5, "bias_correction": random.choice(["on", "off"])}
            run = self.lab.create("moons", settings=settings, steps=9, seed=random.randrange(100))["id"]
            self.lab.do(run, "step", count=9)
            parameter, step = random.choice([f"layer1.w[1,{random.randrange(4)}]", f"layer2.b[{random.randrange(2)}]"]), random.randint(2, 9)
            for part in ["step", "rate", *(f"{rule}.{line}" for line in lines.get(rule, "").split())]:
                self.check(run, step, f"{part}/{parameter}", self.ask(run, step, f"{part}/{parameter}"), settings)
            answer = self.ask(run, step, "step.lr")
            self.check(run, step, "step.lr", answer, settings)
            self.assertEqual(answer["value"], float32(0.5 * 1e-6 ** (1 - (step - 1) / 9)))
            for name in ("batch.digest", "parameters.digest", "step.evaluations"):
                self.assertIsNone(self.ask(run, step, name)["receipt"])

    def test_tables_with_words_and_counts_and_images_have_them(self):
        self.seen, self.kinks, self.smooth, self.formulas = [], 0, 0, 0
        lines = ["place,height,eggs"] + [f"{'north' if i % 3 else 'south'},{i % 7 + 0.25},{i * i % 61}" for i in range(90)]
        self.write("eggs.csv", "\n".join(lines) + "\n")
        done = self.train("--data", "eggs.csv", "--set", "loss=poisson", "--set", "arch=dense 5 tanh | dense 1", "--set", "batch=13",
                          "--steps", 40, "--out", self.folder / "runs" / "eggs").done
        for name in ["input[0]@train/3", "input[1]@batch/2", "input[2]@valid/2", "output[0]@test/3", "loss[0]@train/5", "train.loss",
                     "layer2.delta[0]@train/4", "layer1.dw[1,2]", "valid.mae", "test.rmse", "valid.r2", "test.loss"]:
            self.check(done["run"], 33, name, self.ask(done["run"], 33, name), "eggs")
        run = self.lab.create("drawn-digits", settings={"arch": "dense 12 relu | dense 10", "batch": 50}, steps=20)["id"]
        self.lab.do(run, "step", count=4)
        for name in ["input[400]@train/3", "layer1.dw[400,3]", "layer1.w[400,3]", "valid.accuracy", "valid.confusion[3,3]"]:
            self.check(run, 4, name, self.ask(run, 4, name), "digits")
        self.lab.do(run, "set", settings={"augment": "shift 2 rotate 10"})
        self.lab.do(run, "step", count=2)
        for name in ["train.loss", "layer1.dw[400,3]", "layer2.db[3]"]:
            self.check(run, 6, name, self.ask(run, 6, name), "varied digits")
        self.assertIn("shift 2", self.ask(run, 5, "input[400]@step/3")["why"])

    def test_what_all_layers_round_before_a_small_derivative_is_no_difference(self):
        settings = {"arch": "dense 70 swish | dense 70 tanh | dense 9 tied 1 elu | dense 3", "optimizer": "adam", "batch": 20,
                    "schedule": "constant"}
        run = self.lab.create("penguins", settings=settings, steps=60, seed=2)["id"]
        self.lab.do(run, "step", count=6)
        verdicts = []
        for j in range(0, 70, 2):  # the sample is told with certainty: p - t is what float32 leaves of it
            for name in (f"layer1.delta[{j}]@test/10", f"layer1.db[{j}]@test/10"):
                answer = self.ask(run, 6, name)
                verdicts.append(answer["receipt"]["central"]["verdict"])
                self.assertNotEqual(verdicts[-1], "differs", (name, answer))
        self.assertIn("rounding", verdicts)

    def test_metrics_are_those_of_the_command_line_and_of_the_journal(self):
        run = self.lab.create(settings={"arch": "dense 8 tanh | dense 2", "batch": 40, "cut": "layer1.w[0,3]"}, steps=400)["id"]
        state = self.lab.do(run, "step", count=400)
        evaluated_at = state["evals"][0]
        names = ["valid.loss", "valid.accuracy", "test.accuracy", "train.accuracy", "valid.confusion[0,1]", "loss[0]@step/3"]
        for name in ("valid.loss", "valid.accuracy"):
            self.assertEqual(self.lab.quantity(run, evaluated_at["step"], name)["value"], float32(evaluated_at[name]))
        seen = {step: [self.lab.quantity(run, step, name)["hex"] for name in names] for step in (0, 57, 399)}
        self.assertEqual(self.lab.stop(), 0)
        folder = next(p for p in (self.folder / "runs").iterdir() if p.name.endswith(run))
        for step, values in seen.items():
            quantities = [part for name in names for part in ("--quantity", name)]
            replayed = self.limn("replay", folder, "--step", step, *quantities, "--json", "--threads", 1)
            self.assertEqual([e["hex"] for e in replayed.of("quantity")], values, step)


@unittest.skipUnless(os.environ.get("LIMN_FAULTY"), "LIMN_FAULTY names no program with faults; ./test builds one")
class Faults(ProgramTest):
    def answers(self, fault, names):
        def start(*arguments, **options):
            return subprocess.Popen([os.environ["LIMN_FAULTY"], *map(str, arguments)], cwd=self.folder, text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "LIMN_FAULT": fault}, **options)
        lab = Lab(start, self.folder / f"runs-{fault}")
        self.addCleanup(lab.stop)
        run = lab.create("spirals", settings={"arch": "dense 9 tanh | dense 2", "optimizer": "momentum", "batch": 32}, steps=50)["id"]
        lab.do(run, "step", count=7)
        ask = lambda name: lab.get(f"/api/runs/{run}/steps/7/receipts/{urllib.parse.quote(name, safe='')}")["receipt"]
        return {name: ask(name) for name in names}

    def test_receipts_of_a_faulty_engine_do_not_agree(self):
        names = ["layer2.dw[3,1]", "layer1.db[4]", "layer1.w[0,3]", "momentum/layer1.w[0,3]", "train.loss", "layer2.delta[1]@train/3"]
        for fault, wrong in [("", []), ("gradient-sign", names[:2]), ("stale-momentum", names[2:4]), ("wrong-batch", names[:2] + ["train.loss"]),
                             ("off-by-one", ["train.loss"])]:
            slips = self.answers(fault, names)
            self.assertEqual([name for name in names if not slips[name]["agrees"]], wrong, fault)
            for name in names[:2]:
                self.assertEqual(slips[name]["central"]["relative"] > 1e-3, name in wrong, (fault, name, slips[name]))


if __name__ == "__main__":
    unittest.main()
