"""The same bits: over threads, runs, kill -9 and resume, replay, and branches; with dropout on."""
import os
import signal
import time

from program import SANITIZED, SMALL, ProgramTest, drawn_random

ROUNDS = 5 if SANITIZED else 20


class SameBits(ProgramTest):
    def fingerprint(self, *arguments):
        return self.train(*SMALL, *arguments).done["fingerprint"]

    def test_over_threads_and_runs(self):
        prints = {self.limn("train", "mlp", "--json", *SMALL, "--steps", 200, "--threads", threads).done["fingerprint"]
                  for threads in (1, 1, 2, 3, 4)}
        self.assertEqual(len(prints), 1)
        self.assertNotEqual(prints, {self.fingerprint("--steps", 200, "--seed", 2)})

    def test_over_threads_on_mnist(self):
        here = {e["name"]: e["present"] for e in self.limn("data", "list", "--json").events}
        if not here["mnist"] or SANITIZED:
            self.skipTest("slow under sanitizers" if SANITIZED else "mnist is not in the cache; limn data get mnist")
        prints = {self.limn("train", "mlp", "--json", "--data", "mnist", "--steps", 12, "--threads", threads).done["fingerprint"]
                  for threads in (1, 2, 3, 4)}
        self.assertEqual(len(prints), 1)

    def test_after_kill_and_resume(self):
        random = drawn_random("kill")
        steps = 4000 if SANITIZED else 20000
        begin = time.monotonic()
        expected = self.fingerprint("--steps", steps)
        length = time.monotonic() - begin
        resumed_later = 0
        for i in range(ROUNDS):
            out = self.folder / f"run{i}"
            arguments = ["--json", "--threads", 1]
            process = self.start("train", "mlp", *arguments, *SMALL, "--steps", steps, "--out", out)
            self.appears(out, process)
            time.sleep(random.uniform(0, length))
            process.kill()
            process.communicate()
            if random.random() < 0.3:  # and the resumed one once more
                process = self.start("resume", out, *arguments)
                time.sleep(random.uniform(0, length / 2))
                process.kill()
                process.communicate()
            result = self.limn("resume", out, *arguments)
            resumed_later += result.events[0]["step"] > 0
            self.assertEqual(result.done["fingerprint"], expected, f"round {i}")
            self.assertEqual(result.done["steps"], steps)
            journal = self.limn("replay", out, "--step", random.randint(1, steps), *arguments)
            self.assertEqual(journal.err, "", "the journal and the replay differ")
        self.assertGreater(resumed_later, 0, "no run was resumed from a snapshot")

    def test_of_any_step_replayed(self):
        random = drawn_random("replay")
        run = self.train(*SMALL, "--steps", 600, "--out", "long").done
        for _ in range(ROUNDS):
            k = random.randint(1, 600)
            replayed = self.limn("replay", "long", "--step", k, "--json", "--threads", random.randint(1, 3))
            self.assertEqual(replayed.err, "")
            self.assertEqual(replayed.done["fingerprint"], self.fingerprint("--steps", k), f"step {k}")
        self.assertEqual(self.limn("replay", run["run"] if (self.folder / "runs" / run["run"]).exists() else "long",
                                   "--step", 600, "--json").done["fingerprint"], run["fingerprint"])

    def test_of_a_branch_without_a_change(self):
        random = drawn_random("branch")
        expected = self.train(*SMALL, "--steps", 500, "--out", "parent").done["fingerprint"]
        for i in range(4):
            at = random.randint(0, 500)
            branch = self.limn("branch", "parent", "--at", at, "--out", f"child{i}", "--json", "--threads", 2)
            self.assertEqual(branch.done["fingerprint"], expected, f"at {at}")
            later = random.randint(at, 500)
            self.assertEqual(self.limn("replay", f"child{i}", "--step", later, "--json").done["fingerprint"],
                             self.limn("replay", "parent", "--step", later, "--json").done["fingerprint"])
        grandchild = self.limn("branch", "child3", "--at", 500, "--out", "grandchild", "--steps", 510, "--json").done
        self.assertEqual(grandchild["fingerprint"], self.fingerprint("--steps", 510))

    def test_of_a_branch_with_a_change(self):
        parent = self.train(*SMALL, "--steps", 300, "--out", "parent").done
        a = self.limn("branch", "parent", "--at", 100, "--set", "lr=0.005", "--out", "a", "--json").done
        b = self.limn("branch", "parent", "--at", 100, "--set", "lr=0.005", "--out", "b", "--json", "--threads", 3).done
        self.assertEqual(a["fingerprint"], b["fingerprint"])
        self.assertNotEqual(a["fingerprint"], parent["fingerprint"])
        shown = self.limn("runs", "show", "a", "--json").events[0]
        self.assertEqual((shown["parent"]["step"], shown["parent"]["patch"]), (100, {"lr": 0.005}))
        self.assertEqual(shown["recipe"]["settings"]["lr"], 0.005)

    def test_of_settings_changed_on_the_way(self):
        self.train(*SMALL, "--steps", 200, "--out", "run")
        before = self.limn("replay", "run", "--step", 150, "--json").done["fingerprint"]
        self.limn("resume", "run", "--steps", 400, "--set", "lr=0.02", "--set", "batch=16", "--json")
        end = self.limn("resume", "run", "--steps", 600, "--set", "lr=auto", "--json").done["fingerprint"]
        self.assertEqual(self.limn("replay", "run", "--step", 150, "--json").done["fingerprint"], before)
        for step in (200, 201, 399, 400, 401, 600):
            replayed = self.limn("replay", "run", "--step", step, "--json", "--threads", 2)
            self.assertEqual(replayed.err, "", f"step {step}")
        self.assertEqual(replayed.done["fingerprint"], end)
        for snapshot in (self.folder / "run/snapshots").iterdir():
            snapshot.unlink()  # from the seed, through both changes
        self.assertEqual(self.limn("replay", "run", "--step", 600, "--json").done["fingerprint"], end)

    def test_with_a_cosine_schedule(self):
        cosine = ["--set", "schedule=cosine"]
        expected = self.fingerprint(*cosine, "--steps", 300)
        self.train(*SMALL, *cosine, "--steps", 300, "--out", "run")
        self.assertEqual(self.limn("branch", "run", "--at", 120, "--json").done["fingerprint"], expected)
        longer = self.limn("resume", "run", "--steps", 310, "--json").done
        self.assertEqual(longer["steps"], 310)
        self.assertEqual(self.limn("replay", "run", "--step", 300, "--json").done["fingerprint"], expected)

    def test_with_everything_that_a_state_can_have(self):
        random = drawn_random("full state")
        common = ["--data", "spirals", "--set", "batch=48"]
        recipes = [
            ["arch=dense 24 | bn relu | dropout 0.25 | dense 16 tanh | dense 2", "optimizer=adamw", "schedule=plateau",
             "patience=1", "drop=0.5", "warmup=20", "early_stop=100", "accumulate=2", "clip=1", "max_norm=3"],
            ["arch=dense 24 | ln gelu | dropout 0.25 | dense 1", "optimizer=nadam", "schedule=plateau", "patience=1",
             "freeze=layer1.b", "cut=layer1.unit[3] layer3.w[0,0]", "lr_scale=layer3=0.5", "class_weights=balanced"],
            ["arch=dense 24 relu | bn | dense 2", "optimizer=rprop", "batch=auto", "early_stop=2", "l1=0.001"]]
        for number, recipe in enumerate(recipes):
            arguments = [*common, *(word for setting in recipe for word in ("--set", setting))]
            out = f"full{number}"
            whole = self.train(*arguments, "--steps", 1500, "--out", out).done
            end = whole["steps"]
            for threads in (2, 3, 4):
                again = self.limn("train", "mlp", "--json", *arguments, "--steps", 1500, "--threads", threads).done
                self.assertEqual(again["fingerprint"], whole["fingerprint"], (recipe, threads))
                self.assertEqual(again["metrics"], whole["metrics"])
            for _ in range(3):
                step = random.randint(1, end)
                replayed = self.limn("replay", out, "--step", step, "--json", "--threads", 2)
                self.assertEqual(replayed.err, "", step)
                branch = self.limn("branch", out, "--at", step, "--json", "--threads", 2).done
                self.assertEqual(branch["fingerprint"], whole["fingerprint"], (recipe, step))
                self.assertEqual(branch["metrics"], whole["metrics"])
            self.assertEqual(self.limn("replay", out, "--step", end, "--json").done["fingerprint"], whole["fingerprint"])
            measured = self.limn("eval", out, "--json").done["metrics"]
            self.assertEqual(measured["test.accuracy"], whole["metrics"]["test.accuracy"])
            killed = self.folder / f"killed{number}"
            process = self.start("train", "mlp", "--json", "--threads", 1, *arguments, "--steps", 1500, "--out", killed)
            self.appears(killed, process)
            time.sleep(random.uniform(0, whole["seconds"]))
            process.kill()
            process.communicate()
            resumed = self.limn("resume", killed, "--json", "--threads", 3).done
            self.assertEqual(resumed["fingerprint"], whole["fingerprint"], recipe)
            self.assertEqual(resumed["metrics"], whole["metrics"])
            self.assertEqual(resumed.get("best_step"), whole.get("best_step"))

    def test_with_minimisers(self):
        random = drawn_random("minimisers")
        here = {e["name"]: e["present"] for e in self.limn("data", "list", "--json").events}
        table = "penguins" if here["penguins"] else "spirals"
        small = "arch=dense 6 tanh | dense 3" if table == "penguins" else "arch=dense 6 tanh | dense 2"
        end_never = "gradient_tolerance=0"
        recipes = [[table, "optimizer=lbfgs", small, end_never], [table, "optimizer=cg", small, "cg_update=pr+", end_never],
                   [table, "optimizer=bfgs", small], [table, "optimizer=hf", small, end_never],
                   ["spirals", "optimizer=newton", "arch=dense 3 tanh | dense 2", end_never],
                   ["spirals", "optimizer=lbfgs", "arch=dense 8 | bn tanh | dropout 0.2 | dense 2", "batch=40", "batch_growth=1.05",
                    "memory=4", "early_stop=100", end_never]]
        for number, (data, *settings) in enumerate(recipes):
            steps = 60
            arguments = ["--data", data, *(word for setting in settings for word in ("--set", setting)), "--steps", steps]
            out = f"minimiser{number}"
            whole = self.train(*arguments, "--out", out).done
            for threads in (2, 4):
                again = self.limn("train", "mlp", "--json", *arguments, "--threads", threads).done
                self.assertEqual((again["fingerprint"], again["metrics"], again.get("stopped")),
                                 (whole["fingerprint"], whole["metrics"], whole.get("stopped")), settings)
            end = whole["steps"]
            at = random.randint(1, end)
            replayed = self.limn("replay", out, "--step", at, "--quantity", "optim.value", "--json", "--threads", 2)
            self.assertEqual(replayed.err, "", settings)
            value = replayed.of("quantity")[0]["value"]
            for snapshot in (self.folder / out / "snapshots").iterdir():
                if snapshot.name != "latest.safetensors" and random.random() < 0.5:
                    snapshot.unlink()
            again = self.limn("replay", out, "--step", at, "--quantity", "optim.value", "--json").of("quantity")[0]["value"]
            self.assertEqual(again, value, settings)
            branch = self.limn("branch", out, "--at", at, "--json", "--threads", 2).done
            self.assertEqual(branch["fingerprint"], whole["fingerprint"], (settings, at))
            killed = self.folder / f"stopped{number}"
            process = self.start("train", "mlp", "--json", "--threads", 1, *arguments, "--out", killed)
            self.appears(killed, process)
            time.sleep(random.uniform(0, whole["seconds"]))
            process.kill()
            process.communicate()
            resumed = self.limn("resume", killed, "--json", "--threads", 3).done
            self.assertEqual(resumed["fingerprint"], whole["fingerprint"], settings)
            self.assertEqual((resumed["metrics"], resumed.get("stopped")), (whole["metrics"], whole.get("stopped")), settings)

    def test_of_a_branch_that_goes_on_with_another_optimiser(self):
        random = drawn_random("other optimiser")
        self.train("--data", "spirals", "--set", "arch=dense 8 tanh | dense 2", "--steps", 200, "--out", "adam")
        at = random.randint(1, 190)
        for parent, optimizer, out in (("adam", "lbfgs", "a"), ("adam", "momentum", "b"), ("a", "cg", "c"), ("c", "adam", "d")):
            begin = self.limn("replay", parent, "--step", at, "--quantity", "layer1.w[1,2]", "--json").of("quantity")[0]["value"]
            arguments = ["branch", parent, "--at", at, "--set", f"optimizer={optimizer}", "--json"]
            one = self.limn(*arguments, "--steps", at + 30, "--out", out)
            two = self.limn(*arguments, "--steps", at + 30, "--threads", 3)
            self.assertEqual(one.done["fingerprint"], two.done["fingerprint"])
            self.assertEqual(self.limn("replay", out, "--step", at, "--quantity", "layer1.w[1,2]", "--json").of("quantity")[0]["value"], begin)
            for step in (at, at + random.randint(1, one.done["steps"] - at), one.done["steps"]):
                self.assertEqual(self.limn("replay", out, "--step", step, "--json", "--threads", 2).err, "")
            shown = self.limn("runs", "show", out, "--json").events[0]
            self.assertEqual(shown["parent"]["patch"]["optimizer"], optimizer)
            refused = self.run_limn("resume", out, "--steps", at + 50, "--set", "optimizer=sgd")
            self.assertEqual(refused.status, 2)
            self.assertIn("branch", refused.err)
            at += 3

    def test_of_selections_changed_on_the_way(self):
        self.train(*SMALL, "--steps", 200, "--out", "run")
        self.limn("resume", "run", "--steps", 400, "--set", "freeze=layer1", "--set", "cut=layer2.w[0,0]", "--json")
        self.limn("resume", "run", "--steps", 500, "--set", "schedule=plateau", "--set", "early_stop=50", "--json")
        end = self.limn("resume", "run", "--steps", 700, "--set", "freeze=", "--set", "lr_scale=layer1=0.1", "--json").done
        for step in (200, 201, 400, 401, 500, 501, 700):
            replayed = self.limn("replay", "run", "--step", step, "--json", "--threads", 2)
            self.assertEqual(replayed.err, "", f"step {step}")
        self.assertEqual(replayed.done["fingerprint"], end["fingerprint"])
        for snapshot in (self.folder / "run/snapshots").iterdir():
            snapshot.unlink()  # from the seed, through all changes
        self.assertEqual(self.limn("replay", "run", "--step", 700, "--json").done["fingerprint"], end["fingerprint"])
        weight = self.limn("replay", "run", "--step", 700, "--quantity", "layer2.w[0,0]", "--json").of("quantity")[0]
        self.assertEqual(weight["value"], 0)

    def test_after_interruptions(self):
        steps = 3000 if SANITIZED else 20000
        expected = self.fingerprint("--steps", steps)
        for number in (signal.SIGINT, signal.SIGTERM):
            out = self.folder / f"run{number}"
            process = self.start("train", "mlp", "--json", "--threads", 1, *SMALL, "--steps", steps, "--out", out)
            self.appears(out, process)
            time.sleep(0.05)
            os.kill(process.pid, number)
            out_text, err = process.communicate()
            self.assertEqual(process.returncode, 130, out_text + err)
            self.assertIn('"event":"stop"', out_text.splitlines()[-1])
            self.assertTrue(list((out / "snapshots").iterdir()))
            resumed = self.limn("resume", out, "--json", "--threads", 1)
            self.assertGreater(resumed.events[0]["step"], 0)
            self.assertEqual(resumed.done["fingerprint"], expected)
