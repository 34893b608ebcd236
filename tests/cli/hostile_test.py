"""Surroundings that turn against the program: pipes and devices as files, folders that cannot be written, readers that go
away, files swapped between runs, two programs on one run. It ends as it should, quickly, and with nothing half-written."""
import json
import os
import signal
import subprocess
import time
import unittest

from program import LIMN, SMALL, ProgramTest, flowers

TRAIN = ["train", "mlp", "--data", "flowers.csv", "--steps", "20"]
IS_ROOT = os.geteuid() == 0

class HostileTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.write("flowers.csv", flowers(60))

    def expect(self, result, status, *words):
        name = f"{result.status}\n{result.out}{result.err}"
        self.assertEqual(result.status, status, name)
        self.assertEqual([line.split(": ")[0] for line in result.err.splitlines()], ["error", "hint"], name)
        for word in words:
            self.assertIn(word, result.err, name)

    def refused(self, *arguments, says=(), status=2, **options):
        before = self.files()
        self.expect(self.run_limn(*arguments, **options), status, *says)
        self.assertEqual(self.files(), before, arguments)

    def ends(self, process, status):
        """Waits for the process; it must not hang."""
        try:
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
        self.assertEqual(process.returncode, status, out + err)
        return out, err

class Files(HostileTest):
    def test_that_are_pipes_and_devices_are_refused_at_once(self):
        for name in ("pipe.csv", "pipe.json", "pipe-images-idx3-ubyte", "few/train-images-idx3-ubyte"):
            (self.folder / name).parent.mkdir(exist_ok=True)
            os.mkfifo(self.folder / name)
        for data in ("pipe.csv", "pipe-images-idx3-ubyte", "few", "/dev/zero", "/dev/full", "/dev/urandom"):
            with self.subTest(data=data):
                self.refused("train", "mlp", "--data", data, "--steps", 5)
        self.refused("run", "pipe.json", says=["not a regular file"])
        self.refused("run", "/dev/zero")

    def test_that_point_at_themselves_are_refused(self):
        os.symlink("loop.csv", self.folder / "loop.csv")
        os.symlink("nowhere", self.folder / "dangling.csv")
        os.symlink("loop", self.folder / "loop")
        for data in ("loop.csv", "dangling.csv", "loop", "loop/x.csv"):
            with self.subTest(data=data):
                self.refused("train", "mlp", "--data", data, "--steps", 5)
        for out in ("loop", "loop/run", "loop.csv"):
            with self.subTest(out=out):
                self.refused(*TRAIN, "--out", out)
        self.refused("resume", "loop")

    def test_behind_very_long_paths_are_refused(self):
        for path in ("x" * 300, "/".join(["deep"] * 2000), "x/" * 3000):
            self.refused("train", "mlp", "--data", path + ".csv", "--steps", 5)
            self.refused(*TRAIN, "--out", path)
            self.refused("resume", path)
            self.refused("eval", path)

    def test_in_long_but_possible_paths_work(self):
        folder = "/".join(["a folder with a long name, and blanks, and é"] * 20)
        self.limn(*TRAIN, "--out", folder + "/run", "--quiet")
        self.limn("resume", folder + "/run", "--steps", 25, "--quiet")

    def test_with_names_that_are_not_utf8(self):
        path = os.fsencode(self.folder) + b"/gr\xfcn.csv"
        with open(path, "wb") as out:
            out.write(flowers(60).encode())
        line = lambda *words: [os.fsencode(LIMN), *[w if isinstance(w, bytes) else str(w).encode() for w in words]]
        done = subprocess.run(line("train", "mlp", "--data", b"gr\xfcn.csv", "--steps", 5), cwd=self.folder, capture_output=True)
        self.assertEqual(done.returncode, 2, done)
        self.assertIn(b"not UTF-8", done.stderr)
        self.assertFalse((self.folder / "runs").exists())
        done = subprocess.run(line("train", "mlp", "--data", "flowers.csv", "--steps", 5, "--set", b"target=k\xfc"),
                              cwd=self.folder, capture_output=True)
        self.assertEqual(done.returncode, 2, done)
        # Where a run lies is not written into it: any bytes will do.
        for words in (["train", "mlp", "--data", "flowers.csv", "--steps", 5, "--json", "--out", b"r\xfcn"],
                      ["resume", b"r\xfcn", "--steps", 9, "--json"], ["branch", b"r\xfcn", "--at", 3, "--json", "--out", b"br\xfcn"],
                      ["resume", b"br\xfcn", "--json"], ["runs", "show", b"br\xfcn", "--json"]):
            done = subprocess.run(line(*words), cwd=self.folder, capture_output=True)
            self.assertEqual(done.returncode, 0, done)
            for text in done.stdout.decode().splitlines():  # valid UTF-8, valid JSON
                json.loads(text)

    @unittest.skipIf(IS_ROOT and not os.path.exists("/usr/bin/setpriv"), "root may write anywhere, and setpriv is not here")
    def test_in_folders_that_must_not_be_written(self):
        def limn(*arguments):
            drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"] if IS_ROOT else []
            return subprocess.run([*drop, LIMN, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True, timeout=60)

        self.limn(*TRAIN, "--out", "run", "--quiet")
        os.chmod(self.folder, 0o755)
        if IS_ROOT and limn("version").returncode != 0:
            self.skipTest("another user cannot run the program here")
        for path in sorted((self.folder / "run").rglob("*")) + [self.folder / "run", self.folder]:
            os.chmod(path, 0o555 if path.is_dir() else 0o444)
        self.addCleanup(lambda: [os.chmod(p, 0o755) for p in [self.folder, self.folder / "run", self.folder / "run/snapshots"]])
        before = self.files()
        for arguments in ((*TRAIN, "--out", "new"), TRAIN, ("resume", "run", "--steps", 30), ("runs", "rm", "run"),
                          ("branch", "run", "--at", 5, "--out", "branch")):
            with self.subTest(arguments=arguments):
                done = limn(*arguments)
                self.assertIn(done.returncode, (1, 2), done)
                self.assertEqual([line.split(": ")[0] for line in done.stderr.splitlines()], ["error", "hint"], done)
                self.assertEqual(self.files(), before)
        for arguments in (("eval", "run"), ("replay", "run", "--step", 7), ("runs", "show", "run"), ("runs", "list")):
            self.assertEqual(limn(*arguments).returncode, 0, arguments)  # reading is enough for them

class Standard(HostileTest):
    def test_output_that_is_closed_stops_a_training_and_keeps_it(self):
        for more in (["--json", "--steps", 10 ** 9], ["--steps", 10 ** 5]):  # for people it prints fifty times in a run
            process = self.start("train", "mlp", *SMALL, "--threads", 1, *more, "--out", f"run{len(more)}")
            process.stdout.readline()
            process.stdout.close()  # as `| head -1` does
            err = process.stderr.read()
            self.assertEqual(process.wait(60), 1, err)
            self.assertEqual([line.split(": ")[0] for line in err.splitlines()], ["error", "hint"], err)
            shown = self.limn("runs", "show", f"run{len(more)}", "--json").events[0]
            last = shown["snapshots"][-1]["step"]
            self.assertGreater(last, 0)
            self.limn("resume", f"run{len(more)}", "--steps", last + 5, "--quiet")

    def test_output_and_errors_may_be_closed_from_the_start(self):
        for closing, arguments, status in ((">&-", ["version"], 1), ("2>&-", ["train"], 2), (">&- 2>&-", ["version"], 1),
                                           (">&- 2>&- <&-", TRAIN[:4] + ["--steps", "3", "--out", "run"], 1),
                                           ("2>/dev/full", ["trian"], 2)):
            done = subprocess.run(["sh", "-c", f'exec "$0" "$@" {closing}', LIMN, *arguments], cwd=self.folder, capture_output=True,
                                  text=True, timeout=60)
            self.assertEqual(done.returncode, status, (closing, done))
        self.limn("resume", "run", "--steps", 5, "--quiet")  # nothing was printed into a file opened in place of a closed one

    def test_input_is_never_waited_for(self):
        process = subprocess.Popen([LIMN, *TRAIN, "--out", "run"], cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.ends(process, 0)

    def test_locale_changes_no_number(self):
        texts = set()
        for locale in ("C", "de_DE.UTF-8", "zh_CN.UTF-8", "tr_TR.UTF-8", "nonsense"):
            environment = {**os.environ, "LC_ALL": locale, "LANG": locale}
            result = self.limn(*TRAIN, "--json", "--out", locale, env=environment)
            texts.add((result.done["fingerprint"], (self.folder / locale / "recipe.json").read_text()))
            self.assertEqual(self.run_limn(*TRAIN, "--set", "lr=0,1", env=environment).status, 2)
        self.assertEqual(len(texts), 1)

    def test_environment_may_be_empty(self):
        self.limn(*TRAIN, "--out", "run", "--quiet", env={})
        self.refused("train", "mlp", "--data", "mnist", "--steps", 1, env={})

class Numbers(HostileTest):
    def test_that_are_huge(self):
        for option in ("--steps", "--epochs"):
            for number in ("1000000000001", "9223372036854775807", "9223372036854775808", "1e18", "0x10", "١٢"):
                with self.subTest(option=option, number=number):
                    self.refused("train", "mlp", "--data", "flowers.csv", option, number)
        for number in ("1000000", "99999999999999999999", "-1", "1.5", ""):
            self.refused(*TRAIN, f"--threads={number}", says=["--threads"])
        for setting in ("arch=" + "dense 8 | " * 2000 + "dense 3", "arch=dense 1048576 | dense 1048576 | dense 3", "target=" + "x" * 20000):
            self.assertIn(self.run_limn(*TRAIN, "--set", setting).status, (0, 1, 2))

    def test_of_epochs_at_their_largest_are_stopped_as_any_other(self):
        process = self.start("train", "mlp", "--data", "flowers.csv", "--epochs", 10 ** 12, "--set", "batch=1", "--threads", 256,
                             "--json", "--out", "run")
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        self.ends(process, 130)
        self.limn("runs", "show", "run")

class Runs(HostileTest):
    def setUp(self):
        super().setUp()
        self.limn(*TRAIN, "--out", "run", "--quiet")

    def test_with_settings_that_were_edited_are_refused(self):
        recipe = (self.folder / "run/recipe.json").read_text()
        info = json.loads((self.folder / "run/run.json").read_text())
        for change in (lambda r: r["settings"].pop("lr"), lambda r: r["settings"].update(lr="auto"), lambda r: r["settings"].update(lr=0.5),
                       lambda r: r["settings"].update(arch="dense 5 | dense 3"), lambda r: r.update(seed=99),
                       lambda r: r.update(settings={}), lambda r: r.pop("settings")):
            edited = json.loads(recipe)
            change(edited)
            self.write("run/recipe.json", json.dumps(edited))
            for command in (["resume", "run"], ["eval", "run"], ["replay", "run", "--step", 3], ["branch", "run", "--at", 3]):
                self.refused(*command)
        self.write("run/recipe.json", recipe)
        for path, value in ((["total_steps"], -1), (["total_steps"], 1e300), (["total_steps"], "20"), (["id"], "0123456789ab"), (["id"], None),
                            (["parent"], {"run": "x", "folder": "y", "step": -3, "patch": {}}), (["parent"], 7),
                            (["preprocessing"], {}), (["preprocessing", "columns"], []), (["preprocessing", "kind"], "images"),
                            (["data", "location"], 5), (["data"], None), (["created"], {})):
            edited = json.loads(json.dumps(info))
            place = edited
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
            self.write("run/run.json", json.dumps(edited))
            with self.subTest(path=path, value=value):
                self.refused("resume", "run")
                self.refused("predict", "run", "flowers.csv")
                self.assertEqual(self.limn("runs", "list", "--json").status, 0)

    def test_with_parts_of_another_are_refused(self):
        self.limn("train", "mlp", "--data", "flowers.csv", "--steps", 20, "--set", "arch=dense 7 | dense 3", "--out", "other", "--quiet")
        self.limn("branch", "run", "--at", 10, "--out", "branch", "--quiet")
        for source, target in (("other/snapshots/step-20.safetensors", "run/snapshots/step-20.safetensors"), ("other/recipe.json", "run/recipe.json"),
                               ("branch/journal", "run/journal"), ("flowers.csv", "run/journal"), ("run/journal", "run/recipe.json"),
                               ("run/recipe.json", "run/run.json")):
            sound = (self.folder / target).read_bytes()
            self.write(target, (self.folder / source).read_bytes())
            with self.subTest(source=source, target=target):
                self.refused("resume", "run", "--steps", 30)
            self.write(target, sound)
        self.limn("resume", "run", "--steps", 30, "--quiet")

    def test_whose_parts_are_folders_or_gone_are_refused(self):
        for part in ("journal", "recipe.json", "run.json", "snapshots/step-20.safetensors"):
            path = self.folder / "run" / part
            os.rename(path, self.folder / "kept")
            path.mkdir()
            self.refused("resume", "run", "--steps", 30)
            path.rmdir()
            if not part.startswith("snapshots"):
                self.refused("resume", "run", "--steps", 30)
            os.rename(self.folder / "kept", path)
        for name in ("snapshots/junk.safetensors", "snapshots/empty.safetensors"):
            self.write(f"run/{name}", b"junk" if "junk" in name else b"")
            self.refused("resume", "run", "--steps", 30, says=[name])
            (self.folder / "run" / name).unlink()
        self.write("run/snapshots/latest.safetensors.part", "half a file, as a crash leaves it")
        self.limn("resume", "run", "--steps", 30, "--quiet")

    def test_have_one_program_at_a_time(self):
        process = self.start("resume", "run", "--steps", 10 ** 9, "--json", "--threads", 1)
        process.stdout.readline()
        for command in (["resume", "run", "--steps", 10 ** 9], ["runs", "rm", "run"]):
            self.expect(self.run_limn(*command), 2, "train")
        self.limn("branch", "run", "--at", 10, "--out", "branch", "--quiet")
        self.limn("eval", "run")
        process.send_signal(signal.SIGINT)
        self.ends(process, 130)
        self.limn("runs", "rm", "run")

    def test_are_begun_by_many_programs_at_once(self):
        processes = [self.start(*TRAIN, "--json", "--threads", 1, "--out", "same") for _ in range(6)]
        done = [p.communicate(timeout=120) for p in processes]
        self.assertEqual(sorted(p.returncode for p in processes), [0, 2, 2, 2, 2, 2], done)
        self.limn("resume", "same", "--steps", 25, "--quiet")
        processes = [self.start(*TRAIN, "--json", "--threads", 1) for _ in range(6)]  # each in a folder of its own
        done = [p.communicate(timeout=120) for p in processes]
        self.assertTrue(all(p.returncode in (0, 2) for p in processes), done)
        self.assertFalse([p for p in self.files() if p.endswith(".part")])
        self.assertEqual(len(list((self.folder / "runs").iterdir())), [p.returncode for p in processes].count(0))

    def test_interrupted_while_they_are_saved_stay_whole(self):
        # Wide, so that a snapshot takes a while; interrupted once, twice, and by surprise.
        for i, signals in enumerate(([signal.SIGINT], [signal.SIGINT] * 2, [signal.SIGTERM, signal.SIGKILL], [signal.SIGKILL])):
            process = self.start("train", "mlp", "--data", "flowers.csv", "--steps", 10 ** 9, "--set", "arch=dense 3000 relu | dense 300 | dense 3",
                                 "--json", "--threads", 1, "--out", f"wide{i}")
            for line in process.stdout:  # until something was trained and a save is near
                if '"snapshot"' in line or '"step"' in line and json.loads(line).get("event") == "step":
                    break
            for number in signals:
                process.send_signal(number)
                time.sleep(0.003)
            process.communicate(timeout=120)
            self.assertIn(process.returncode, (130, -signal.SIGKILL))
            shown = self.limn("runs", "show", f"wide{i}", "--json").events[0]
            last = max([s["step"] for s in shown["snapshots"]], default=0)
            resumed = self.limn("resume", f"wide{i}", "--steps", last + 3, "--json", "--threads", 1)
            self.assertEqual(resumed.events[0]["step"], last)

if __name__ == "__main__":
    unittest.main()
