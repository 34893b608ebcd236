"""The loss over a plane through three steps of runs that race: directions, shadows and values against float64, written
out here from the weights; and what has no plane."""
import http.client
import json
import math
import unittest

from curvature_test import gradient
from lab import TOKEN, Lab
from program import ProgramTest, drawn_random


def dot(a, b):
    return math.fsum(x * y for x, y in zip(a, b))


def minus(a, b, by=1.0):
    return [x - by * y for x, y in zip(a, b)]


def over(a, size):
    return [x / size for x in a]


class Shadow:
    """A plane through three points, the first of which is its origin."""

    def __init__(self, origin, a, b):
        self.origin = origin
        u, v = minus(a, origin), minus(b, origin)
        self.e1 = over(u, math.sqrt(dot(u, u)))
        w = minus(v, self.e1, dot(v, self.e1))
        self.e2 = over(w, math.sqrt(dot(w, w)))

    def of(self, theta):
        v = minus(theta, self.origin)
        x, y = dot(v, self.e1), dot(v, self.e2)
        return x, y, math.sqrt(max(0.0, dot(v, v) - x * x - y * y))

    def at(self, x, y):
        return [o + x * a + y * b for o, a, b in zip(self.origin, self.e1, self.e2)]


class PlaneTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.random = drawn_random(self.id())
        self.lab = Lab(self.start, self.folder / "runs")
        self.addCleanup(self.lab.stop)

    def race(self, decay, hidden=3, *others, **more):
        """The first run, trained by L-BFGS, and its branches at step 0, where they all stand after a few steps."""
        state = self.lab.create(seed=self.random.randrange(1000), steps=60, settings={
            "arch": f"dense {hidden} tanh | dense 2", "optimizer": "lbfgs", "weight_decay": decay, **more})
        runs = [state["id"]] + [self.lab.do(state["id"], "branch", step=0, settings=o)["id"] for o in others]
        ends = [self.lab.do(run, "step", count=self.random.randint(4, 9))["step"] for run in runs]
        return state, runs, ends

    def values(self, run, step, names):
        return [v["value"] for i in range(0, len(names), 500)
                for v in self.lab.post(f"/api/runs/{run}/steps/{step}/quantities", {"names": names[i:i + 500]})["values"]]

    def weights(self, state, run, step):
        names = [f"{q['name']}[{','.join(map(str, (k // q['shape'][-1], k % q['shape'][-1]) if len(q['shape']) > 1 else (k,)))}]"
                 for q in state["quantities"] if q["name"].startswith("layer") for k in range(math.prod(q["shape"]))]
        return self.values(run, step, names)

    def rows(self, state):
        """What the network sees of the training rows, and their classes: that whose probability explains the loss."""
        run, count = state["id"], state["split"]["train"]
        flat = self.values(run, 0, [f"input[{i}]@train/{k}" for k in range(count) for i in (0, 1)])
        said = self.values(run, 0, [f"{q}@train/{k}" for k in range(count) for q in ("loss[0]", "output[0]", "output[1]")])
        return ([flat[2 * k:2 * k + 2] for k in range(count)],
                [min((0, 1), key=lambda c: abs(said[3 * k] + math.log(said[3 * k + 1 + c]))) for k in range(count)])

    def near(self, got, wanted, size=1.0):
        self.assertAlmostEqual(got, wanted, delta=2e-5 * (size + abs(wanted)))

    def test_shadows_distances_and_values_are_those_of_float64(self):
        decay, hidden = 2.0 ** -self.random.randint(4, 8), self.random.randint(2, 4)
        state, runs, ends = self.race(decay, hidden, {"optimizer": "adam", "lr": 0.05}, {"optimizer": "momentum", "lr": 0.2})
        stands = [f"{run}@{end}" for run, end in zip(runs, ends)]
        plane = self.lab.get(f"/api/runs/{runs[0]}/steps/0/plane?a={stands[0]}&b={stands[1]}&trails={','.join(stands)}&width=13&height=9")
        rows, labels = self.rows(state)
        loss = lambda theta: gradient(rows, labels, theta, (2, hidden, 2), decay)[0]
        points = [self.weights(state, run, step) for run, step in ((runs[0], 0), (runs[0], ends[0]), (runs[1], ends[1]))]
        shadow = Shadow(*points)
        self.assertEqual((plane["parameters"], plane["rows"], plane["of"]), (len(points[0]), len(rows), len(rows)))
        for got, wanted in ((plane["e1"], shadow.e1), (plane["e2"], shadow.e2)):
            for one, other in zip(got, wanted, strict=True):
                self.assertAlmostEqual(one, other, delta=1e-9)
        for point, theta, (run, step) in zip(plane["points"], points, ((runs[0], 0), (runs[0], ends[0]), (runs[1], ends[1]))):
            self.assertEqual((point["run"], point["step"]), (run, step))
            self.assertEqual(point["hex"], self.lab.quantity(run, step, "value")["hex"])
            self.near(point["value"], loss(theta))
            x, y, _ = shadow.of(theta)
            self.near(point["x"], x), self.near(point["y"], y)
            for at, low, size in ((x, plane["x0"], plane["width"]), (y, plane["y0"], plane["height"])):
                self.assertTrue(low + 0.5 * plane["cell"] < at < low + plane["cell"] * (size - 1.5), (point, plane["cell"]))
        self.assertEqual([point["name"] for point in plane["points"]], ["start", "a", "b"])
        corners = [0, 12, 8 * 13, 8 * 13 + 12]
        for k in corners + self.random.sample(range(13 * 9), 12):
            theta = shadow.at(plane["x0"] + plane["cell"] * (k % 13), plane["y0"] + plane["cell"] * (k // 13))
            self.near(plane["values"][k], loss(theta))
        self.assertEqual([trail["run"] for trail in plane["trails"]], runs)
        for trail, end in zip(plane["trails"], ends):
            self.assertEqual(trail["steps"], list(range(end + 1)))
            within = whole = 0
            for i, step in enumerate(trail["steps"]):
                theta = self.weights(state, trail["run"], step)
                x, y, distance = shadow.of(theta)
                self.near(trail["x"][i], x), self.near(trail["y"][i], y)
                self.assertAlmostEqual(trail["distance"][i], distance, delta=1e-6 * (1 + distance))
                self.near(trail["value"][i], loss(theta))
                within, whole = within + x * x + y * y, whole + x * x + y * y + distance * distance
            self.near(trail["share"], within / whole)
        self.assertLess(max(trail["distance"][-1] for trail in plane["trails"][:2]), 1e-9)
        self.assertGreater(plane["trails"][2]["distance"][-1], 1e-3)

    def test_the_plane_of_gradient_and_last_step_is_theirs(self):
        decay = 0.01
        state, (run,), (end,) = self.race(decay, 3, optimizer="adam", lr=0.05)
        plane = self.lab.get(f"/api/runs/{run}/steps/{end}/plane?width=5&height=4")
        here, before = (self.weights(state, run, step) for step in (end, end - 1))
        slope = gradient(*self.rows(state), here, (2, 3, 2), decay)[1]
        moved = minus(here, before)
        downhill = minus(here, slope, math.sqrt(dot(moved, moved) / dot(slope, slope)))
        shadow = Shadow(here, before, downhill)
        self.assertEqual([(p["name"], p["run"], p["step"]) for p in plane["points"]],
                         [("here", run, end), ("before", run, end - 1), ("downhill", None, None)])
        for point, theta in zip(plane["points"], (here, before, downhill)):
            for got, wanted in zip((point["x"], point["y"]), shadow.of(theta)):
                self.assertAlmostEqual(got, wanted, delta=1e-3 * math.sqrt(dot(moved, moved)))
        self.assertLess(plane["points"][2]["value"], plane["points"][0]["value"])

    def refused(self, path, said, status=400):
        got, answer = self.lab.request("GET", path)
        self.assertEqual(got, status, answer)
        self.assertIn(said, answer["error"])
        self.assertTrue(answer["hint"])

    def test_what_has_no_plane_is_refused(self):
        state, (run, other), (end, its_end) = self.race(0.01, 3, {"optimizer": "adam"})
        at, a, b = f"/api/runs/{run}/steps/0/plane", f"a={run}@{end}", f"b={other}@{its_end}"
        one = lambda **wish: self.lab.create(**{"seed": state["seed"], "steps": 60, **wish})["id"]
        same = {"arch": state["settings"]["arch"], "weight_decay": 0.01}
        self.refused(f"{at}?{a}&b={run}@0", "one line")
        self.refused(f"{at}?{a}&b={run}@{end}", "one line")
        self.refused(f"{at}?{a}&b={one(settings={**same, 'arch': 'dense 4 tanh | dense 2'})}@0", "differ in their architecture")
        self.refused(f"{at}?{a}&b={one(settings=same, seed=state['seed'] + 1)}@0", "differ in the rows")
        self.refused(f"{at}?{a}&b={one(settings={**same, 'weight_decay': 0.02})}@0", "differ in what they minimise")
        self.refused(f"{at}?{a}&{b}&trails={one(settings={**same, 'weight_decay': 0.02})}@0", "differ in what they minimise")
        function = self.lab.post("/api/runs", {"experiment": "function", "data": "none", "settings": {"function": "booth"}})["id"]
        self.refused(f"{at}?{a}&b={function}@0", "function")
        self.refused(f"{at}?{a}", "no step of a run")
        self.refused(f"{at}?{a}&b={other}", "no step of a run")
        self.refused(f"{at}?{a}&b={other}@{its_end + 1}", "has no step")
        self.refused(f"{at}?{a}&b=0123456789ab@1", "there is no run", 404)
        self.refused(f"{at}?{a}&{b}&width=128&height=128", "16384 points")
        self.refused(f"{at}?{a}&{b}&width=1", "width")
        self.refused(f"{at}?{a}&{b}&trails={','.join([f'{run}@1'] * 13)}", "13 trails")
        self.refused(at, "no step")
        for settings, said in (({"arch": "dense 4 tanh | dropout 0.5 | dense 2"}, "dropout"), ({**same, "l1": 0.01}, "l1")):
            random = one(settings=settings)
            self.lab.do(random, "step", count=3)
            self.refused(f"/api/runs/{random}/steps/3/plane", said)
        large = one(settings={"arch": "dense 1500 relu | dense 1500 relu | dense 2", "batch": 16})
        self.lab.do(large, "step", count=2)
        self.refused(f"/api/runs/{large}/steps/2/plane?width=64&height=64", "take too long")

    def test_a_newer_request_ends_an_older_one(self):
        _, (run,), (end,) = self.race(0.01, 60)
        asked = []
        for size in ("width=64&height=64", "width=3&height=2"):
            connection = http.client.HTTPConnection("127.0.0.1", self.lab.port, timeout=60)
            self.addCleanup(connection.close)
            connection.request("GET", f"/api/runs/{run}/steps/{end}/plane?{size}", headers={"Authorization": f"Bearer {TOKEN}"})
            asked.append(connection)
        older, newer = (connection.getresponse() for connection in asked)
        self.assertEqual((older.status, newer.status), (409, 200))
        self.assertIn("meanwhile", json.loads(older.read())["error"])
        self.assertEqual(len(json.loads(newer.read())["values"]), 6)


if __name__ == "__main__":
    unittest.main()
