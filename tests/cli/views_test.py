"""How a step's numbers are spread and which rows it is most wrong about: compared with the numbers asked for one by one."""
import math
import struct
import unittest
import urllib.parse

from lab import Lab, Stream, authorised
from program import ProgramTest

PARTS = ("weights", "activations", "gradients")


def histogram(values):
    """What docs/protocol.md says of 40 bins, over Python's own numbers."""
    finite = [v for v in values if v is not None]
    high = max(map(abs, finite), default=0.0)
    count = [0] * 40
    for v in finite:
        count[min(39, math.floor((v + high) / (2 * high) * 40)) if high else 20] += 1
    mean = math.fsum(finite) / len(finite)
    return {"low": -high, "high": high, "count": count, "mean": mean,
            "deviation": math.sqrt(math.fsum((v - mean) ** 2 for v in finite) / len(finite)),
            "zero": finite.count(0) / len(values), "nonfinite": len(values) - len(finite)}


class ViewsTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.lab = Lab(self.start, self.folder / "runs")
        self.addCleanup(self.lab.stop)

    def value(self, run, step, name):
        return self.lab.quantity(run, step, name)["value"]

    def receipt(self, run, step, name):
        return self.lab.get(f"/api/runs/{run}/steps/{step}/receipts/{urllib.parse.quote(name, safe='')}")["receipt"]

    def histograms(self, run, step):
        return self.lab.get(f"/api/runs/{run}/steps/{step}/histograms")

    def mistakes(self, run, step, query=""):
        return self.lab.get(f"/api/runs/{run}/steps/{step}/mistakes{query}")

    def assert_spread(self, found, values):
        wanted = histogram(values)
        for name in ("low", "high", "count", "nonfinite", "zero"):
            self.assertEqual(found[name], wanted[name], name)
        for name in ("mean", "deviation"):
            self.assertAlmostEqual(found[name], wanted[name], delta=1e-12 * max(1, wanted["high"]))

    def view(self, run, view, wanted):
        stream = Stream(self.lab.port, authorised())
        stream.send('{"watch": "%s", "views": [%s]}' % (run, view))
        frame = next(f for f in stream.frames() if f[0]["kind"] == "view" and wanted(f[0]))
        stream.close()
        self.assertNotIn("error", frame[0])
        return frame


class Histograms(ViewsTest):
    def test_are_those_of_the_numbers_asked_for_one_by_one(self):
        state = self.lab.create(settings={"arch": "dense 5 relu | dense 3 tanh | dense 2", "batch": 32}, steps=60)
        run = self.lab.do(state["id"], "step", count=60)["id"]
        for step in (0, 7, 60):
            answer = self.histograms(run, step)
            rows = min(256, state["split"]["valid"])
            self.assertEqual((answer["run"], answer["step"], answer["split"], answer["rows"]), (run, step, "valid", rows))
            for k, (inputs, units) in enumerate([(2, 5), (5, 3), (3, 2)], start=1):
                layer = answer["layers"][k - 1]
                of = lambda mark: [self.value(run, step, f"layer{k}.{mark}[{i},{j}]")
                                   for i in range(inputs) for j in range(units)]
                self.assertEqual(layer["name"], f"layer{k}")
                self.assert_spread(layer["weights"], of("w"))
                if step == 0:
                    self.assertIsNone(layer["gradients"])
                else:
                    self.assert_spread(layer["gradients"], of("dw"))
            said = [self.value(run, step, f"layer2.a[{j}]@valid/{i}") for i in range(rows) for j in range(3)]
            self.assert_spread(answer["layers"][1]["activations"], said)

    def test_units_that_are_dead_or_saturated_are_counted_and_named(self):
        state = self.lab.create(settings={"arch": "dense 6 relu | dense 4 tanh | dense 2"}, steps=50)
        run = self.lab.do(state["id"], "step", count=3)["id"]
        before = self.histograms(run, 3)["layers"]
        self.assertNotIn(2, before[0]["units"]["dead_units"])
        self.lab.do(run, "act", name="edit", values={"layer1.b[2]": -100, "layer2.b[1]": 50, "layer2.b[3]": -50})
        rows = min(256, state["split"]["valid"])
        for when in ("at", "later"):
            layers, step = self.histograms(run, self.lab.get(f"/api/runs/{run}")["step"])["layers"], 3 + (when == "later")
            dead = [j for j in range(6) if all(self.value(run, step, f"layer1.a[{j}]@valid/{i}") == 0 for i in range(rows))]
            flat = [j for j in range(4) if 20 * sum(
                1 - self.value(run, step, f"layer2.a[{j}]@valid/{i}") ** 2 < 0.05 for i in range(rows)) >= 19 * rows]
            self.assertIn(2, dead)
            self.assertTrue({1, 3} <= set(flat))
            self.assertEqual(layers[0]["units"], {"of": 6, "dead": len(dead), "saturated": 0, "dead_units": dead, "saturated_units": []})
            self.assertEqual(layers[1]["units"], {"of": 4, "dead": 0, "saturated": len(flat), "dead_units": [], "saturated_units": flat})
            self.assertIsNone(layers[2]["units"])
            counts = {"layer1.dead": len(dead), "layer2.saturated": len(flat)}
            for name, count in counts.items():
                self.assertEqual(self.value(run, step, name), count)
                receipt = self.receipt(run, step, name)
                self.assertTrue(receipt["agrees"])
                self.assertEqual(receipt["count"], count)
            self.lab.do(run, "step", count=1)
        refused, why = self.lab.request("GET", f"/api/runs/{run}/steps/3/quantities/layer3.dead")
        self.assertEqual((refused, "linear" in why["error"]), (400, True))
        folder = next((self.folder / "runs").glob(f"*{run}"))
        hexes = {name: self.lab.quantity(run, 4, name)["hex"] for name in counts}
        self.assertEqual(self.lab.stop(), 0)
        replayed = self.limn("replay", folder, "--step", 4, "--json", *(w for n in counts for w in ("--quantity", n)))
        self.assertEqual({e["name"]: e["hex"] for e in replayed.events if e["event"] == "quantity"}, hexes)

    def test_what_is_cut_counts_as_0_from_its_step_on(self):
        run = self.lab.create(settings={"arch": "dense 6 relu | dense 2"}, steps=50)["id"]
        self.lab.do(run, "step", count=5)
        gradient = self.histograms(run, 5)["layers"][0]["gradients"]
        self.lab.do(run, "set", settings={"cut": "layer1.unit[4]"})
        layer = self.histograms(run, 5)["layers"][0]
        self.assertIn(4, layer["units"]["dead_units"])
        self.assertEqual(layer["gradients"], gradient)  # of the step that led there
        self.lab.do(run, "step", count=4)
        names = ["layer1.w[0,4]", "layer1.w[1,4]", "layer1.b[4]", "layer2.w[4,0]", "layer2.w[4,1]"]
        for step in (6, 9):
            self.assertEqual([self.value(run, step, name) for name in names], [0] * 5)
            self.assertIn(4, self.histograms(run, step)["layers"][0]["units"]["dead_units"])

    def test_the_view_has_the_same_numbers_and_asking_elsewhere_disturbs_nothing(self):
        settings = {"arch": "dense 8 relu | ln tanh | dense 2"}
        run, other = (self.lab.create(settings=settings, steps=300)["id"] for _ in range(2))
        self.lab.do(run, "step", count=40)
        for step in (0, 11, 40):
            self.histograms(run, step), self.mistakes(run, step)
        head, arrays = self.view(run, '{"view": "histograms"}', lambda h: h["step"] == 40)
        exact = self.histograms(run, 40)
        self.assertEqual((head["rows"], head["split"]), (exact["rows"], exact["split"]))
        for given, layer in zip(head["layers"], exact["layers"]):
            for part in PARTS:
                count = list(arrays[f"{layer['name']}.{part}"])
                self.assertEqual({**given[part], "count": count}, layer[part])
            self.assertEqual(given["units"], layer["units"])
        self.assertEqual(self.lab.do(run, "step", count=60)["fingerprint"],
                         self.lab.do(other, "step", count=100)["fingerprint"])


class Mistakes(ViewsTest):
    def test_come_in_the_order_of_the_samples_losses(self):
        state = self.lab.create("penguins", settings={"arch": "dense 5 tanh | dense 3"}, steps=200)
        run = self.lab.do(state["id"], "step", count=30)["id"]
        for split, step in (("valid", 30), ("test", 12)):
            rows = state["split"][split]
            loss = [self.value(run, step, f"loss[0]@{split}/{i}") for i in range(rows)]
            order = sorted(range(rows), key=lambda i: (-loss[i], i))
            answer = self.mistakes(run, step, f"?split={split}&count=20")
            self.assertEqual([s["index"] for s in answer["samples"]], order[:20])
            wrong = 0
            for i in range(rows):
                p = [self.value(run, step, f"output[{k}]@{split}/{i}") for k in range(3)]
                shown = next((s for s in answer["samples"] if s["index"] == i), None)
                if shown:
                    self.assertEqual((shown["answer"], shown["p_answer"], shown["p_label"], shown["loss"]),
                                     (p.index(max(p)), max(p), p[shown["label"]], loss[i]))
            cells = {(t, a): self.value(run, step, f"{split}.confusion[{t},{a}]") for t in range(3) for a in range(3)}
            wrong = sum(n for (t, a), n in cells.items() if t != a)
            self.assertEqual((answer["rows"], answer["of"], answer["wrong"]), (rows, rows, wrong))
            self.assertEqual(self.value(run, step, f"{split}.wrong"), wrong)
            for (truth, said), n in cells.items():
                part = self.mistakes(run, step, f"?split={split}&truth={truth}&answer={said}&count=256")
                self.assertEqual((part["of"], len(part["samples"])), (n, n))
                self.assertTrue(all((s["label"], s["answer"]) == (truth, said) for s in part["samples"]))

    def test_of_equal_losses_the_first_comes_first(self):
        run = self.lab.create("xor", settings={"arch": "dense 4 relu | dense 2", "init": "zeros"}, steps=10)["id"]
        self.assertEqual([s["index"] for s in self.mistakes(run, 0, "?count=9")["samples"]], list(range(9)))

    def test_of_numbers_are_errors_in_their_own_unit(self):
        state = self.lab.create("waves", settings={"arch": "dense 6 tanh | dense 1"}, steps=100)
        run = self.lab.do(state["id"], "step", count=50)["id"]
        answer = self.mistakes(run, 50, "?count=256")
        self.assertIsNone(answer["wrong"])
        sizes = [abs(s["error"]) for s in answer["samples"]]
        self.assertEqual(sizes, sorted(sizes, reverse=True))
        for s in answer["samples"][:12]:
            at = f"@valid/{s['index']}"
            self.assertEqual((s["prediction"], s["error"], s["loss"]),
                             tuple(self.value(run, 50, name + at) for name in ("prediction[0]", "error[0]", "loss[0]")))
            self.assertAlmostEqual(s["prediction"] - s["error"], s["target"], delta=1e-5)
            for name in ("prediction[0]", "error[0]"):
                self.assertTrue(self.receipt(run, 50, name + at)["agrees"])
        squares = [s["error"] ** 2 for s in answer["samples"]]
        self.assertEqual(len(squares), state["split"]["valid"])
        self.assertAlmostEqual(math.sqrt(math.fsum(squares) / len(squares)), self.value(run, 50, "valid.rmse"), delta=1e-5)
        self.assertEqual(self.lab.request("GET", f"/api/runs/{run}/steps/50/mistakes?truth=1")[0], 400)

    def test_the_view_shows_the_rows_as_they_are(self):
        digits = self.lab.create("drawn-digits", settings={"arch": "dense 8 relu | dense 10"}, steps=50)["id"]
        self.lab.do(digits, "step", count=5)
        head, arrays = self.view(digits, '{"view": "mistakes", "count": 6, "split": "test"}', lambda h: h["step"] == 5)
        exact = self.mistakes(digits, 5, "?count=6&split=test")
        self.assertEqual([list(arrays[name]) for name in ("index", "label", "answer", "p_answer", "p_label", "loss")],
                         [[s[name] for s in exact["samples"]] for name in ("index", "label", "answer", "p_answer", "p_label", "loss")])
        self.assertEqual((head["wrong"], head["rows"], head["of"]), (exact["wrong"], exact["rows"], exact["of"]))
        pixels = len(arrays["tiles"]) // 6
        for n in (0, 5):
            at = exact["samples"][n]["index"]
            for i in (pixels // 2, pixels // 2 + 5):
                value = struct.unpack("<f", struct.pack("<f", arrays["tiles"][n * pixels + i] / 255))[0]
                self.assertAlmostEqual(value, self.value(digits, 5, f"input[{i}]@test/{at}"), delta=1e-6)
        waves = self.lab.create("waves", settings={"arch": "dense 4 tanh | dense 1"}, steps=50)["id"]
        self.lab.do(waves, "step", count=5)
        inputs = self.lab.get(f"/api/runs/{waves}")["network"]["inputs"]
        _, arrays = self.view(waves, '{"view": "mistakes", "count": 3}', lambda h: h["step"] == 5)
        for n in range(3):
            for i, column in enumerate(inputs):
                encoded = self.value(waves, 5, f"input[{i}]@valid/{arrays['index'][n]}")
                self.assertAlmostEqual(arrays["x"][n * len(inputs) + i], encoded * column["deviation"] + column["mean"], delta=1e-4)
        self.assertEqual(arrays["targets"][arrays["index"][0]], arrays["target"][0])
        self.assertEqual(arrays["predictions"][arrays["index"][0]], arrays["prediction"][0])

    def test_what_cannot_be_is_refused(self):
        run = self.lab.create("penguins", steps=50)["id"]
        for query in ("?split=none", "?count=0", "?count=257", "?truth=3", "?answer=-1", "?count=x"):
            status, answer = self.lab.request("GET", f"/api/runs/{run}/steps/0/mistakes{query}")
            self.assertEqual(status, 400, query)
            self.assertTrue(answer["error"] and answer["hint"])
        for what in ("mistakes", "histograms"):
            self.assertEqual(self.lab.request("GET", f"/api/runs/{run}/steps/9/{what}")[0], 400)


if __name__ == "__main__":
    unittest.main()
