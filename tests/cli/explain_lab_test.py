"""What a network looks at, asked of the lab: against float64 written out here, other requests and `limn explain`; while the
run trains on undisturbed; what is given up and refused."""
import http.client
import json
import math
import struct
import unittest

from cnn_test import bars
from explain_test import central, softmax
from lab import TOKEN, Lab
from program import ProgramTest, drawn_random

SIDE = 8
SIZE = SIDE * SIDE


def float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


class ExplainLab(ProgramTest):
    def setUp(self):
        super().setUp()
        self.random = drawn_random(self.id())
        images, labels = bars(self.random, 300, SIDE)
        self.write("bars/train-images-idx3-ubyte", images)
        self.write("bars/train-labels-idx1-ubyte", labels)
        self.train_run("run")
        self.lab = Lab(self.start, self.folder / "runs")
        self.addCleanup(self.lab.stop)

    def train_run(self, name, steps=60):
        """A run that the lab finds in its folder."""
        self.id_ = self.limn("train", "mlp", "--json", "--data", "bars", "--steps", steps, "--set", "arch=dense 6 tanh | dense 3",
                             "--set", "batch=16", "--set", "schedule=constant", "--out", f"runs/{name}").done["run"]

    def explain(self, step="now", **wish):
        return self.lab.post(f"/api/runs/{self.id_}/steps/{step}/explain", wish)

    def refused(self, status, path, wish, method="POST"):
        got, answer = self.lab.request(method, path, json.dumps(wish))
        self.assertEqual(got, status, answer)
        self.assertTrue(answer["hint"])
        return answer["error"]

    def network(self, step):
        """Its scores of a picture in float64, and what leaves the first layer."""
        names = [f"layer1.w[{i},{j}]" for i in range(SIZE) for j in range(6)] + [f"layer1.b[{j}]" for j in range(6)]
        names += [f"layer2.w[{j},{c}]" for j in range(6) for c in range(3)] + [f"layer2.b[{c}]" for c in range(3)]
        w = [v["value"] for i in range(0, len(names), 500)
             for v in self.lab.post(f"/api/runs/{self.id_}/steps/{step}/quantities", {"names": names[i:i + 500]})["values"]]
        b1, w2, b2 = w[SIZE * 6:SIZE * 6 + 6], w[SIZE * 6 + 6:SIZE * 6 + 24], w[SIZE * 6 + 24:]

        def scores(x):
            a = [math.tanh(b1[j] + math.fsum(x[i] * w[i * 6 + j] for i in range(SIZE))) for j in range(6)]
            return [b2[c] + math.fsum(a[j] * w2[j * 3 + c] for j in range(6)) for c in range(3)]
        return scores

    def picture(self):
        return [self.random.random() for _ in range(SIZE)]

    def test_saliency_and_occlusion_are_those_of_float64_at_any_step(self):
        for step in (self.random.randrange(1, 60), 60):
            scores, x, c = self.network(step), self.picture(), self.random.randrange(3)
            said = self.explain(step, method="saliency", pixels=x, **{"class": c})
            self.assertEqual((said["run"], said["step"], said["method"], said["class"]), (self.id_, step, "saliency", c))
            self.assertAlmostEqual(said["score"], scores(x)[c], delta=1e-5)
            self.assertEqual(float.fromhex(said["hex"]), said["score"])
            self.assertEqual(said["answer"], max(range(3), key=lambda k: scores(x)[k]))
            wanted = [central(lambda v: scores(v)[c], x, i) for i in range(SIZE)]
            for got, want in zip(said["gradient"], wanted, strict=True):
                self.assertAlmostEqual(got, want, delta=1e-4 * max(map(abs, wanted)))
            said = self.explain(step, method="occlusion", pixels=x, patch=3, stride=2, fill=0.5, **{"class": c})
            self.assertEqual((said["ps"]["height"], said["ps"]["width"]), (3, 3))
            for i, p in enumerate(said["ps"]["values"]):
                top, left = i // 3 * 2, i % 3 * 2
                hidden = [0.5 if top <= k // SIDE < top + 3 and left <= k % SIDE < left + 3 else v for k, v in enumerate(x)]
                self.assertAlmostEqual(p, softmax(scores(hidden))[c], delta=1e-5)
                if step == 60:
                    predicted = self.lab.post(f"/api/runs/{self.id_}/predict", {"x": hidden})
                    self.assertEqual(p, predicted["output"][c])

    def test_a_sample_is_the_row_of_the_split(self):
        x = [self.lab.quantity(self.id_, 60, f"input[{i}]@valid/4")["value"] for i in range(SIZE)]
        self.assertEqual(self.explain(method="saliency", sample="valid/4"), self.explain(method="saliency", pixels=x))

    def test_moves_by_nothing_are_the_plain_accuracy_and_ablated_units_leave_nothing(self):
        plain = self.lab.quantity(self.id_, 20, "test.accuracy")["value"]
        for wish in ({"method": "shift", "most": 2}, {"method": "shift", "along": "down", "most": 1}, {"method": "rotate"}):
            moves = self.explain(20, **wish)["moves"]
            still = [m["accuracy"] for m in moves if not (m["right"] or m["down"] or m["degrees"])]
            self.assertEqual(float32(still[0]), plain)
            self.assertEqual(len(moves) % 2, 1)
        said = self.explain(20, method="ablate", channels="layer1.unit[2] layer1.unit[5]", sample="test/1")
        self.assertEqual(float32(said["accuracy_before"]), plain)
        self.assertEqual([k for k, v in enumerate(said["layer"]["values"]) if v == 0], [2, 5])
        cleared = {f"layer2.w[{j},{c}]": 0 for j in (2, 5) for c in range(3)}
        branch = self.lab.do(self.id_, "branch", step=20)["id"]
        self.lab.do(branch, "act", name="edit", values=cleared)
        for i in range(3):
            for j in range(3):
                count = self.lab.quantity(branch, 20, f"test.confusion[{i},{j}]")["value"]
                self.assertEqual(said["confusion"][i][j], count)

    def test_an_ascent_has_the_bits_of_the_program_and_keeps_its_weights(self):
        wish = {"class": 1, "jitter": 1, "tv": 0.01, "blur": 0.5, "seed": 4}
        begun = self.lab.post(f"/api/runs/{self.id_}/steps/40/ascents", wish)
        self.assertEqual((begun["steps"], begun["values"], begun["value"], begun["stopped"]), (0, [], None, None))
        end = self.limn("explain", "runs/run", "--step", 40, "--method", "maximise", "--class", 1, "--jitter", 1, "--tv", 0.01,
                        "--blur", 0.5, "--seed", 4, "--steps", 30, "--json")
        at, values = f"/api/ascents/{begun['ascent']}", []
        for count in (1, 9, 20):
            self.lab.do(self.id_, "seek", step=self.random.randrange(60))
            said = self.lab.post(at, {"steps": count})
            values += said["values"]
        self.assertEqual(values, [e["value"] for e in end.of("step")])
        self.assertEqual(said["fingerprint"], end.of("explanation")[0]["fingerprint"])
        self.assertEqual((said["steps"], said["best"]), (30, max(values)))
        self.assertGreater(values[-1], values[0])
        self.assertEqual(self.lab.get(at)["picture"], said["picture"])
        scores = self.network(40)
        self.assertGreater(scores(said["picture"])[1], scores(begun["picture"])[1])
        again = self.lab.post(f"/api/runs/{self.id_}/steps/40/ascents", wish)["ascent"]
        self.assertEqual(self.lab.post(f"/api/ascents/{again}", {"steps": 30})["fingerprint"], said["fingerprint"])
        still = self.lab.post(f"/api/runs/{self.id_}/steps/now/ascents", {"layer": 1, "channel": 3, "lr": 0, "patience": 4})
        ended = self.lab.post(f"/api/ascents/{still['ascent']}", {"steps": 100})
        self.assertEqual((ended["stopped"], ended["steps"]), ("not rising", 5))
        self.assertEqual(self.lab.post(f"/api/ascents/{still['ascent']}", {"steps": 3})["values"], [])

    def test_a_space_keeps_the_four_ascents_begun_last(self):
        ids = [self.lab.post(f"/api/runs/{self.id_}/steps/9/ascents", {"class": k % 3})["ascent"] for k in range(5)]
        self.refused(404, f"/api/ascents/{ids[0]}", {})
        for one in ids[1:]:
            self.assertEqual(self.lab.post(f"/api/ascents/{one}", {"steps": 2})["steps"], 2)
        self.assertEqual(self.lab.request("DELETE", f"/api/ascents/{ids[2]}")[1], {"ended": ids[2]})
        self.refused(404, f"/api/ascents/{ids[2]}", {}, "GET")

    def test_a_training_goes_on_undisturbed(self):
        alone, run = (self.lab.create("drawn-digits", steps=400, settings={"arch": "dense 8 tanh | dense 10",
                                                                           "schedule": "constant"})["id"] for _ in range(2))
        fingerprint = self.lab.do(alone, "step", count=300)["fingerprint"]
        self.lab.do(run, "play", until=300, speed=300)
        ascent = self.lab.post(f"/api/runs/{run}/steps/now/ascents", {"class": 2, "jitter": 2})["ascent"]
        asked = 0
        while (state := self.lab.get(f"/api/runs/{run}"))["state"] == "playing":
            for wish in ({"method": "saliency"}, {"method": "occlusion", "stride": 4},
                         {"method": "ablate", "channels": "layer1.unit[0]", "split": "valid"}):
                self.lab.post(f"/api/runs/{run}/steps/{state['head'] // 2}/explain", wish)
            self.lab.post(f"/api/ascents/{ascent}", {"steps": 5})
            asked += 1
        self.assertGreater(asked, 0)
        self.assertEqual((state["step"], state["fingerprint"]), (300, fingerprint))

    def test_a_newer_request_ends_an_older_one_and_so_does_delete(self):
        digits = self.lab.create("drawn-digits", steps=4, settings={"arch": "dense 400 tanh | dense 10"})["id"]

        def ask(**wish):
            connection = http.client.HTTPConnection("127.0.0.1", self.lab.port, timeout=120)
            self.addCleanup(connection.close)
            connection.request("POST", f"/api/runs/{digits}/steps/0/explain", json.dumps({"split": "train", "method": "shift", **wish}),
                               {"Authorization": f"Bearer {TOKEN}"})
            return connection
        older = ask(most=28)
        newer = ask(most=0)
        self.assertEqual(older.getresponse().status, 409)
        self.assertEqual(newer.getresponse().status, 200)
        ended = ask(most=28)
        while not (answer := self.lab.request("DELETE", "/api/explaining"))[1]["ended"]:
            pass
        self.assertEqual(answer, (200, {"ended": ["shift"]}))
        self.assertEqual(ended.getresponse().status, 409)

    def test_planes_are_weighed_and_ablated_as_the_program_does(self):
        run = self.limn("train", "cnn", "--json", "--data", "bars", "--steps", 40, "--set", "arch=conv 4 3x3 relu | pool 2 | "
                        "conv 3 3x3 tanh | dense 3", "--out", "runs/planes").done["run"]
        at, c = f"/api/runs/{run}/steps/30/explain", self.random.randrange(3)
        for layer in (1, 2):
            said = self.lab.post(at, {"method": "grad-cam", "sample": "test/5", "class": c, "layer": layer})
            written = self.limn("explain", "runs/planes", "--method", "grad-cam", "--row", 5, "--class", c, "--layer", layer, "--step",
                                30, "--json").of("explanation")[0]
            for name in ("layer", "weights", "plane", "shown", "score", "p"):
                self.assertEqual(said[name], written[name], name)
        self.assertEqual(self.lab.post(at, {"method": "grad-cam", "sample": "test/5", "class": c}), said)  # the last of planes
        ablated = self.lab.post(at, {"method": "ablate", "channels": "layer1.unit[2]", "sample": "test/5"})["layer"]
        self.assertEqual(ablated["shape"], [SIDE, SIDE, 4])
        self.assertEqual(set(ablated["values"][2::4]), {0})
        self.assertTrue(any(v for k, v in enumerate(ablated["values"]) if k % 4 != 2))

    def test_refuses_what_cannot_be_asked(self):
        at = f"/api/runs/{self.id_}/steps/now/explain"
        for wish, word in (({}, "method"), ({"method": "cam"}, "cam"), ({"method": "grad-cam"}, "no layer of planes"),
                           ({"method": "saliency", "class": 3}, "class"), ({"method": "saliency", "sample": "test/999"}, "test/999"),
                           ({"method": "saliency", "pixels": [0] * 63}, "63"), ({"method": "occlusion", "patch": 9}, "patch"),
                           ({"method": "occlusion", "fill": "x"}, "fill"), ({"method": "shift", "by": 0.5}, "moved"),
                           ({"method": "rotate", "by": 1}, "moved"), ({"method": "ablate", "channels": "layer2.unit[0]"}, "last"),
                           ({"method": "ablate", "channels": ""}, "no channel")):
            self.assertIn(word, self.refused(400, at, wish))
        for wish in ({}, {"class": 3}, {"layer": 3, "channel": 0}, {"class": 0, "lr": -1}, {"class": 0, "jitter": 8},
                     {"layer": 1, "channel": 0, "place": [0, 0]}, {"class": 0, "seed": "x"}):
            self.refused(400, f"/api/runs/{self.id_}/steps/now/ascents", wish)
        self.refused(400, f"/api/runs/{self.id_}/steps/61/explain", {"method": "saliency"})
        table = self.lab.create("spirals", steps=5)["id"]
        self.assertIn("is a table", self.refused(400, f"/api/runs/{table}/steps/0/explain", {"method": "saliency"}))


if __name__ == "__main__":
    unittest.main()
