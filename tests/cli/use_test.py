"""What the commands do for their user: learn, evaluate, predict, list, compare; JSON as the contract says."""
import json
import os
import random
import re
import struct
import time
import unittest
from pathlib import Path

from program import SANITIZED, SMALL, ProgramTest, flowers, idx


class Commands(ProgramTest):
    def test_train_prints_json_lines_as_the_contract_says(self):
        result = self.train(*SMALL, "--steps", 400)
        done = result.done
        self.assertEqual(result.err, "")
        self.assertEqual(done["steps"], 400)
        self.assertRegex(done["fingerprint"], "^[0-9a-f]{16}$")
        self.assertRegex(done["run"], "^[0-9a-f]{12}$")
        self.assertEqual(done["threads"], 1)
        self.assertGreater(done["seconds"], 0)
        for name in ("test.accuracy", "test.loss", "valid.accuracy", "valid.loss"):
            self.assertIsInstance(done["metrics"][name], float)
        for event in result.of("eval"):
            self.assertTrue(any("." in key for key in event) and event["step"] > 0)
        folder = self.folder / done["folder"]
        self.assertRegex(done["folder"], rf"^runs/mlp-\d+-\d+-{done['run']}$")
        recipe = json.loads((folder / "recipe.json").read_text())
        self.assertEqual(recipe["steps"], 400)
        self.assertNotIn("auto", json.dumps({k: v for k, v in recipe["settings"].items() if k not in ("split", "target")}))
        self.assertEqual((folder / "recipe.json").read_text().strip(), json.dumps(recipe, sort_keys=True, separators=(",", ":")))

    def test_repeats_get_numbered_ids_and_a_recipe_file_the_same_bits(self):
        first = self.train(*SMALL, "--steps", 30).done
        second = self.limn("run", self.folder / first["folder"] / "recipe.json", "--json").done
        self.assertEqual(second["run"], first["run"] + "-2")
        self.assertEqual(second["fingerprint"], first["fingerprint"])
        self.assertEqual(self.limn("resume", second["run"], "--json").done["fingerprint"], first["fingerprint"])

    def test_a_recipe_file_takes_another_seed(self):
        recipe = self.write("r.json", '{"experiment":"mlp","data":"spirals","steps":20,"seed":4,"settings":{"lr":0.02}}')
        own = self.limn("run", recipe, "--json").done
        self.assertEqual(self.train("--data", "spirals", "--steps", 20, "--seed", 4, "--set", "lr=0.02").done["fingerprint"],
                         own["fingerprint"])
        self.assertEqual(self.limn("run", recipe, "--seed", 4, "--json").done["fingerprint"], own["fingerprint"])
        other = self.limn("run", recipe, "--seed", 5, "--json").done
        self.assertNotEqual(other["fingerprint"], own["fingerprint"])
        self.assertEqual(json.loads((self.folder / other["folder"] / "recipe.json").read_text())["seed"], 5)

    def test_published_recipes_ask_for_nothing_unknown(self):
        recipes = sorted((Path(__file__).parents[2] / "recipes").glob("*.json"))
        self.assertGreaterEqual(len(recipes), 2)
        for path in recipes:
            wanted = json.loads(path.read_text()) | {"data": "drawn-digits", "steps": 1}
            del wanted["epochs"]
            done = self.limn("run", self.write(path.name, json.dumps(wanted)), "--json").done
            kept = json.loads((self.folder / done["folder"] / "recipe.json").read_text())["settings"]
            settings = wanted["settings"]
            if " " not in settings["arch"]:  # a ready network: the recipe that is kept has its layers
                self.assertIn(" | ", kept["arch"], path.name)
                settings["arch"] = kept["arch"]
            self.assertEqual({name: kept[name] for name in settings}, settings, path.name)

    @unittest.skipIf(SANITIZED, "sanitizers take memory of their own")
    def test_images_are_held_once(self):
        rows, test_rows = 60000, 10000
        for name, count in ("train", rows), ("t10k", test_rows):
            self.write(f"set/{name}-images-idx3-ubyte", idx(0x803, [count, 28, 28], random.Random(1).randbytes(784 * count)))
            self.write(f"set/{name}-labels-idx1-ubyte", idx(0x801, [count], bytes(i % 10 for i in range(count))))
        process = self.start("train", "mlp", "--data", "set", "--steps", 2, "--threads", 2, "--quiet")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.communicate()
        self.assertEqual(process.returncode, 0)
        self.assertLess(usage.ru_maxrss * 1024, 1.5 * 784 * (rows + test_rows) + 40e6)

    def test_quiet_and_people_get_plain_lines(self):
        people = self.limn("train", "mlp", *SMALL, "--steps", 300)
        self.assertIn("test.accuracy", people.out)
        self.assertNotIn("\033", people.out)
        self.assertNotIn("\r", people.out)
        quiet = self.limn("train", "mlp", *SMALL, "--steps", 300, "--quiet")
        self.assertLessEqual(len(quiet.out.splitlines()), 2)

    def test_a_table_with_text_and_missing_values_trains_evaluates_and_predicts(self):
        self.write("flowers.csv", flowers())
        done = self.train("--data", "flowers.csv", "--steps", 400, "--out", "run").done
        self.assertGreater(done["metrics"]["test.accuracy"], 0.7)
        again = self.limn("eval", "run", "--json").done["metrics"]
        self.assertEqual(again["test.accuracy"], done["metrics"]["test.accuracy"])
        self.assertEqual(again["test.loss"], done["metrics"]["test.loss"])
        self.assertIn("valid.loss", self.limn("eval", "run", "--split", "valid", "--json").done["metrics"])
        self.write("new.csv", flowers(30, seed=9))
        other = self.limn("eval", "run", "--data", "new.csv", "--json").done["metrics"]
        self.assertGreater(other["test.accuracy"], 0.7)
        self.write("bare.csv", "colour,length,\"width, cm\"\nred,0.1,0\nyellow,2.0,\n")
        (self.folder / "flowers.csv").unlink()  # predicting needs the run alone
        predictions = self.limn("predict", "run", "bare.csv", "new.csv", "--json").of("prediction")
        self.assertEqual([(p["file"], p["row"]) for p in predictions[:2]], [("bare.csv", 0), ("bare.csv", 1)])
        self.assertEqual([p["label"] for p in predictions[:2]], ["rose", "tulip"])
        self.assertEqual(len(predictions), 32)
        self.assertTrue(all(0.3 < p["p"] <= 1 for p in predictions))

    def test_a_number_is_predicted_in_its_own_units(self):
        rows = "".join(f"{x / 50},{1000 + 500 * x / 50}\n" for x in range(200))
        self.write("line.csv", "x,price\n" + rows)
        done = self.train("--data", "line.csv", "--set", "target=price", "--steps", 1500, "--out", "run").done
        self.assertLess(done["metrics"]["test.rmse"], 60)
        self.write("new.csv", "x\n1\n3\n")
        values = [p["value"] for p in self.limn("predict", "run", "new.csv", "--json").of("prediction")]
        self.assertAlmostEqual(values[0], 1500, delta=80)
        self.assertAlmostEqual(values[1], 2500, delta=80)

    def test_images_of_idx_files(self):
        pictures, labels = bytearray(), bytearray()
        for i in range(120):  # bright above or bright below
            pictures += bytes([200 + i % 50] * 8 + [i % 30] * 8) if i % 2 else bytes([i % 30] * 8 + [200 + i % 50] * 8)
            labels.append(i % 2)
        self.write("set/train-images-idx3-ubyte", idx(0x803, [100, 4, 4], pictures[:1600]))
        self.write("set/train-labels-idx1-ubyte", idx(0x801, [100], labels[:100]))
        self.write("set/t10k-images-idx3-ubyte", idx(0x803, [20, 4, 4], pictures[1600:]))
        self.write("set/t10k-labels-idx1-ubyte", idx(0x801, [20], labels[100:]))
        done = self.train("--data", "set", "--steps", 60, "--set", "arch=dense 8 relu | dense 2", "--set", "batch=20",
                          "--set", "lr=0.02", "--out", "run").done
        self.assertEqual(done["metrics"]["test.accuracy"], 1.0)
        predictions = self.limn("predict", "run", "set/t10k-images-idx3-ubyte", "--json").of("prediction")
        self.assertEqual([int(p["label"]) for p in predictions], [i % 2 for i in range(20)])

    def test_replay_shows_numbers_and_their_bits(self):
        self.train(*SMALL, "--steps", 50, "--out", "run")
        result = self.limn("replay", "run", "--step", 20, "--json", "--quantity", "train.loss", "--quantity", "layer1.w[0,3]",
                           "--quantity", "layer1.b[1]")
        quantities = result.of("quantity")
        self.assertEqual([q["name"] for q in quantities], ["train.loss", "layer1.w[0,3]", "layer1.b[1]"])
        for quantity in quantities:
            self.assertEqual(float.fromhex(quantity["hex"]), quantity["value"])
            self.assertEqual(struct.unpack("f", struct.pack("f", quantity["value"]))[0], quantity["value"])
        people = self.limn("replay", "run", "--step", 20)
        self.assertIn("train.loss", people.out)
        self.assertIn(result.done["fingerprint"], people.out)

    def test_runs_are_listed_shown_compared_and_removed(self):
        a = self.train(*SMALL, "--steps", 20).done["run"]
        b = self.train(*SMALL, "--steps", 20, "--set", "lr=0.5").done["run"]
        listed = self.limn("runs", "list", "--json").events
        self.assertEqual({e["run"] for e in listed}, {a, b})
        self.assertTrue(all(e["status"] == "done" and e["steps"] == 20 for e in listed))
        compared = self.limn("runs", "compare", a, b, "--json").events[0]
        self.assertEqual(set(compared["settings"]), {"lr"})
        self.assertEqual(len(compared["metrics"]["test.accuracy"]), 2)
        self.assertIn("lr", self.limn("runs", "compare", a, b).out)
        self.assertIn("snapshot", self.limn("runs", "show", a).out)
        self.limn("runs", "rm", a)
        self.assertEqual([e["run"] for e in self.limn("runs", "list", "--json").events], [b])

    def test_a_finished_run_resumed_says_so(self):
        done = self.train(*SMALL, "--steps", 20, "--out", "run").done
        again = self.limn("resume", "run", "--json").done
        self.assertEqual((again["fingerprint"], again["metrics"]), (done["fingerprint"], done["metrics"]))
        self.assertIn("its end", self.limn("resume", "run").out)

    def test_a_run_remembers_how_long_its_steps_took(self):
        seconds = lambda run: self.limn("runs", "show", run, "--json").events[0]["seconds"]
        first, whole = self.train(*SMALL, "--steps", 2000, "--out", "run"), self.train(*SMALL, "--steps", 2000, "--seed", 2, "--out", "other")
        before = seconds("run")
        self.assertGreater(before, 0)
        self.assertLessEqual(before, first.done["seconds"])  # the steps are a part of the whole
        self.limn("resume", "run", "--steps", 4000)
        self.assertGreater(seconds("run"), before, "what was before is counted too")
        compared = self.limn("runs", "compare", "run", "other", "--json").events[0]
        self.assertEqual(compared["seconds"], [seconds("run"), seconds("other")])

    def test_a_run_has_one_writer(self):
        process = self.start("train", "mlp", "--json", "--threads", 1, *SMALL, "--steps", 10 ** 9, "--out", "run")
        while not (self.folder / "run").exists():
            time.sleep(0.001)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        while '"begin"' not in process.stdout.readline():
            pass
        for command in (["resume", "run"], ["runs", "rm", "run"]):
            refused = self.run_limn(*command)
            self.assertEqual(refused.status, 2, refused.err)
            self.assertIn("train", refused.err)

    def test_a_loss_that_is_not_finite_stops_with_step_tensor_and_advice(self):
        result = self.run_limn("train", "mlp", "--json", "--data", "spirals", "--set", "optimizer=sgd", "--set", "lr=1e12",
                               "--out", "run")
        self.assertEqual(result.status, 1)
        what, hint = result.err.splitlines()
        self.assertRegex(what, r"^error: training diverged: the loss of step \d+ is -?(nan|inf), and layer\d\.\w+ is not finite$")
        self.assertIn("lower the learning rate", hint)
        self.assertEqual(self.limn("runs", "show", "run", "--json").events[0]["status"], "failed")
        step = int(re.search(r"step (\d+)", what).group(1))
        if step > 1:
            self.limn("replay", "run", "--step", step - 1, "--json")
        self.assertEqual(self.limn("resume", "run", "--set", "lr=0.01", "--steps", 50, "--json").done["steps"], 50)

    def test_version_is_quick(self):
        seconds = []
        for _ in range(5):
            begin = time.monotonic()
            self.limn("version")
            seconds.append(time.monotonic() - begin)
        if not SANITIZED:
            self.assertLess(min(seconds), 0.05)
        version = self.limn("version", "--json").events[0]
        self.assertIn(version["isa"], version["isas"])
        self.assertRegex(version["build"], "^[0-9a-f]{16}$")

    def test_every_isa_of_this_machine_trains(self):
        for isa in self.limn("version", "--json").events[0]["isas"]:
            done = self.train(*SMALL, "--steps", 20, "--isa", isa, "--out", isa).done
            self.assertEqual(done["isa"], isa)
            replayed = self.limn("replay", isa, "--step", 20, "--json")  # on its own path without being told
            self.assertEqual((replayed.done["fingerprint"], replayed.err), (done["fingerprint"], ""))

    def test_help_and_declarations(self):
        for words in (["--help"], ["train", "--help"], ["runs", "--help"], ["experiments"], ["data", "list"], ["data", "info", "iris"]):
            self.assertTrue(self.limn(*words).out)
        mlp = self.limn("experiments", "mlp", "--json").events[0]
        self.assertEqual(mlp["name"], "mlp")
        names = {p["name"] for p in mlp["parameters"]}
        self.assertLessEqual({"arch", "optimizer", "lr", "momentum", "weight_decay", "loss", "init", "schedule", "batch",
                              "split", "target"}, names)
        self.assertTrue(all(p["label"]["en"] and p["label"]["zh"] for p in mlp["parameters"]))
