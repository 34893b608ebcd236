"""`limn train autoencoder`: losses and reconstructions against a forward pass in float64 written out here, Hessian-free
on deep ones, and what is refused."""
import math
import unittest

from lab import Lab
from program import ProgramTest, drawn_random

ACTIVATIONS = {"tanh": math.tanh, "sigmoid": lambda z: 1 / (1 + math.exp(-z)), "": lambda z: z}


def forward(x, layers):
    for weights, biases, activation in layers:
        x = [ACTIVATIONS[activation](b + sum(v * w[j] for v, w in zip(x, weights))) for j, b in enumerate(biases)]
    return x


class Autoencoder(ProgramTest):
    def setUp(self):
        super().setUp()
        self.random = drawn_random("autoencoder")

    def rows_file(self, columns, rows):
        """Numbers that lie near a curve, and a last column that no autoencoder is to see."""
        lines = [",".join([f"c{i}" for i in range(columns)] + ["kind"])]
        for _ in range(rows):
            t = self.random.uniform(-2, 2)
            numbers = [f"{math.sin(t * (i + 1) / 2) * 3 + self.random.gauss(0, 0.1):.4f}" for i in range(columns)]
            lines.append(",".join(numbers + [self.random.choice("ab")]))
        return self.write("rows.csv", "\n".join(lines) + "\n")

    def learn(self, out, *arguments, experiment="autoencoder", threads=1):
        return self.limn("train", experiment, "--json", "--threads", threads, "--out", out, *arguments)

    def values(self, run, step, names):
        asked = [word for name in names for word in ("--quantity", name)]
        return [e["value"] for e in self.limn("replay", run, "--step", step, "--json", *asked).of("quantity")]

    def layers(self, run, step, sizes, activations):
        layers = []
        for k, (n, m, f) in enumerate(zip(sizes, sizes[1:], activations), 1):
            w = self.values(run, step, [f"layer{k}.w[{i},{j}]" for i in range(n) for j in range(m)])
            layers.append(([w[i * m:i * m + m] for i in range(n)], self.values(run, step, [f"layer{k}.b[{j}]" for j in range(m)]), f))
        return layers

    def test_a_loss_is_the_mean_square_between_a_row_and_what_is_made_of_it(self):
        n, h, code = self.random.randint(3, 6), self.random.randint(3, 5), self.random.randint(1, 2)
        file = self.rows_file(n, 80)
        arch = f"dense {h} tanh | dense {code} | dense {h} sigmoid | dense {n}"
        result = self.learn("run", "--data", file, "--set", f"arch={arch}", "--set", "optimizer=adam", "--steps", 200,
                            "--set", "lr=0.02", "--seed", self.random.randrange(1000))
        metrics = result.done["metrics"]
        self.assertEqual(set(metrics), {"test.loss", "test.rmse", "valid.loss", "valid.rmse"})
        self.assertAlmostEqual(metrics["test.rmse"] ** 2, metrics["test.loss"], delta=1e-6)
        layers = self.layers("run", 200, [n, h, code, h, n], ["tanh", "", "sigmoid", ""])
        for row in (f"train/{self.random.randrange(40)}", f"valid/{self.random.randrange(5)}"):
            x = self.values("run", 200, [f"input[{i}]@{row}" for i in range(n)])
            made = forward(x, layers)
            said = self.values("run", 200, [f"output[{i}]@{row}" for i in range(n)] + [f"loss[0]@{row}"])
            for got, wanted in zip(said, made):
                self.assertAlmostEqual(got, wanted, delta=1e-5)
            self.assertAlmostEqual(said[n], sum((a - b) ** 2 for a, b in zip(made, x)) / n, delta=1e-5)
        losses = [e["loss"] for e in self.limn("predict", "run", file, "--json").of("prediction")]
        self.assertEqual(len(losses), 80)
        all_rows = self.limn("eval", "run", "--data", file, "--json").done["metrics"]["test.loss"]
        self.assertAlmostEqual(sum(losses) / 80, all_rows, delta=1e-5)
        self.assertLess(all_rows, 0.5)  # of standardised columns: saying their means is 1

    def test_hessian_free_on_a_deep_one_never_rises_and_tells_its_residuals(self):
        for loss, last in (("squared", ""), ("cross-entropy", " sigmoid")):
            code = self.random.randint(2, 6)
            arch = f"dense 24 tanh | dense 12 tanh | dense {code} | dense 12 tanh | dense 24 tanh | dense 784{last}"
            seed = self.random.randrange(1000)
            result = self.learn(f"hf-{loss}", "--data", "drawn-digits", "--set", f"arch={arch}", "--set", "optimizer=hf", "--steps", 4,
                                "--set", f"loss={loss}", "--set", "split=0.05/0.05/0.9", "--seed", seed)
            steps = result.done["steps"]
            values = [self.values(f"hf-{loss}", step, ["optim.initial_value", "optim.value", "optim.residuals"])
                      for step in range(1, steps + 1)]
            for (initial, value, _), following in zip(values, values[1:] + [None]):
                self.assertLessEqual(value, initial)
                if following:
                    self.assertEqual(following[0], value)
            self.assertLess(values[-1][1], values[0][0])
            count = int(values[0][2])
            residuals = self.values(f"hf-{loss}", 1, [f"optim.residual[{i}]" for i in range(count)])
            self.assertGreaterEqual(count, 2)
            self.assertLess(min(residuals), residuals[0])
            again = self.learn(f"two-{loss}", "--data", "drawn-digits", "--set", f"arch={arch}", "--set", "optimizer=hf", "--steps", 4,
                               "--set", f"loss={loss}", "--set", "split=0.05/0.05/0.9", "--seed", seed, threads=2)
            self.assertEqual(again.done["fingerprint"], result.done["fingerprint"])

    def test_what_cannot_be_reconstructed_is_refused(self):
        file = self.rows_file(4, 40)
        for settings, says in (
                (["arch=dense 2 | dense 3"], "wants 4"),
                (["loss=cross-entropy"], "from 0 to 1"),
                (["loss=poisson"], "poisson"),
                (["label_smoothing=0.1"], "no classes"),
                (["class_weights=balanced"], "no classes"),
                (["batch=1000"], "batch 1000")):
            with self.subTest(settings=settings):
                words = [word for setting in settings for word in ("--set", setting)]
                result = self.run_limn("train", "autoencoder", "--data", file, "--steps", 2, "--out", "refused", *words)
                self.assertEqual(result.status, 2, result.out + result.err)
                self.assertIn(says, result.err)
                self.assertIn("hint: ", result.err)
                self.assertFalse((self.folder / "refused").exists())

    def test_the_lab_names_what_has_no_page(self):
        runs = self.folder / "runs"
        self.learn("runs/one", "--data", self.rows_file(3, 40), "--steps", 3)
        lab = Lab(self.start, runs)
        self.addCleanup(lab.stop)
        named = [e["name"] for e in lab.get("/api/experiments")["experiments"]]
        self.assertEqual([name for name in named if name in ("autoencoder", "cnn")], ["cnn"])
        for answer in (lab.request("POST", "/api/runs", '{"experiment": "autoencoder", "data": "drawn-digits", "steps": 3}'),
                       lab.request("GET", f"/api/runs/{lab.get('/api/runs')['runs'][0]['id']}")):
            self.assertEqual(answer[0], 400, answer)
            self.assertIn("limn train", answer[1]["hint"])
        self.assertEqual(len(list(runs.iterdir())), 1)


if __name__ == "__main__":
    unittest.main()
