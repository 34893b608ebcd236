"""`limn explain`: saliency, occlusion, Grad-CAM, maximisation, moves and ablated channels against float64 written out here
and other commands; pictures and files; what is refused."""
import json
import math
import signal
import struct
import unittest
import zlib

from cnn_test import bars
from pictures_test import png
from program import ProgramTest, drawn_random

SIDE = 10
ARCH = "conv 2 3 stride 2 tanh | pool 2 average | dense 3"


def read_png(data):
    """(width, height) of a PNG whose chunks are whole, and its bytes of colour, every line unfiltered or not."""
    at, body, size = 8, b"", None
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        content = data[at + 8:at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0] == zlib.crc32(kind + content)
        if kind == b"IHDR":
            size = struct.unpack(">II", content[:8])
        body += content if kind == b"IDAT" else b""
        at += 12 + length
    return size, zlib.decompress(body)


class Network:
    """ARCH in float64, from the weights that the program exported."""

    def __init__(self, data):
        length = struct.unpack("<Q", data[:8])[0]
        self.w = {}
        for name, tensor in json.loads(data[8:8 + length]).items():
            if name != "__metadata__":
                begin, end = tensor["data_offsets"]
                self.w[name] = struct.unpack(f"<{(end - begin) // 4}f", data[8 + length + begin:8 + length + end])

    def planes(self, x):
        """a [5, 5, 2] behind tanh."""
        w, b = self.w["layer1.w"], self.w["layer1.b"]
        return [math.tanh(b[k] + math.fsum(w[(i * 3 + j) * 2 + k] * x[(2 * p + i - 1) * SIDE + 2 * q + j - 1]
                                           for i in range(3) for j in range(3)
                                           if 0 <= 2 * p + i - 1 < SIDE and 0 <= 2 * q + j - 1 < SIDE))
                for p in range(5) for q in range(5) for k in range(2)]

    def scores(self, a):
        pooled = [sum(a[((2 * p + i) * 5 + 2 * q + j) * 2 + k] for i in (0, 1) for j in (0, 1)) / 4
                  for p in range(2) for q in range(2) for k in range(2)]
        w, b = self.w["layer2.w"], self.w["layer2.b"]
        return [b[c] + math.fsum(v * w[i * 3 + c] for i, v in enumerate(pooled)) for c in range(3)]

    def of(self, x):
        return self.scores(self.planes(x))


def softmax(scores):
    exps = [math.exp(s - max(scores)) for s in scores]
    return [e / sum(exps) for e in exps]


def central(f, x, i, h=1e-6):
    up, down = list(x), list(x)
    up[i] += h
    down[i] -= h
    return (f(up) - f(down)) / (2 * h)


class Explain(ProgramTest):
    def setUp(self):
        super().setUp()
        self.random = drawn_random(self.id())
        images, labels = bars(self.random, 300)
        self.write("bars/train-images-idx3-ubyte", images)
        self.write("bars/train-labels-idx1-ubyte", labels)

    def learn(self, *more, arch=ARCH, steps=60, out="run"):
        return self.limn("train", "cnn", "--json", "--threads", 1, "--data", "bars", "--set", f"arch={arch}", "--steps", steps,
                         "--out", out, *more).done

    def network(self):
        self.limn("export", "run", "--format", "safetensors", "w.safetensors")
        return Network((self.folder / "w.safetensors").read_bytes())

    def explain(self, method, *arguments, run="run"):
        return self.limn("explain", run, "--method", method, "--json", *arguments)

    def refused(self, *arguments):
        before = self.files()
        result = self.run_limn("explain", *arguments)
        self.assertEqual(result.status, 2, result.out + result.err)
        self.assertIn("hint: ", result.err)
        self.assertEqual(self.files(), before)
        return result.err

    def painted(self, name="drawn.png"):
        pixels = [self.random.randrange(256) for _ in range(SIDE * SIDE)]
        self.write(name, png(SIDE, SIDE, pixels))
        return pixels

    def test_saliency_is_the_central_difference_of_float64(self):
        self.learn()
        network, pixels = self.network(), self.painted()
        x = [p / 255 for p in pixels]
        for c in range(3):
            said = self.explain("saliency", "--picture", "drawn.png", "--class", c).of("explanation")[0]
            self.assertEqual(said["class"], str(c))
            self.assertAlmostEqual(said["score"], network.of(x)[c], delta=1e-4)
            self.assertAlmostEqual(said["p"], softmax(network.of(x))[c], delta=1e-5)
            wanted = [central(lambda v: network.of(v)[c], x, i) for i in range(SIDE * SIDE)]
            largest = max(map(abs, wanted))
            self.assertGreater(largest, 1e-3)
            for got, want, size in zip(said["gradient"], wanted, said["magnitude"]["values"], strict=True):
                self.assertAlmostEqual(got, want, delta=1e-4 * largest)
                self.assertEqual(size, abs(got))

    def test_occlusion_is_what_predict_says_of_pictures_hidden_here(self):
        self.learn()
        pixels, (patch, stride, fill) = self.painted(), (4, 3, self.random.choice((0, 255)))
        label = self.limn("predict", "run", "drawn.png", "--json").of("prediction")[0]["label"]
        said = self.explain("occlusion", "--picture", "drawn.png", "--patch", patch, "--stride", stride, "--fill", fill // 255,
                            "--class", label).of("explanation")[0]
        places = (SIDE - patch) // stride + 1
        self.assertEqual((said["ps"]["height"], said["ps"]["width"]), (places, places))
        network = self.network()
        for i, (score, p) in enumerate(zip(said["scores"]["values"], said["ps"]["values"], strict=True)):
            top, left = i // places * stride, i % places * stride
            hidden = [fill if top <= y < top + patch and left <= x < left + patch else pixels[y * SIDE + x]
                      for y in range(SIDE) for x in range(SIDE)]
            self.write("hidden.png", png(SIDE, SIDE, hidden))
            predicted = self.limn("predict", "run", "hidden.png", "--json").of("prediction")[0]
            scores = network.of([v / 255 for v in hidden])
            self.assertAlmostEqual(score, scores[int(label)], delta=1e-4)
            self.assertAlmostEqual(p, softmax(scores)[int(label)], delta=1e-5)
            if predicted["label"] == label:
                self.assertEqual(p, predicted["p"])

    def test_grad_cam_is_that_of_float64_activations(self):
        self.learn()
        network, pixels = self.network(), self.painted()
        x = [p / 255 for p in pixels]
        a, c = network.planes(x), self.random.randrange(3)
        said = self.explain("grad-cam", "--picture", "drawn.png", "--class", c).of("explanation")[0]
        self.assertEqual(said["layer"], "layer1")
        slopes = [central(lambda v: network.scores(v)[c], a, i) for i in range(50)]
        weights = [sum(slopes[k::2]) / 25 for k in range(2)]
        plane = [max(0.0, sum(weights[k] * a[2 * i + k] for k in range(2))) for i in range(25)]
        for got, want in zip(said["weights"] + said["plane"]["values"], weights + plane, strict=True):
            self.assertAlmostEqual(got, want, delta=1e-5)
        for y in range(SIDE):
            for x in range(SIDE):
                v, u = (min(max((t + 0.5) / 2 - 0.5, 0), 4) for t in (y, x))
                i, j = min(int(v), 3), min(int(u), 3)
                want = sum(plane[(i + di) * 5 + j + dj] * (v - i if di else 1 - v + i) * (u - j if dj else 1 - u + j)
                           for di in (0, 1) for dj in (0, 1))
                self.assertAlmostEqual(said["shown"]["values"][y * SIDE + x], want, delta=1e-5)

    def test_maximisation_rises_and_has_the_same_bits_on_threads_and_when_it_goes_on(self):
        self.learn()
        more = ["--class", 1, "--jitter", 1, "--tv", 0.01, "--l2", 0.001, "--blur", 0.5, "--seed", 3]
        whole = self.explain("maximise", *more, "--steps", 40, "--threads", 1, "--out", "one")
        values = [e["value"] for e in whole.of("step")]
        end = whole.of("explanation")[0]
        self.assertEqual([e["step"] for e in whole.of("step")], list(range(40)))
        self.assertGreater(values[-1], values[0])
        self.assertEqual((end["stopped"], end["steps"], end["best"]), ("steps", 40, max(values)))
        network = self.network()
        self.assertGreater(network.of(end["picture"])[1], whole.of("step")[0]["activation"])
        for threads in (2, 3, 4):
            again = self.explain("maximise", *more, "--steps", 40, "--threads", threads)
            self.assertEqual(again.of("explanation")[0]["fingerprint"], end["fingerprint"])
        self.explain("maximise", *more, "--steps", 17, "--state", "state.safetensors")
        resumed = self.explain("maximise", *more, "--steps", 40, "--state", "state.safetensors", "--threads", 2)
        self.assertEqual([e["value"] for e in resumed.of("step")], values[17:])
        self.assertEqual(resumed.of("explanation")[0]["picture"], end["picture"])
        self.assertIn("another", self.refused("run", "--method", "maximise", *more[2:], "--class", "2", "--state", "state.safetensors"))
        size, _ = read_png((self.folder / "one/maximum.png").read_bytes())
        self.assertEqual(size, (SIDE, SIDE))
        predicted = self.limn("predict", "run", "one/maximum.png", "--json").of("prediction")[0]
        written = softmax(network.of([round(255 * v) / 255 for v in end["picture"]]))
        self.assertAlmostEqual(predicted["p"], max(written), delta=1e-5)
        still = self.explain("maximise", "--class", 0, "--lr", 0, "--patience", 5)
        self.assertEqual(still.of("explanation")[0]["stopped"], "not rising")
        self.assertEqual(len(still.of("step")), 6)
        channel = self.explain("maximise", "--target", "layer1.z[1]", "--steps", 20)
        self.assertGreater(channel.of("step")[-1]["value"], channel.of("step")[0]["value"])

    def test_an_interrupted_maximisation_is_kept_and_goes_on(self):
        self.learn()
        more = ["--class", 2, "--jitter", 2, "--patience", 0, "--state", "state.safetensors"]
        process = self.start("explain", "run", "--method", "maximise", "--json", "--steps", 1000000, *more)
        values = [json.loads(process.stdout.readline())["value"] for _ in range(10)]
        process.send_signal(signal.SIGINT)
        rest = [json.loads(line) for line in process.stdout.read().splitlines()]
        values += [e["value"] for e in rest if e["event"] == "step"]
        process.communicate()
        self.assertEqual(process.returncode, 130)
        end = next(e for e in rest if e["event"] == "explanation")
        self.assertEqual((end["stopped"], end["steps"]), ("interrupted", len(values)))
        resumed = self.explain("maximise", *more, "--steps", len(values) + 5)
        whole = self.explain("maximise", *more[:-2], "--steps", len(values) + 5)
        self.assertEqual([e["value"] for e in whole.of("step")], values + [e["value"] for e in resumed.of("step")])
        self.assertEqual(resumed.of("explanation")[0]["fingerprint"], whole.of("explanation")[0]["fingerprint"])

    def test_moves_by_nothing_are_the_plain_accuracy(self):
        metrics = self.learn(arch="conv 6 3x3 relu | pool 2 | dense 3", steps=80)["metrics"]
        for method, more in (("shift", ("--most", 3)), ("shift", ("--most", 2, "--along", "down")),
                             ("rotate", ("--most", 90, "--by", 45))):
            result = self.explain(method, *more)
            moves = {m["by"]: m["accuracy"] for m in result.of("explanation")[0]["moves"]}
            self.assertEqual(moves[0], metrics["test.accuracy"])
            self.assertEqual(result.done["metrics"]["test.accuracy"], metrics["test.accuracy"])
            self.assertEqual(sorted(moves), sorted(-d for d in moves))
        evaluated = self.limn("eval", "run", "--split", "valid", "--json").events[-1]["metrics"]["valid.accuracy"]
        valid = self.explain("shift", "--most", 0, "--split", "valid").of("explanation")[0]["moves"]
        self.assertEqual(valid, [{"by": 0.0, "accuracy": evaluated}])

    def test_ablated_channels_leave_nothing_and_change_the_answers(self):
        metrics = self.learn(steps=100)["metrics"]
        said = self.explain("ablate", "--channels", "layer1.unit[1]", "--row", 2).of("explanation")[0]
        self.assertEqual(said["accuracy_before"], metrics["test.accuracy"])
        self.assertEqual(set(said["layer"]["values"][1::2]), {0.0})
        self.assertNotIn(0.0, said["layer"]["values"][0::2])
        counts = said["confusion"]
        self.assertEqual(said["accuracy"], sum(counts[k][k] for k in range(3)) / sum(map(sum, counts)))
        self.assertEqual([sum(row) for row in counts], [sum(row) for row in said["confusion_before"]])
        self.limn("export", "run", "--format", "safetensors", "w.safetensors")
        data = bytearray((self.folder / "w.safetensors").read_bytes())
        length = struct.unpack("<Q", data[:8])[0]
        head = json.loads(data[8:8 + length])
        for name, count in (("layer1.w", 9), ("layer1.b", 1)):
            for i in range(count):
                at = 8 + length + head[name]["data_offsets"][0] + 4 * (2 * i + 1)
                data[at:at + 4] = bytes(4)
        self.write("cleared.safetensors", bytes(data))
        self.learn("--set", "weights=cleared.safetensors", "--set", "lr=0", steps=1, out="cleared")
        cleared = self.limn("eval", "cleared", "--json").events[-1]["metrics"]["test.accuracy"]
        self.assertEqual(said["accuracy"], cleared)

    def test_writes_numbers_and_pictures_whole_and_speaks_to_people(self):
        self.learn()
        for method, pictures in (("saliency", ["gradient", "saliency"]), ("occlusion", ["occlusion"]),
                                 ("grad-cam", ["grad-cam", "plane"])):
            result = self.explain(method, "--row", 1, "--step", 20, "--out", f"out/{method}")
            written = json.loads((self.folder / f"out/{method}/{method}.json").read_text())
            self.assertEqual(written, result.of("explanation")[0])
            self.assertEqual((written["step"], written["row"], written["method"]), (20, "test/1", method))
            self.assertEqual(sorted(p.name for p in (self.folder / f"out/{method}").iterdir()),
                             sorted([f"{method}.json"] + [f"{p}.png" for p in pictures]))
            for picture in pictures:
                read_png((self.folder / f"out/{method}/{picture}.png").read_bytes())
        self.assertIn("exists already", self.refused("run", "--method", "saliency", "--row", "1", "--out", "out/saliency"))
        spoken = self.limn("explain", "run", "--method", "saliency", "--row", 0).out
        self.assertIn("largest |d score / d pixel|", spoken)

    def test_refuses_what_cannot_be_explained(self):
        self.learn()
        self.write("t.csv", "a,b,kind\n" + "".join(f"{i},{i * i},{'xy'[i % 2]}\n" for i in range(60)))
        self.limn("train", "mlp", "--data", "t.csv", "--steps", 2, "--out", "table", "--quiet")
        self.limn("train", "mlp", "--data", "bars", "--steps", 2, "--out", "dense", "--quiet")
        self.limn("train", "autoencoder", "--data", "bars", "--steps", 2, "--out", "coder", "--quiet")
        self.assertIn("is a table", self.refused("table", "--method", "saliency", "--row", "0"))
        self.assertIn("limn train cnn", self.refused("dense", "--method", "grad-cam", "--row", "0"))
        self.assertIn("reconstructs", self.refused("coder", "--method", "saliency", "--row", "0"))
        self.assertIn("no row 4000", self.refused("run", "--method", "saliency", "--row", "4000"))
        self.assertIn("one picture", self.refused("run", "--method", "saliency"))
        self.assertIn("grad-cam", self.refused("run", "--method", "gradcam", "--row", "0"))
        self.assertIn("no class 'x'", self.refused("run", "--method", "saliency", "--row", "0", "--class", "x"))
        self.assertIn("no class is named", self.refused("run", "--method", "maximise"))
        self.assertIn("layer2.z[3]", self.refused("run", "--method", "maximise", "--target", "layer1.a[0]"))
        self.assertIn("the last", self.refused("run", "--method", "ablate", "--channels", "layer2.unit[0]"))
        self.assertIn("whole pixels", self.refused("run", "--method", "shift", "--most", "1.5"))
        self.assertIn("no step 61", self.refused("run", "--method", "saliency", "--row", "0", "--step", "61"))
        self.limn("train", "autoencoder", "--data", "bars", "--steps", 2, "--out", "coder2", "--quiet")
        self.assertEqual(self.explain("maximise", "--target", "layer1.z[0]", "--steps", 3, run="coder2").done["steps"], 2)


if __name__ == "__main__":
    unittest.main()
