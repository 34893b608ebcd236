"""limn export, and trainings that begin from weights in a file. The reader is examples/read_weights.py: plain Python."""
import csv
import hashlib
import importlib.util
import json
import struct
from pathlib import Path

from program import SMALL, ProgramTest, flowers, idx

spec = importlib.util.spec_from_file_location("read_weights", Path(__file__).parents[2] / "examples/read_weights.py")
reader = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reader)

FLOWERS = ["--data", "flowers.csv", "--set", "batch=16", "--set", "schedule=constant"]


def bfloat(value):  # rounded towards zero, which is as good as any other number here
    return struct.pack("<f", value)[2:]


PACK = {"F32": lambda v: struct.pack("<f", v), "F64": lambda v: struct.pack("<d", v),
        "F16": lambda v: struct.pack("<e", v), "BF16": bfloat}


def safetensors(tensors, metadata=None):
    """The bytes of a file of {name: (dtype, shape, numbers)}."""
    header, data = ({"__metadata__": metadata} if metadata else {}), b""
    for name, (dtype, shape, numbers) in tensors.items():
        part = b"".join(PACK[dtype](v) for v in numbers)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


class Export(ProgramTest):
    def exported(self, *training):
        done = self.train(*training, "--out", "run").done
        event = self.limn("export", "run", "--format", "safetensors", "weights.safetensors", "--json").of("export")[0]
        self.assertEqual((event["run"], event["step"]), (done["run"], done["steps"]))
        tensors, metadata = reader.read(self.folder / "weights.safetensors")
        self.assertEqual(event["tensors"], len(tensors))
        self.assertEqual(event["numbers"], sum(len(numbers) for _, numbers in tensors.values()))
        self.assertEqual(metadata["run"], done["run"])
        self.assertEqual(json.loads(metadata["recipe"]), json.loads((self.folder / "run/recipe.json").read_text()))
        return tensors, metadata, json.loads(metadata["preprocessing"])

    def test_plain_python_gives_the_answers_of_predict_for_a_table(self):
        self.write("flowers.csv", flowers())
        for arch in ("dense 12 relu | dropout 0.2 | dense 3", "dense 8 gelu | dense 6 sigmoid | dense 3 softmax"):
            with self.subTest(arch=arch):
                self.tearDownRun()
                tensors, metadata, preprocessing = self.exported(*FLOWERS, "--steps", 150, "--set", f"arch={arch}")
                self.assertEqual(list(tensors), [f"layer{i}.{p}" for i in range(1, arch.count("dense") + 1) for p in "wb"])
                self.assertEqual(json.loads(metadata["classes"]), ["daisy", "rose", "tulip"])
                self.write("new.csv", flowers(40, seed=9))
                said = self.limn("predict", "run", "new.csv", "--json").of("prediction")
                rows = list(csv.DictReader((self.folder / "new.csv").read_text().splitlines()))
                self.assertEqual(len(said), len(rows))
                for prediction, row in zip(said, rows):
                    outputs = reader.forward(reader.encode(row, preprocessing), tensors, metadata["architecture"])
                    label, p = reader.answer(outputs, preprocessing)
                    self.assertEqual(label, prediction["label"])
                    self.assertAlmostEqual(p, prediction["p"], delta=1e-5)

    def tearDownRun(self):
        if (self.folder / "run").exists():
            self.limn("runs", "rm", "run")

    def test_plain_python_gives_the_number_and_the_probability_of_two_classes(self):
        self.write("line.csv", "x,price\n" + "".join(f"{x / 50},{1000 + 500 * x / 50}\n" for x in range(200)))
        tensors, metadata, preprocessing = self.exported("--data", "line.csv", "--set", "target=price", "--steps", 400)
        self.write("new.csv", "x\n1\n3\n0.123\n")
        said = [p["value"] for p in self.limn("predict", "run", "new.csv", "--json").of("prediction")]
        for cell, value in zip(("1", "3", "0.123"), said):
            outputs = reader.forward(reader.encode({"x": cell}, preprocessing), tensors, metadata["architecture"])
            self.assertAlmostEqual(reader.answer(outputs, preprocessing) / value, 1, delta=1e-5)
        self.assertEqual(json.loads(metadata["classes"]), [])

        self.tearDownRun()
        self.write("sides.csv", "x,y,side\n" + "".join(f"{i % 13 - 6},{i % 7},{'left' if i % 13 < 6 else 'right'}\n"
                                                        for i in range(120)))
        tensors, metadata, preprocessing = self.exported("--data", "sides.csv", "--steps", 200, "--set",
                                                         "arch=dense 5 tanh | dense 1 sigmoid")
        self.write("new.csv", "x,y\n-5,1\n0.25,3\n6,2\n")
        for prediction, (x, y) in zip(self.limn("predict", "run", "new.csv", "--json").of("prediction"),
                                      (("-5", "1"), ("0.25", "3"), ("6", "2"))):
            outputs = reader.forward(reader.encode({"x": x, "y": y}, preprocessing), tensors, metadata["architecture"])
            label, p = reader.answer(outputs, preprocessing)
            self.assertEqual(label, prediction["label"])
            self.assertAlmostEqual(p, prediction["p"], delta=1e-5)

    def test_plain_python_gives_the_answers_of_predict_for_images(self):
        pictures = bytes((i * 37 + j * 11) % 256 for i in range(120) for j in range(16))
        labels = bytes(i % 2 for i in range(120))
        self.write("set/train-images-idx3-ubyte", idx(0x803, [100, 4, 4], pictures[:1600]))
        self.write("set/train-labels-idx1-ubyte", idx(0x801, [100], labels[:100]))
        self.write("set/t10k-images-idx3-ubyte", idx(0x803, [20, 4, 4], pictures[1600:]))
        self.write("set/t10k-labels-idx1-ubyte", idx(0x801, [20], labels[100:]))
        tensors, metadata, preprocessing = self.exported("--data", "set", "--steps", 60, "--set",
                                                         "arch=dense 8 relu | dense 2", "--set", "batch=20")
        said = self.limn("predict", "run", "set/t10k-images-idx3-ubyte", "--json").of("prediction")
        for i, prediction in enumerate(said):
            pixels = pictures[1600 + 16 * i:][:16]
            outputs = reader.forward([v * preprocessing["byte_scale"] for v in pixels], tensors, metadata["architecture"])
            self.assertAlmostEqual(reader.answer(outputs, preprocessing)[1], prediction["p"], delta=1e-5)

        self.tearDownRun()
        tensors, metadata, preprocessing = self.exported("--data", "set", "--steps", 60, "--set", "normalize=channels",
                                                         "--set", "arch=dense 8 relu | dense 2", "--set", "batch=20")
        mean, deviation = preprocessing["channels"][0]["mean"], preprocessing["channels"][0]["deviation"]
        said = self.limn("predict", "run", "set/t10k-images-idx3-ubyte", "--json").of("prediction")
        for i, prediction in enumerate(said):
            inputs = [(v * preprocessing["byte_scale"] - mean) / deviation for v in pictures[1600 + 16 * i:][:16]]
            outputs = reader.forward(inputs, tensors, metadata["architecture"])
            self.assertAlmostEqual(reader.answer(outputs, preprocessing)[1], prediction["p"], delta=1e-5)

    def test_what_cannot_be_exported_is_refused_and_leaves_nothing(self):
        self.train(*SMALL, "--steps", 5, "--out", "run")
        (self.folder / "folder").mkdir()
        before = self.files()
        for arguments, words in ((["run", "--format", "pickle", "w"], "safetensors"), (["run", "w"], "--format"),
                                 (["run", "--format", "safetensors", "folder"], "not an ordinary file"),
                                 (["run", "--format", "safetensors", "/dev/null"], "not an ordinary file"),
                                 (["run", "--format", "safetensors", "no/such/w"], "no/such/w"),
                                 (["nothing", "--format", "safetensors", "w"], "there is no run")):
            with self.subTest(arguments=arguments):
                result = self.run_limn("export", *arguments)
                self.assertEqual(result.status, 2, result.err)
                self.assertEqual([line.split(":")[0] for line in result.err.splitlines()], ["error", "hint"])
                self.assertIn(words, result.err)
                self.assertEqual(self.files(), before)


class Weights(ProgramTest):
    def given(self, name="given.safetensors", dtype="F32", arch="dense 3 tanh | dense 2", change=None):
        """Writes a file of weights for the spirals, and returns them by tensor."""
        shapes = {"layer1.w": [2, 3], "layer1.b": [3], "layer2.w": [3, 2], "layer2.b": [2]}
        tensors, n = {}, 0
        for tensor, shape in shapes.items():
            size = shape[0] * (shape[1] if len(shape) > 1 else 1)
            tensors[tensor] = (dtype, shape, [((n + i) * 7 % 11 - 5) / 8 for i in range(size)])  # exact in every type
            n += size
        if change:
            change(tensors)
        self.write(name, safetensors(tensors, {"architecture": arch} if arch else None))
        return {tensor: numbers for tensor, (_, _, numbers) in tensors.items()}

    def quantity(self, run, step, name):
        return self.limn("replay", run, "--step", step, "--json", "--quantity", name).of("quantity")[0]["value"]

    def test_every_floating_type_is_taken_and_the_architecture_with_it(self):
        for dtype in PACK:
            with self.subTest(dtype=dtype):
                numbers = self.given(dtype=dtype)
                self.train("--data", "spirals", "--steps", 2, "--set", "weights=given.safetensors", "--out", dtype)
                settings = json.loads((self.folder / dtype / "recipe.json").read_text())["settings"]
                digest = hashlib.sha256((self.folder / "given.safetensors").read_bytes()).hexdigest()
                self.assertEqual(settings["weights"], f"given.safetensors sha256:{digest}")
                self.assertEqual(settings["arch"], "dense 3 tanh | dense 2")
                self.assertEqual(self.quantity(dtype, 0, "layer1.w[1,2]"), numbers["layer1.w"][5])
                self.assertEqual(self.quantity(dtype, 0, "layer2.b[1]"), numbers["layer2.b"][1])

    def test_exported_weights_are_where_the_next_run_begins_to_the_bit(self):
        first = self.train(*SMALL, "--steps", 90, "--out", "first").done
        self.limn("export", "first", "--format", "safetensors", "w.safetensors")
        self.train(*SMALL[:2], "--steps", 1, "--set", "weights=w.safetensors", "--set", "optimizer=sgd", "--set", "lr=0",
                   "--set", "weight_decay=0", "--out", "second")
        evaluated = self.limn("eval", "second", "--json").done["metrics"]
        self.assertEqual(evaluated, {k: v for k, v in first["metrics"].items() if k.startswith("test.")})
        self.limn("export", "second", "--format", "safetensors", "again.safetensors")
        read = [reader.read(self.folder / name)[0] for name in ("w.safetensors", "again.safetensors")]
        self.assertEqual(read[0], read[1])

    def test_threads_kill_replay_branch_and_recipe_give_the_same_bits_and_the_run_needs_no_file(self):
        self.given()
        begin = ["--data", "spirals", "--set", "weights=given.safetensors", "--set", "schedule=constant", "--set", "batch=48"]
        whole = self.train(*begin, "--steps", 60, "--out", "whole").done
        again = self.limn("train", "mlp", *begin, "--steps", 60, "--threads", 3, "--json").done
        self.assertEqual(again["fingerprint"], whole["fingerprint"])
        recipe = self.limn("run", "whole/recipe.json", "--json", "--out", "same").done
        self.assertEqual(recipe["fingerprint"], whole["fingerprint"])
        self.assertNotEqual(self.train("--data", "spirals", "--set", "arch=dense 3 tanh | dense 2", "--set",
                                       "schedule=constant", "--set", "batch=48", "--steps", 60).done["fingerprint"],
                            whole["fingerprint"])
        (self.folder / "given.safetensors").unlink()
        self.assertEqual(self.limn("resume", "whole", "--json").done["fingerprint"], whole["fingerprint"])
        value = self.quantity("whole", 20, "layer1.w[0,0]")
        for path in (self.folder / "whole/snapshots").iterdir():  # only what it began from is left
            if path.name != "step-0.safetensors":
                path.unlink()
        self.assertEqual(self.quantity("whole", 20, "layer1.w[0,0]"), value)
        self.assertEqual(self.limn("replay", "whole", "--step", 60, "--json").done["fingerprint"], whole["fingerprint"])
        self.assertEqual(self.limn("branch", "whole", "--at", 25, "--json", "--out", "b").done["fingerprint"],
                         whole["fingerprint"])
        (self.folder / "whole/snapshots/step-0.safetensors").unlink()
        gone = self.run_limn("replay", "whole", "--step", 20)
        self.assertEqual(gone.status, 2)
        self.assertIn("began from is gone", gone.err)

    def test_another_file_than_the_recipes_is_refused(self):
        self.given()
        self.train("--data", "spirals", "--steps", 3, "--set", "weights=given.safetensors", "--out", "run")
        self.given(change=lambda t: t["layer1.b"][2].__setitem__(0, 3.0))
        refused = self.run_limn("run", "run/recipe.json", "--out", "other")
        self.assertEqual(refused.status, 2)
        self.assertIn("SHA-256", refused.err)
        self.assertFalse((self.folder / "other").exists())

    def test_moments_of_a_snapshot_are_left_behind(self):
        self.train(*SMALL, "--steps", 20, "--out", "run")
        snapshot = next((self.folder / "run/snapshots").glob("*.safetensors"))
        self.assertTrue(any("/" in name for name in reader.read(snapshot)[0]))
        self.train(*SMALL, "--steps", 1, "--set", f"weights={snapshot}", "--out", "next")
        self.assertEqual(self.quantity("next", 0, "layer1.w[0,0]"), reader.read(snapshot)[0]["layer1.w"][1][0])
        started = reader.read(self.folder / "next/snapshots/step-0.safetensors")[0]
        self.assertTrue(all(v == 0 for name, (_, values) in started.items() if "/" in name for v in values))

    def test_weights_that_do_not_fit_are_refused_by_name_and_shape(self):
        def put(name, value):
            return lambda tensors: tensors.__setitem__(name, value)

        cases = {
            "a shape": (put("layer2.w", ("F32", [2, 3], [0.0] * 6)), ["layer2.w", "[2, 3]", "[3, 2]", "dense 3 tanh"]),
            "a missing tensor": (lambda t: t.pop("layer2.b"), ["no tensor layer2.b", "[2]"]),
            "one too many": (put("layer3.w", ("F32", [2, 2], [0.0] * 4)), ["layer3.w [2, 2]", "none of that name"]),
            "not a number": (put("layer1.b", ("F32", [3], [0.0, float("nan"), 1.0])), ["layer1.b", "not finite"]),
            "too large for float32": (put("layer1.b", ("F64", [3], [0.0, 1e300, 1.0])), ["layer1.b", "not finite"]),
        }
        for name, (change, words) in cases.items():
            with self.subTest(name):
                self.given(change=change)
                result = self.run_limn("train", "mlp", "--data", "spirals", "--steps", 5, "--set",
                                       "weights=given.safetensors", "--set", "arch=dense 3 tanh | dense 2", "--out", "run")
                self.assertEqual(result.status, 2, result.err)
                for word in words:
                    self.assertIn(word, result.err)
                self.assertEqual(self.files(), ["given.safetensors"])

    def test_files_that_are_no_weights_are_refused(self):
        self.write("text", "hello")
        (self.folder / "folder").mkdir()
        before = self.files()
        for name, words in (("text", "safetensors"), ("folder", "folder"), ("missing", "missing"), ("", "")):
            with self.subTest(name):
                result = self.run_limn("train", "mlp", "--data", "spirals", "--set", f"weights={name}", "--out", "run")
                self.assertEqual(result.status, 2, result.err)
                self.assertIn(words, result.err)
                self.assertEqual(self.files(), before)

    def test_weights_belong_to_a_run_and_stay(self):
        self.train(*SMALL, "--steps", 5, "--out", "run")
        self.given()
        self.assertEqual(self.run_limn("resume", "run", "--steps", 9, "--set", "weights=given.safetensors").status, 2)
