"""The Hessian of a network's objective and its eigenvalues; against gradients in float64 that are written out here."""
import math
import unittest

from lab import Lab
from program import ProgramTest, drawn_random


def gradient(rows, labels, theta, sizes, decay):
    """Of the mean cross-entropy of dense-tanh-dense and decay/2 |weights|^2, by theta: w1 [n][h], b1, w2 [h][c], b2."""
    n, h, c = sizes
    w1, b1, w2, b2 = theta[:n * h], theta[n * h:n * h + h], theta[n * h + h:n * h + h + h * c], theta[-c:]
    g = [decay * w for w in w1] + [0.0] * h + [decay * w for w in w2] + [0.0] * c
    value = decay / 2 * sum(w * w for w in w1 + w2)
    for x, label in zip(rows, labels):
        a = [math.tanh(b1[j] + sum(x[i] * w1[i * h + j] for i in range(n))) for j in range(h)]
        z = [b2[k] + sum(a[j] * w2[j * c + k] for j in range(h)) for k in range(c)]
        total = sum(math.exp(v) for v in z)
        value += (math.log(total) - z[label]) / len(rows)
        d2 = [(math.exp(v) / total - (k == label)) / len(rows) for k, v in enumerate(z)]
        d1 = [(1 - a[j] ** 2) * sum(w2[j * c + k] * d2[k] for k in range(c)) for j in range(h)]
        for j in range(h):
            for i in range(n):
                g[i * h + j] += x[i] * d1[j]
            g[n * h + j] += d1[j]
            for k in range(c):
                g[n * h + h + j * c + k] += a[j] * d2[k]
        for k in range(c):
            g[len(theta) - c + k] += d2[k]
    return value, g


class Curvature(ProgramTest):
    def setUp(self):
        super().setUp()
        self.runs = self.folder / "runs"
        self.lab = Lab(self.start, self.runs)
        self.addCleanup(self.lab.stop)

    def create(self, **settings):
        return self.lab.create(settings={"schedule": "constant", **settings}, steps=60, seed=self.random.randrange(1000))

    def values(self, run, step, names):
        found = []
        for i in range(0, len(names), 500):
            found += self.lab.post(f"/api/runs/{run}/steps/{step}/quantities", {"names": names[i:i + 500]})["values"]
        self.assertEqual([v["name"] for v in found], names)
        return [v["value"] for v in found]

    def test_the_hessian_of_a_network_is_that_of_its_objective(self):
        self.random = drawn_random("curvature")
        for optimizer, more in (("newton", {}), ("bfgs", {}), ("adam", {"lr": 0.05, "batch": 16})):
            h, decay = self.random.randint(2, 4), 2.0 ** -self.random.randint(4, 8)
            state = self.create(arch=f"dense {h} tanh | dense 2", optimizer=optimizer, weight_decay=decay, **more)
            run, step, sizes = state["id"], self.random.randint(2, 9), (2, h, 2)
            self.lab.do(run, "step", count=step)
            names = [f"{q['name']}[{','.join(map(str, i))}]" for q in state["quantities"] if q["name"].startswith("layer")
                     for i in self.places(q["shape"])]
            theta, n = self.values(run, step, names), len(names)
            self.assertEqual(n, 2 * h + h + 2 * h + 2)
            count = state["split"]["train"]
            flat = self.values(run, step, [f"input[{i}]@train/{k}" for k in range(count) for i in (0, 1)])
            said = self.values(run, step, [f"{q}@train/{k}" for k in range(count) for q in ("loss[0]", "output[0]", "output[1]")])
            rows = [flat[2 * k:2 * k + 2] for k in range(count)]
            labels = [min((0, 1), key=lambda c: abs(said[3 * k] + math.log(said[3 * k + 1 + c]))) for k in range(count)]
            value, truth = gradient(rows, labels, theta, sizes, decay)
            found = self.values(run, step, ["value"] + [f"gradient[{i}]" for i in range(n)])
            for got, wanted in zip(found, [value] + truth):
                self.assertAlmostEqual(got, wanted, delta=2e-5 * (1 + abs(wanted)))
            hessian = self.values(run, step, [f"hessian[{i},{j}]" for i in range(n) for j in range(n)])
            step_by, largest = 1e-4, max(map(abs, hessian))
            for j in range(n):
                moved = lambda by: gradient(rows, labels, [t + by * (i == j) for i, t in enumerate(theta)], sizes, decay)[1]
                for i, (up, down) in enumerate(zip(moved(step_by), moved(-step_by))):
                    self.assertAlmostEqual(hessian[i * n + j], (up - down) / (2 * step_by), delta=2e-5 * largest, msg=(optimizer, i, j))
                    self.assertEqual(hessian[i * n + j], hessian[j * n + i])
            eigenvalues = self.values(run, step, [f"eigenvalue[{i}]" for i in range(n)])
            self.assertEqual(eigenvalues, sorted(eigenvalues))
            self.assertAlmostEqual(sum(eigenvalues), sum(hessian[i * n + i] for i in range(n)), delta=1e-12 * n * largest)
            self.assertAlmostEqual(sum(v * v for v in eigenvalues), sum(v * v for v in hessian), delta=1e-11 * n * largest ** 2)
            inverse = self.values(run, step, [f"hessian_inverse[{i},{j}]" for i in range(n) for j in range(n)])
            # Penrose's conditions, of what is left without the directions that are flat to float32.
            flat, most = max(map(abs, eigenvalues)) / 2 ** 20, max(map(abs, inverse))
            product = self.times(inverse, hessian, n)
            self.assertAlmostEqual(sum(product[i * n + i] for i in range(n)), sum(abs(v) > flat for v in eigenvalues), delta=1e-6)
            for got, wanted in zip(self.times(product, inverse, n), inverse):
                self.assertAlmostEqual(got, wanted, delta=1e-14 * n * n * largest * most * most)
            for got, wanted in zip(self.times(hessian, product, n), hessian):
                self.assertAlmostEqual(got, wanted, delta=flat + 1e-14 * n * n * largest * largest * most)
            for i in range(n):
                for j in range(i):
                    self.assertAlmostEqual(product[i * n + j], product[j * n + i], delta=1e-14 * n * n * largest * most)

    @staticmethod
    def times(a, b, n):
        return [sum(a[i * n + k] * b[k * n + j] for k in range(n)) for i in range(n) for j in range(n)]

    def test_a_replay_has_the_same_bits_also_behind_a_change_of_the_decay(self):
        self.random = drawn_random("curvature replay")
        run = self.create(arch="dense 3 tanh | dense 2", optimizer="bfgs", weight_decay=0.01)["id"]
        self.lab.do(run, "step", count=5)
        names = ["value", "gradient[3]", "hessian[2,7]", "hessian_inverse[1,1]", "eigenvalue[0]"]
        before = self.values(run, 5, names)
        self.lab.do(run, "set", settings={"weight_decay": 0.5})
        behind = self.values(run, 5, names)
        self.assertGreater(behind[0], before[0] + 0.01)
        self.lab.do(run, "step", count=3)
        self.assertEqual(self.values(run, 5, names), behind)
        shown = [self.lab.quantity(run, 5, name)["hex"] for name in names]
        self.lab.stop()
        told = self.limn("replay", run, "--step", 5, "--json", *[a for name in names for a in ("--quantity", name)])
        self.assertEqual([e["hex"] for e in told.of("quantity")], shown)

    def test_what_has_no_hessian_or_too_large_a_one_is_refused(self):
        self.random = drawn_random("curvature refusals")
        for arch, settings, name, what in (("dense 700 relu | dense 2", {}, "hessian[0,0]", "3502 parameters"),
                                           ("dense 100 relu | dense 2", {}, "hessian_inverse[0,0]", "502 parameters"),
                                           ("dense 4 tanh | dropout 0.5 | dense 2", {}, "value", "dropout"),
                                           ("dense 4 tanh | dense 2", {"l1": 0.01}, "eigenvalue[0]", "l1"),
                                           ("dense 4 tanh | dense 2", {}, "eigenvalue[22]", "22")):
            run = self.create(arch=arch, optimizer="adam", **settings)["id"]
            status, answer = self.lab.request("GET", f"/api/runs/{run}/steps/0/quantities/{name}")
            self.assertEqual(status, 400, answer)
            self.assertIn(what, answer["error"] if isinstance(answer["error"], str) else answer["error"]["what"])

    @staticmethod
    def places(shape):
        return [(i,) for i in range(shape[0])] if len(shape) == 1 else [(i, j) for i in range(shape[0]) for j in range(shape[1])]


if __name__ == "__main__":
    unittest.main()
