"""Photographed digits: `limn predict` of a run that learned bright digits on black, asked about dark ones on paper."""
import json
import os
import struct
import unittest
from pathlib import Path

from pictures_test import archive, png
from program import ProgramTest, drawn_random, idx

SIDE = 28


def photographed(random, digit, times, noise=6):
    """[height, width, 3]: the digit in dark ink, `times` as large, anywhere on uneven, tinted, noisy paper."""
    height, width = int(SIDE * times) + 30, int(SIDE * times) + 50
    down, right = random.uniform(3, 27), random.uniform(3, 47)
    slope_y, slope_x, ink_grey = random.uniform(-50, 50), random.uniform(-50, 50), random.uniform(20, 70)
    pixel = lambda y, x: digit[y * SIDE + x] / 255 if 0 <= y < SIDE and 0 <= x < SIDE else 0.0
    out = bytearray()
    for y in range(height):
        for x in range(width):
            v, u = (y - down) / times, (x - right) / times
            top, left = int(v // 1), int(u // 1)
            b, a = v - top, u - left
            ink = (1 - b) * ((1 - a) * pixel(top, left) + a * pixel(top, left + 1)) + \
                b * ((1 - a) * pixel(top + 1, left) + a * pixel(top + 1, left + 1))
            paper = 190 + slope_y * (y / height - 0.5) + slope_x * (x / width - 0.5)
            grain = random.uniform(-noise, noise)
            out += bytes(min(255, max(0, round(paper * tint * (1 - ink) + ink_grey * ink + grain))) for tint in (1.05, 1, 0.85))
    return width, height, out


def mnist():
    folder = Path(os.environ.get("LIMN_DATA") or Path.home() / ".cache/limn") / "mnist"
    read = lambda name, head: (folder / name).read_bytes()[head:]
    return read("t10k-images-idx3-ubyte", 16), read("t10k-labels-idx1-ubyte", 8)


class Photographed(ProgramTest):
    def named(self, *files):
        return self.limn("predict", "run", *files, "--json").of("prediction")

    def test_photographed_digits_of_mnist_are_recognised_like_the_plain_ones(self):
        try:
            images, labels = mnist()
        except FileNotFoundError:
            self.skipTest("mnist is not in the cache; limn data get mnist")
        random = drawn_random("photographed")
        self.train("--data", "mnist", "--epochs", 2, "--set", "arch=dense 128 relu | dense 10", "--set", "optimizer=adam",
                   "--set", "lr=0.002", "--out", "run")
        asked = random.sample(range(len(labels)), 300)
        plain, photographs = {}, {}
        for k, i in enumerate(asked):
            digit = images[i * 784:][:784]
            plain[f"{k:03}.png"] = png(SIDE, SIDE, digit)
            photographs[f"{k:03}.png"] = png(*photographed(random, digit, random.uniform(1.5, 3)))
        self.write("plain.zip", archive(plain))
        self.write("photographs.zip", archive(photographs))
        right = {}
        for name in "plain", "photographs":
            said = self.named(f"{name}.zip")
            self.assertEqual([p["picture"] for p in said], sorted(plain))
            right[name] = sum(p["label"] == str(labels[i]) for p, i in zip(said, asked))
            done = [p.get("fitted", "") for p in said]
            if name == "plain":
                self.assertEqual(set(done), {""})  # untouched
            else:
                self.assertTrue(all(d.startswith("inverted, ground removed, figure of ") for d in done), done)
        print(f"right of {len(asked)}: {right}", flush=True)
        self.assertGreater(right["plain"], 0.93 * len(asked))
        self.assertGreaterEqual(right["photographs"], right["plain"] - 0.05 * len(asked))

    def test_what_was_done_to_a_picture_is_said(self):
        random = drawn_random("said")
        bar = [255 if 6 <= y < 22 and 12 <= x < 16 else 0 for y in range(SIDE) for x in range(SIDE)]
        lying = [bar[x * SIDE + y] for y in range(SIDE) for x in range(SIDE)]
        self.write("set/train-images-idx3-ubyte", idx(0x803, [200, SIDE, SIDE], bytes(bar + lying) * 100))
        self.write("set/train-labels-idx1-ubyte", idx(0x801, [200], bytes([0, 1] * 100)))
        self.write("set/t10k-images-idx3-ubyte", idx(0x803, [2, SIDE, SIDE], bytes(bar + lying)))
        self.write("set/t10k-labels-idx1-ubyte", idx(0x801, [2], bytes([0, 1])))
        self.train("--data", "set", "--steps", 60, "--set", "arch=dense 2", "--set", "batch=20", "--out", "run")
        figure = json.loads((self.folder / "run/run.json").read_text())["preprocessing"]["figure"]
        self.assertEqual(figure, {"bright": True, "box": 16, "down": 13.5, "right": 13.5})
        self.write("plain.png", png(SIDE, SIDE, bar))
        self.write("lying.png", png(*photographed(random, lying, 2)))
        self.write("bright.png", png(56, 56, [bar[y // 2 * SIDE + x // 2] for y in range(56) for x in range(56)]))
        self.write("nothing.png", png(40, 30, [128] * 1200))
        said = self.named("plain.png", "lying.png", "bright.png", "nothing.png")
        self.assertEqual([p["label"] for p in said[:3]], ["0", "1", "0"])
        self.assertNotIn("fitted", said[0])
        self.assertRegex(said[1]["fitted"], r"^inverted, ground removed, figure of 3[0-4]x([7-9]|10) pixels fitted to 16x[345] and centred by its mass$")
        self.assertEqual(said[2]["fitted"], "ground removed, figure of 8x32 pixels fitted to 4x16 and centred by its mass")
        self.assertEqual(said[3]["fitted"], "resized: no figure stands out")
        text = self.limn("predict", "run", "bright.png").out
        self.assertRegex(text, r"^bright.png:0 0 [01]\.\d+ \(ground removed, figure of 8x32 pixels")


if __name__ == "__main__":
    unittest.main()
