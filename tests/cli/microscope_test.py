"""The derivatives of single samples, many numbers at once and where numbers come from; against a reference in float64
that is written out here."""
import json
import math
import unittest
import urllib.parse

from lab import Lab
from program import ProgramTest, drawn_random

HIDDEN = {"tanh": (math.tanh, lambda z: 1 - math.tanh(z) ** 2),
          "sigmoid": (lambda z: 1 / (1 + math.exp(-z)), lambda z: math.exp(-z) / (1 + math.exp(-z)) ** 2),
          "relu": (lambda z: max(z, 0.0), lambda z: 1.0 if z > 0 else 0.0)}


def gradients(x, label, w1, b1, w2, b2, activation):
    """The derivatives of a sample's cross-entropy by w1 [inputs][units], b1, w2 [units][classes] and b2."""
    f, slope = HIDDEN[activation]
    z1 = [b1[j] + sum(x[i] * w1[i][j] for i in range(len(x))) for j in range(len(b1))]
    a1 = [f(z) for z in z1]
    z2 = [b2[k] + sum(a1[j] * w2[j][k] for j in range(len(b1))) for k in range(len(b2))]
    total = sum(math.exp(z - max(z2)) for z in z2)
    d2 = [math.exp(z - max(z2)) / total - (k == label) for k, z in enumerate(z2)]
    d1 = [slope(z1[j]) * sum(w2[j][k] * d2[k] for k in range(len(b2))) for j in range(len(b1))]
    return [[v * d for d in d1] for v in x], d1, [[a * d for d in d2] for a in a1], d2


class Microscope(ProgramTest):
    def setUp(self):
        super().setUp()
        self.lab = Lab(self.start, self.folder / "runs")
        self.addCleanup(self.lab.stop)

    def values(self, run, step, names):
        answer = self.lab.post(f"/api/runs/{run}/steps/{step}/quantities", {"names": names})
        self.assertEqual([v["name"] for v in answer["values"]], names)
        return [v["value"] for v in answer["values"]]

    def test_a_sample_has_the_gradient_of_its_own_loss(self):
        random = drawn_random("microscope")
        for activation in HIDDEN:
            units = random.randint(2, 6)
            state = self.lab.create(settings={"arch": f"dense {units} {activation} | dense 2", "batch": 20, "schedule": "constant",
                                              "weight_decay": 0, "optimizer": "sgd", "lr": 0.2}, steps=100, seed=random.randrange(1000))
            run, step = state["id"], random.randint(3, 30)
            self.lab.do(run, "step", count=step)
            get = lambda name, *shape: self.table(run, step, name, shape)
            weights = [get("layer1.w", 2, units), get("layer1.b", units), get("layer2.w", units, 2), get("layer2.b", 2)]
            for sample in (f"train/{random.randrange(100)}", f"valid/{random.randrange(20)}", f"test/{random.randrange(20)}", "batch/3"):
                x = self.values(run, step, [f"input[0]@{sample}", f"input[1]@{sample}"])
                loss, *p = self.values(run, step, [f"loss[0]@{sample}", f"output[0]@{sample}", f"output[1]@{sample}"])
                label = min((0, 1), key=lambda k: abs(loss + math.log(p[k])))
                truth = gradients(x, label, *weights, activation)
                for name, expected in zip(("layer1.dw", "layer1.db", "layer2.dw", "layer2.db"), truth):
                    shape = (len(expected), len(expected[0])) if isinstance(expected[0], list) else (len(expected),)
                    found = self.table(run, step, name, shape, f"@{sample}")
                    flat = lambda t: [v for row in t for v in row] if len(shape) == 2 else t
                    for got, wanted in zip(flat(found), flat(expected)):
                        self.assertAlmostEqual(got, wanted, delta=1e-4 * abs(wanted) + 1e-6, msg=(activation, name, sample))

    def table(self, run, step, name, shape, sample=""):
        indices = [f"{i},{j}" for i in range(shape[0]) for j in range(shape[1])] if len(shape) == 2 else [str(i) for i in range(shape[0])]
        flat = self.values(run, step, [f"{name}[{i}]{sample}" for i in indices])
        return [flat[i * shape[1]:(i + 1) * shape[1]] for i in range(shape[0])] if len(shape) == 2 else flat

    def test_the_mean_over_the_rows_of_a_batch_is_the_gradient_of_the_step(self):
        random = drawn_random("means")
        arch = "dense 5 gelu | ln tanh | dense 4 tanh | dense 5 tied 3 | dense 2"
        run = self.lab.create(settings={"arch": arch, "batch": 16, "schedule": "constant", "weight_decay": 0.01}, steps=100)["id"]
        step = random.randint(2, 20)
        self.lab.do(run, "step", count=step + 1)
        for name in ["layer1.dw[1,3]", "layer1.db[2]", "layer2.dgamma[4]", "layer2.dbeta[0]", "layer3.dw[2,3]", "layer4.db[1]", "layer5.dw[0,1]"]:
            rows = self.values(run, step, [f"{name}@batch/{row}" for row in range(16)])
            whole, = self.values(run, step + 1, [name])
            self.assertAlmostEqual(sum(rows) / 16, whole, delta=1e-6 * max(map(abs, rows)) + 1e-9, msg=name)

    def test_many_receipts_are_those_of_one_at_a_time(self):
        run = self.lab.create(settings={"arch": "dense 6 relu | dense 2", "batch": 16}, steps=100)["id"]
        self.lab.do(run, "step", count=12)
        names = ["train.loss", "layer1.w[0,1]", "layer1.dw[0,1]@train/17", "layer1.dw[0,1]", "layer2.delta[1]@batch/3", "valid.accuracy"]
        many = self.lab.post(f"/api/runs/{run}/steps/11/receipts", {"names": names})["receipts"]
        for name, one in zip(names, many):
            alone = self.lab.get(f"/api/runs/{run}/steps/11/receipts/{urllib.parse.quote(name, safe='')}")
            self.assertEqual(one, {key: value for key, value in alone.items() if key not in ("run", "step")})

    def test_a_kink_is_not_taken_for_a_fault(self):
        """With all weights 0 every relu stands at its kink: left and right differ, and the engine takes one of them."""
        run = self.lab.create(settings={"arch": "dense 3 relu | dense 2", "batch": 16}, steps=100)["id"]
        self.lab.do(run, "act", name="edit", values={f"layer1.w[{i},{j}]": 0 for i in range(2) for j in range(3)} |
                    {f"layer1.b[{j}]": 0 for j in range(3)} | {f"layer2.w[{j},0]": 0.5 for j in range(3)} |
                    {f"layer2.w[{j},1]": -0.5 for j in range(3)})
        names = [f"layer1.db[{j}]@train/1" for j in range(3)] + ["layer2.db[0]@train/1"]
        many = self.lab.post(f"/api/runs/{run}/steps/0/receipts", {"names": names})["receipts"]
        self.assertEqual([one["receipt"]["central"]["verdict"] for one in many], ["kink"] * 3 + ["agrees"])

    def test_replay_has_the_same_bits(self):
        run = self.lab.create(settings={"arch": "dense 6 tanh | dense 2", "batch": 16}, steps=100)["id"]
        self.lab.do(run, "step", count=9)
        names = ["layer1.dw[0,1]@train/17", "layer2.db[1]@batch/3", "layer1.dw[0,1]"]
        seen = self.lab.post(f"/api/runs/{run}/steps/9/quantities", {"names": names})["values"]
        self.assertEqual(self.lab.stop(), 0)
        folder = next(p for p in (self.folder / "runs").iterdir() if p.name.endswith(run))
        replayed = self.limn("replay", folder, "--step", 9, "--json", *[a for name in names for a in ("--quantity", name)])
        self.assertEqual([e["hex"] for e in replayed.events if e["event"] == "quantity"], [v["hex"] for v in seen])

    def test_numbers_come_from_words_and_nodes(self):
        arch = "dense 8 tanh | dropout 0.1 | bn relu |  dense 2"
        run = self.lab.create(settings={"arch": arch, "batch": 16}, steps=100)["id"]
        origin = lambda name: self.lab.get(f"/api/runs/{run}/origin/{urllib.parse.quote(name, safe='')}")
        for name, word, shape, op, scope in [
                ("layer1.z[3]@train/17", "dense 8 tanh", [8], "add", "layer1"), ("layer1.a[3]@test/1", "dense 8 tanh", [8], "tanh", "layer1"),
                ("layer3.w[7,1]", "dense 2", [8, 2], "reshape", "layer3"), ("layer3.dw[7,1]@valid/2", "dense 2", [8, 2], "reshape", "layer3"),
                ("layer1.db[7]", "dense 8 tanh", [8], "sum_to", "layer1"), ("layer2.mean[3]", "bn relu", [8], "slice", "layer2"),
                ("loss[0]@train/1", None, [1], "reshape", "loss")]:
            found = origin(name)
            at = found["word"]
            self.assertEqual(at and at["text"], word, name)
            if at:
                self.assertEqual(found["arch"][at["from"]:at["to"]], word, name)
            self.assertEqual(found["shape"], shape, name)
            last = found["nodes"][-1]
            self.assertEqual((last["op"], last["scope"]), (op, scope), name)
            self.assertRegex(last["place"], r"^[a-z]+/[a-z_]+\.[ch]pp:\d+$")
        derivative = origin("layer3.dw[7,1]@valid/2")["nodes"][0]  # of the product that it belongs to
        product = next(n for n in origin("layer3.z[1]@valid/2")["nodes"] if n["op"] == "matmul")
        self.assertEqual((derivative["op"], derivative["derivative_of"] is not None), ("matmul", True))
        self.assertEqual(product["derivative_of"], None)
        for wrong in ("layer1.w[8,0]", "layer9.z[0]@train/1", "nothing", "layer1.z[8]@train/1"):
            status, answer = self.lab.request("GET", f"/api/runs/{run}/origin/{urllib.parse.quote(wrong, safe='')}")
            self.assertEqual(status, 400, (wrong, answer))

    def test_many_numbers_hold_up_nobody(self):
        """While 512 samples' numbers of another step are read, the run goes on."""
        run = self.lab.create(settings={"arch": "dense 64 tanh | dense 64 tanh | dense 2", "batch": 16}, steps=1_000_000)["id"]
        self.lab.do(run, "step", count=50)
        self.lab.do(run, "play")
        names = [f"layer1.dw[0,{n % 64}]@train/{n % 200}" for n in range(512)]
        before = self.lab.get(f"/api/runs/{run}")["head"]
        first = self.values(run, 40, names)
        self.assertGreater(self.lab.get(f"/api/runs/{run}")["head"], before)
        self.assertEqual(first, self.values(run, 40, names))
        now = self.lab.post(f"/api/runs/{run}/steps/now/quantities", {"names": names[:1]})
        self.assertGreaterEqual(now["step"], before)


if __name__ == "__main__":
    unittest.main()
