"""Receipts of the lab on networks, losses, rules and settings drawn at random: every number has one, it adds up, its
total is the engine's number within what float32 rounds, and what it is made of are the numbers that can be asked for."""
import math
import unittest
import urllib.parse

from lab import Lab
from program import SANITIZED, ProgramTest, drawn_random

CASES = 10 if SANITIZED else 48
RULES = ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "rmsprop-centred", "adadelta", "adam", "amsgrad", "adamax",
         "nadam", "radam", "adamw", "lion", "rprop"]
ACTIVATIONS = ["linear", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "softplus", "swish", "gelu", "softmax"]
UNIT = 2.0 ** -24


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
                "schedule": random.choice(["constant", "cosine", "linear", "step", "exponential", "one-cycle", "polynomial", "plateau"]),
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

    def names(self, random, state, layers, classes, step):
        """Some number of every kind that the run has."""
        inputs = state["network"]["sample"][0]
        sample = lambda: random.choice(["train/9", "valid/4", "test/2", "batch/7", "step/3"])
        names = ["train.loss", f"input[{random.randrange(inputs)}]@{sample()}", f"output[0]@{sample()}", f"loss[0]@{sample()}"]
        names += [f"{split}.{metric}" for split in ("train", "valid", "test")
                  for metric in (["accuracy"] if classes else ["mae", "rmse", "r2"]) + (["loss"] if split != "train" else [])]
        if classes:
            names.append(f"valid.confusion[{random.randrange(classes)},{random.randrange(classes)}]")
        for k, (kind, before, units) in enumerate(layers, 1):
            j, i = random.randrange(units), random.randrange(before or inputs)
            names += [f"layer{k}.{what}[{j}]@{sample()}" for what in ("z", "a", "delta", "delta")]
            names.append(f"layer{k}.in[{i}]@step/5")
            own = {"dense": [f"w[{i},{j}]", f"b[{j}]"], "tied": [f"b[{j}]"]}.get(kind, [f"gamma[{j}]", f"beta[{j}]"])
            for parameter in own:
                names += [f"layer{k}.{parameter}", f"layer{k}.d{parameter}"]
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
        parts = [abs(t["product"]) for t in slip["terms"]] + [abs(slip["rest"])]
        factor = (slip["factor"] or {"value": 1})["value"]
        near = max(abs(slip["total"]), max(parts) * abs(factor), 1e-30)
        self.assertAlmostEqual((sum(t["product"] for t in slip["terms"]) + slip["rest"]) * factor, slip["total"], delta=1e-12 * near, msg=says)
        self.assertLessEqual(abs(slip["total"] - answer["value"]), slip["bound"], says)
        self.assertTrue(slip["agrees"], says)
        self.sharpness.append((slip["bound"] / near, name, case))
        self.close.append((abs(slip["total"] - answer["value"]) / near, slip["bound"] / near, name, case))
        for term in slip["terms"]:
            if "name" not in term:
                self.assertAlmostEqual(math.prod(g["value"] for g in term["of"]), term["product"], delta=1e-12 * near, msg=says)
        for given in [g for part in slip["terms"] + slip["steps"] for g in part["of"]]:
            if given["step"] >= 0:
                self.assertEqual(self.lab.quantity(run, given["step"], given["name"])["hex"], given["hex"], (given, says))

    def test_every_number_of_a_drawn_network_has_one(self):
        random = drawn_random("receipts of drawn networks")
        self.sharpness, self.close, central = [], [], []
        for case in range(CASES):
            data = random.choice(["spirals", "moons", "blobs", "waves", "waves"])
            classes = {"spirals": 2, "moons": 2, "blobs": 4}.get(data, 0)
            arch, layers = drawn_arch(random, 1 if classes == 2 and random.random() < 0.4 else classes or 1, classes)
            settings = {**drawn_settings(random, classes), "arch": arch}
            run = self.lab.create(data, settings=settings, steps=60, seed=random.randrange(100))
            steps = 30
            state = self.lab.do(run["id"], "step", count=steps)
            self.assertIsNone(state["error"], (settings, state["error"]))
            step = random.randint(1, steps)
            names = self.names(random, state, layers, classes, step)
            for name in random.sample(names, min(len(names), 14)):
                answer = self.ask(run["id"], step, name)
                if answer["receipt"] is None:
                    self.assertTrue(name.startswith(("best/", "input[")), (name, answer, settings))
                    continue
                self.check(run["id"], step, name, answer, (data, settings))
                if answer["receipt"]["central"]:
                    central.append((answer["receipt"]["central"]["relative"], name, answer, settings))
        if self.close:
            self.close.sort(key=lambda c: c[0]), self.sharpness.sort(key=lambda c: c[0]), central.sort(key=lambda c: c[0])
            for c in self.close[-12:]: print("close", c)
            for c in self.sharpness[-12:]: print("sharp", c)
            for c in central[-12:]: print("central", c[0], c[1], c[2]["receipt"]["central"], c[2]["value"], c[3])


if __name__ == "__main__":
    unittest.main()
