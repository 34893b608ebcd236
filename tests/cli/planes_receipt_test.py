"""Receipts of numbers of planes, of networks of every kind of layer at places drawn at random: each adds up to the
engine's number within what float32 rounds, differences of the loss say the same, and the sums of a window are whole."""
import unittest

from lab import Lab
from program import ProgramTest, drawn_random

NETWORKS = [
    "conv 3 5x5 stride 4 relu | pool 2 | conv 4 3x3 tanh | dense 10",
    "conv 4 3x3 stride 3 nobias | bn relu | pool 3 stride 2 average | conv 4 3x3 groups 2 dilation 2 pad 2 relu | dense 10",
    "conv 3 4x4 stride 4 valid relu | dropout 0.3 | conv 5 2x2 same nobias | ln swish | global-pool | dense 10",
    "conv 2 3x3 stride 5 relu | upsample 2 | pad 1 reflect | conv 3 3x3 stride 2 relu | dense 12 relu | dense 10",
    "conv 3 7x7 stride 4 pad 3 relu | res 4 stride 2 | global-pool | dense 10",
]
UNTOLD = "block or a transposed|normalisation's sums over all places|within a block"


class PlanesReceiptTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.lab = Lab(self.start, self.folder / "runs")

    def test_every_number_of_planes_adds_up(self):
        random = drawn_random("receipts of planes")
        told = 0
        for arch in NETWORKS:
            run = self.lab.create("drawn-digits", experiment="cnn", settings={"arch": arch, "batch": 12, "schedule": "constant"}, steps=20, seed=3)
            state = self.lab.do(run["id"], "step", count=3)
            planes = {p["name"]: p["shape"] for p in state["network"]["planes"] if len(p["shape"]) == 3}
            entering = {p["name"]: p["in"] for p in state["network"]["planes"]}
            names = []
            for sample in ("train/5", "batch/2", "step/1"):
                for name, shape in planes.items():
                    for _ in range(3):
                        y, x, c = (random.randrange(n) for n in shape)
                        names += [f"{name}.{what}[{y},{x},{c}]@{sample}" for what in (("z", "a", "delta") if name.startswith("layer") else ("a",) if not sample.startswith("step") else ())]
                    if name.startswith("layer"):
                        names.append("{}.in[{},{},{}]@{}".format(name, *(random.randrange(n) for n in entering[name]), sample))
            for tensor in state["quantities"]:
                if tensor["name"].startswith("layer") and not any(kept in tensor["name"] for kept in ("mean", "variance")):
                    layer, own = tensor["name"].split(".")
                    index = ",".join(str(random.randrange(n)) for n in tensor["shape"])
                    names += [f"{layer}.d{own}[{index}]", f"{tensor['name']}[{index}]"]
            for name in names:
                answer = self.lab.post(f"/api/runs/{run['id']}/steps/3/receipts", {"names": [name]})["receipts"][0]
                if answer["receipt"] is None:
                    self.assertRegex(answer["why"], UNTOLD, (arch, name))
                    continue
                told += 1
                self.assertTrue(answer["receipt"]["agrees"], (arch, answer))
                central = answer["receipt"]["central"]
                self.assertTrue(central is None or central["verdict"] != "differs", (arch, answer))
            for plane in state["network"]["planes"]:
                if not plane["text"].startswith("conv"):
                    continue
                y, x, c = (random.randrange(n) for n in plane["shape"])
                w, (height, width, channels) = plane["window"], plane["in"]
                rows, columns = ([at * w["stride"][a] + i * w["dilation"][a] - w["low"][a] for i in range(w["size"][a])] for a, at in enumerate((y, x)))
                inside = sum(0 <= r < height for r in rows) * sum(0 <= r < width for r in columns)
                name = f"{plane['name']}.z[{y},{x},{c}]@train/0"
                its = self.lab.post(f"/api/runs/{run['id']}/steps/3/receipts", {"names": [name]})["receipts"][0]["receipt"]
                self.assertEqual(its["count"], inside * channels // w["groups"] + ("nobias" not in plane["text"]), (arch, name))
        print(f"{told} receipts")
        self.assertGreater(told, 150)


if __name__ == "__main__":
    unittest.main()
