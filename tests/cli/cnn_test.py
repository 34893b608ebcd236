"""`limn train cnn`: what it learns, the same bits everywhere, its numbers against a forward pass written out here, ready
networks, and what is refused."""
import math
import time
import unittest

from program import SANITIZED, ProgramTest, drawn_random, idx

SIDE = 10
# Everything that could break equal bits: batch normalisation, dropout of both kinds, augmentation, a ragged last batch.
ARCH = "conv 4 3x3 nobias | bn relu | pool 2 | res 6 stride 2 | spatial-dropout 0.2 | dropout 0.1 | dense 3"
SMALL = ["--data", "bars", "--set", f"arch={ARCH}", "--set", "batch=32", "--set", "augment=shift 1 flip",
         "--set", "schedule=constant"]


def bars(random, rows, side=SIDE):
    """Grey pictures of a level, an upright or a slanted bar somewhere, and noise: a place says nothing, a window does."""
    images, labels = bytearray(), bytearray()
    for row in range(rows):
        kind, x, y = row % 3, random.randrange(1, side - 3), random.randrange(1, side - 3)
        dx, dy = ((1, 0), (0, 1), (1, 1))[kind]
        lit = {(x + i * dx, y + i * dy) for i in range(3)}
        images += bytes(random.randrange(160, 256) if (i, j) in lit else random.randrange(60)
                        for j in range(side) for i in range(side))
        labels.append(kind)
    return idx(0x803, [rows, side, side], bytes(images)), idx(0x801, [rows], bytes(labels))


class Cnn(ProgramTest):
    def setUp(self):
        super().setUp()
        self.random = drawn_random("cnn")
        images, labels = bars(self.random, 450)
        self.write("bars/train-images-idx3-ubyte", images)
        self.write("bars/train-labels-idx1-ubyte", labels)

    def learn(self, *arguments, threads=1):
        return self.limn("train", "cnn", "--json", "--threads", threads, *arguments).done

    def values(self, run, step, names):
        asked = [word for name in names for word in ("--quantity", name)]
        return [e["value"] for e in self.limn("replay", run, "--step", step, "--json", *asked).of("quantity")]

    def refused(self, *arguments):
        result = self.run_limn("train", *arguments)
        self.assertEqual(result.status, 2, result.out + result.err)
        self.assertIn("hint: ", result.err)
        return result.err

    def test_learns_what_no_place_says(self):
        for arch, steps in (("auto", 150), ("resnet-8", 150)):
            with self.subTest(arch):
                done = self.learn("--data", "bars", "--set", f"arch={arch}", "--steps", steps)
                self.assertGreaterEqual(done["metrics"]["test.accuracy"], 0.9)

    def test_learns_small_digits(self):
        here = {e["name"]: e["present"] for e in self.limn("data", "list", "--json").events}
        if not here["digits"]:
            self.skipTest("digits is not in the cache; limn data get digits")
        done = self.learn("--data", "digits", "--epochs", 3 if SANITIZED else 15)
        self.assertGreaterEqual(done["metrics"]["test.accuracy"], 0.9 if SANITIZED else 0.97)

    def test_has_the_same_bits_over_threads_resumes_replays_and_branches(self):
        expected = self.learn(*SMALL, "--steps", 120, "--out", "whole")["fingerprint"]
        for threads in (2, 3):
            self.assertEqual(self.learn(*SMALL, "--steps", 120, threads=threads)["fingerprint"], expected)
        self.assertNotEqual(self.learn(*SMALL, "--steps", 120, "--seed", 2)["fingerprint"], expected)
        at = self.random.randint(1, 119)
        branch = self.limn("branch", "whole", "--at", at, "--out", "branch", "--json", "--threads", 2)
        self.assertEqual(branch.done["fingerprint"], expected)
        replayed = self.limn("replay", "whole", "--step", at, "--json", "--threads", 2)
        self.assertEqual(replayed.err, "")
        self.assertEqual(replayed.done["fingerprint"], self.learn(*SMALL, "--steps", at)["fingerprint"])

    def test_has_the_same_bits_after_kills_and_resumes(self):
        steps = 100 if SANITIZED else 1500
        begin = time.monotonic()
        expected = self.learn(*SMALL, "--steps", steps)["fingerprint"]
        length = time.monotonic() - begin
        for i in range(3):
            process = self.start("train", "cnn", "--json", "--threads", 1, *SMALL, "--steps", steps, "--out", f"run{i}")
            self.appears(self.folder / f"run{i}", process)
            time.sleep(self.random.uniform(0, length))
            process.kill()
            process.communicate()
            self.assertEqual(self.limn("resume", f"run{i}", "--json", "--threads", 2).done["fingerprint"], expected)

    def test_says_what_a_forward_pass_by_hand_says(self):
        self.learn("--data", "bars", "--set", "arch=conv 2 3 stride 2 tanh | pool 2 average | dense 3", "--steps", 30,
                   "--out", "run")
        row = f"train/{self.random.randrange(200)}"
        x = self.values("run", 30, [f"input[{i}]@{row}" for i in range(SIDE * SIDE)])
        w = {(i, j, k): v for (i, j, k), v in zip(
            [(i, j, k) for i in range(3) for j in range(3) for k in range(2)],
            self.values("run", 30, [f"layer1.w[{i},{j},0,{k}]" for i in range(3) for j in range(3) for k in range(2)]))}
        b = self.values("run", 30, ["layer1.b[0]", "layer1.b[1]"])
        a = {}
        for p in range(5):
            for q in range(5):
                for k in range(2):
                    z = b[k] + sum(w[i, j, k] * x[(2 * p + i - 1) * SIDE + 2 * q + j - 1] for i in range(3) for j in range(3)
                                   if 0 <= 2 * p + i - 1 < SIDE and 0 <= 2 * q + j - 1 < SIDE)
                    a[p, q, k] = math.tanh(z)
        places = [self.random.choice(list(a)) for _ in range(5)]
        for (p, q, k), said in zip(places, self.values("run", 30, [f"layer1.a[{p},{q},{k}]@{row}" for p, q, k in places])):
            self.assertAlmostEqual(said, a[p, q, k], delta=1e-5)
        pooled = [sum(a[2 * p + i, 2 * q + j, k] for i in (0, 1) for j in (0, 1)) / 4
                  for p in range(2) for q in range(2) for k in range(2)]
        for j in range(3):
            z, bias = self.values("run", 30, [f"layer2.z[{j}]@{row}", f"layer2.b[{j}]"])
            v = self.values("run", 30, [f"layer2.w[{i},{j}]" for i in range(8)])
            self.assertAlmostEqual(z, bias + sum(p * q for p, q in zip(pooled, v)), delta=1e-5)

    def test_is_exported_begun_from_weights_and_predicts_pictures(self):
        metrics = self.learn(*SMALL, "--steps", 60, "--out", "run")["metrics"]
        self.limn("export", "run", "--format", "safetensors", "w.safetensors")
        self.learn("--data", "bars", "--set", "weights=w.safetensors", "--steps", 1, "--out", "again")
        self.assertIn(f'"arch":"{ARCH}"', (self.folder / "again/recipe.json").read_text().replace('": "', '":"'))
        names = ["layer1.w[2,0,0,3]", "layer2.variance[1]", "layer3.w1[0,1,3,5]", "layer3.w3[0,0,2,4]", "layer3.mean2[3]",
                 "layer4.w[17,2]"]
        self.assertEqual(self.values("again", 0, names), self.values("run", 60, names))
        evaluated = self.limn("eval", "run", "--json").events[-1]
        self.assertEqual(evaluated["metrics"]["test.accuracy"], metrics["test.accuracy"])
        images, _ = bars(self.random, 9)
        self.write("new-images-idx3-ubyte", images)
        said = self.limn("predict", "run", "new-images-idx3-ubyte", "--json").of("prediction")
        self.assertEqual(len(said), 9)

    def test_takes_ready_networks_and_writes_them_out(self):
        for name, begin, end in (("lenet5", "conv 6 5x5 tanh", "dense 84 tanh | dense 3"),
                                 ("resnet-14", "conv 16 3x3 nobias | bn relu | res 16 | res 16", "global-pool | dense 3"),
                                 ("mobile-small", "conv 16 3x3 nobias", "conv 128 1x1 nobias | bn relu | global-pool | dense 3"),
                                 ("vgg-small", "conv 32 3x3 nobias", "dense 3")):
            with self.subTest(name):
                data = "bars" if name != "lenet5" else "drawn-digits"
                if name == "lenet5":
                    end = end.replace("dense 3", "dense 10")
                self.learn("--data", data, "--set", f"arch={name}", "--steps", 1, "--out", name)
                recipe = (self.folder / name / "recipe.json").read_text()
                self.assertIn(f'"{begin}', recipe)
                self.assertIn(f'{end}"', recipe)
        self.assertIn("resnet-20", self.refused("cnn", "--data", "bars", "--set", "arch=resnet-21"))

    def test_trains_the_other_way_round_with_an_autoencoder(self):
        done = self.limn("train", "autoencoder", "--json", "--data", "bars", "--steps", 300, "--set", "lr=0.02",
                         "--set", "arch=conv 8 3 stride 2 relu | conv-transpose 1 3 stride 2 sigmoid").done
        self.assertLess(done["metrics"]["test.loss"], 0.01)  # the mean picture is about 0.02 away

    def test_cuts_a_channel_with_all_that_makes_and_uses_it(self):
        self.learn("--data", "bars", "--set", "arch=conv 3 3 | bn relu | pool 2 | dense 3", "--steps", 20, "--set",
                   "cut=layer1.unit[1]", "--out", "run")
        row = "valid/0"
        zero = [f"layer1.w[{i},{j},0,1]" for i in range(3) for j in range(3)] + ["layer1.b[1]", "layer2.gamma[1]"]
        zero += [f"layer3.w[{place * 3 + 1},0]" for place in range(25)] + [f"layer2.a[4,7,1]@{row}"]
        self.assertEqual(set(self.values("run", 20, zero)), {0.0})
        self.assertNotIn(0.0, self.values("run", 20, ["layer1.w[0,0,0,0]", "layer3.w[0,0]", "layer3.w[2,0]"]))
        self.assertGreaterEqual(self.values("run", 20, ["layer2.dead"])[0], 1)

    def test_refuses_what_cannot_be(self):
        self.write("t.csv", "a,b,kind\n" + "".join(f"{i},{i * i},{'xy'[i % 2]}\n" for i in range(60)))
        self.assertIn("limn train mlp", self.refused("cnn", "--data", "t.csv"))
        self.assertIn("column 11", self.refused("mlp", "--data", "t.csv", "--set", "arch=dense 8 | conv 4 3 | dense 2"))
        self.assertIn("without height and width", self.refused("mlp", "--data", "t.csv", "--set", "arch=conv 4 3 | dense 2"))
        self.assertIn("limn train cnn", self.refused("mlp", "--data", "bars", "--set", "arch=conv 4 3 | dense 3"))
        err = self.refused("cnn", "--data", "bars", "--set", "arch=conv 4 3 | pool 2 | conv 4 7 valid | dense 3")
        self.assertIn("column 21", err)
        self.assertIn("planes of 5x5 with 4 channels", err)
        self.assertEqual(self.files(), ["bars", "bars/train-images-idx3-ubyte", "bars/train-labels-idx1-ubyte", "t.csv"])


if __name__ == "__main__":
    unittest.main()
