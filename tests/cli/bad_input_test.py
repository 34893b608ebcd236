"""Whatever is asked wrongly ends with status 2 (1 when it fails while running), two clear lines, and nothing half-written."""
import gzip
import os
import resource
import shutil
import subprocess
import time

from program import LIMN, SMALL, ProgramTest, flowers, idx

TRAIN = ["train", "mlp", "--data", "flowers.csv", "--steps", "20"]


class BadInput(ProgramTest):
    def setUp(self):
        super().setUp()
        self.write("flowers.csv", flowers(60))

    def refused(self, *arguments, says=(), status=2):
        """Expects the refusal, the words in it, and no file more or less than before."""
        before = self.files()
        for json in ((), ("--json",)):
            result = self.run_limn(*arguments, *json)
            name = f"limn {' '.join(map(str, arguments))}\n{result.out}{result.err}"
            self.assertEqual(result.status, status, name)
            lines = result.err.splitlines()
            self.assertEqual([line.split(": ")[0] for line in lines], ["error", "hint"], name)
            self.assertTrue(all(len(line.split(": ", 1)[1]) > 3 for line in lines), name)
            self.assertEqual(result.out, "", name)
            for word in says:
                self.assertIn(word, result.err, name)
        self.assertEqual(self.files(), before, name)

    def test_of_the_command_line(self):
        for arguments, says in (
                ([], ["train"]),
                (["--colour"], []),
                (["trian"], ["did you mean train?"]),
                (["train"], ["experiment"]),
                (["train", "mpl"], ["did you mean mlp?"]),
                (["runs"], []),
                (["runs", "lst"], []),
                ([*TRAIN, "--stps", "3"], ["did you mean --steps?"]),
                ([*TRAIN, "--epochs", "3"], ["--epochs"]),
                (["train", "mlp", "--steps", "0"], ["--steps"]),
                (["train", "mlp", "--steps", "-5"], []),
                (["train", "mlp", "--steps", "ten"], ["ten"]),
                (["train", "mlp", "--epochs", "99999999999999999999999"], []),
                ([*TRAIN, "--seed", "-1"], ["--seed"]),
                ([*TRAIN, "--seed", "x"], ["--seed"]),
                ([*TRAIN, "--seed", "18446744073709551616"], ["--seed"]),
                ([*TRAIN, "--threads", "0"], ["1 to 256"]),
                ([*TRAIN, "--threads", "257"], ["1 to 256"]),
                ([*TRAIN, "--isa", "avx9"], ["avx9", "scalar"]),
                ([*TRAIN, "--set", "lr"], ["NAME=VALUE"]),
                ([*TRAIN, "--set", "lrr=1"], ["did you mean lr?"])):
            with self.subTest(arguments=arguments):
                self.refused(*arguments, says=says)

    def test_of_the_settings(self):
        for setting, says in (
                ("lr=-1", ["from 0"]), ("lr=nan", ["from 0"]), ("lr=inf", ["from 0"]), ("lr=fast", ["from 0"]), ("lr=", ["from 0"]),
                ("batch=0", ["from 1"]), ("batch=1.5", ["whole number"]), ("batch=100000", ["from 1"]), ("batch=60", ["1 to 42"]),
                ("optimizer=adm", ["sgd, momentum, nesterov, adagrad", "adamw"]), ("loss=mse", ["cross-entropy"]), ("init=zero", ["he, glorot"]),
                ("schedule=lineal", ["constant, cosine, linear", "plateau"]), ("momentum=1", ["0.9999"]), ("weight_decay=-0.1", ["from 0"]),
                ("clip=-1", ["from 0"]), ("max_norm=x", ["from 0"]), ("accumulate=0", ["from 1"]), ("early_stop=-1", ["from 0"]),
                ("patience=0", ["from 1"]), ("drop=0", ["from 1e-06 to 1"]), ("warmup=1.5", ["whole number"]),
                ("bias_correction=yes", ["on, off"]), ("freeze=layer9", ["layer1.w[", "layer1.unit[0]"]),
                ("freeze=layer1.w[0", ["layer1.w["]), ("cut=layer1.w[9999,0]", ["layer1.w["]), ("cut=layer1.unit[99]", ["layer1.unit[0]"]),
                ("lr_scale=layer1", ["layer1=0.1"]), ("lr_scale=layer1=-1", ["0 or more"]), ("lr_scale=layer7=1", ["layer1.w["]),
                ("arch=", []), ("arch=conv 3x3", []), ("arch=dense", []), ("arch=dense 8 rlu | dense 3", []),
                ("arch=dense 8 relu", ["3"]), ("arch=dense 0 relu | dense 3", []), ("arch=dense -4 relu | dense 3", []),
                ("arch=dense 99999999999999999999 relu | dense 3", []), ("arch=dense 2000000000 relu | dense 2000000000 | dense 3", []),
                ("arch=dense 8 relu | dropout 1.5 | dense 3", []), ("arch=| dense 3", []),
                ("split=half", []), ("split=0.9/0.9/0.9", []), ("split=1/0", []), ("target=petals", ["kind"])):
            with self.subTest(setting=setting):
                self.refused(*TRAIN, "--set", setting, says=says)

    def test_of_data_files(self):
        table = flowers(60)
        packed = gzip.compress(table.encode())
        flipped = bytearray(packed)
        flipped[len(packed) // 2] ^= 4
        images, labels = idx(0x803, [4, 2, 2], bytes(16)), idx(0x801, [4], bytes([0, 1, 0, 1]))
        (self.folder / "empty").mkdir()
        for name, content in (
                ("empty.csv", ""), ("header.csv", "a,b\n"), ("one.csv", "a\n1\n"), ("ragged.csv", "a,b\n1,2\n3\n4,5\n"),
                ("long.csv", "a,b\n1,2\n3,4,5\n"), ("quote.csv", "a,b\n\"1,2\n3,4\n"), ("noise.csv", os.urandom(3000)),
                ("zero.csv", "a,b\n1,\0\n2,3\n"), ("twice.csv", "a,a\n1,2\n3,4\n5,6\n"), ("cut.csv.gz", packed[:len(packed) // 2]),
                ("flipped.csv.gz", bytes(flipped)), ("notes.txt", "hello\n"), ("cut-images-idx3-ubyte", images[:20]),
                ("magic-images-idx3-ubyte", b"\1\2\3\4" + images[4:]), ("absurd-images-idx3-ubyte", idx(0x803, [2 ** 32 - 1] * 3, bytes(16))),
                ("short-images-idx3-ubyte", images[:3])):
            self.write(f"bad/{name}", content)
            with self.subTest(name=name):
                self.refused("train", "mlp", "--data", f"bad/{name}", "--steps", 5)
        self.write("few/train-images-idx3-ubyte", images)
        self.write("few/train-labels-idx1-ubyte", idx(0x801, [3], bytes([0, 1, 0])))
        self.write("lonely/train-images-idx3-ubyte", images)
        self.write("cutlabels/train-images-idx3-ubyte", images)
        self.write("cutlabels/train-labels-idx1-ubyte", labels[:10])
        for data in ("few", "lonely", "cutlabels", "empty", "nothing.csv", "", "/", "/dev/null"):
            with self.subTest(data=data):
                self.refused("train", "mlp", f"--data={data}", "--steps", 5)
        for words in (["info", "mnits"], ["get", "mnits"]):
            self.refused("data", *words, says=["mnist"])

    def test_of_folders(self):
        self.write("taken/thesis.txt", "text")
        (self.folder / "vacant").mkdir()
        for out in ("taken", "vacant", "flowers.csv", "flowers.csv/run", "x" * 300):
            with self.subTest(out=out):
                self.refused(*TRAIN, "--out", out)
        for command in (["resume"], ["eval"], ["branch", "--at", 1], ["replay", "--step", 1], ["runs", "show"], ["runs", "rm"],
                        ["predict"]):
            files = ["flowers.csv"] if command == ["predict"] else []
            verb, options = command[:2] if command[0] == "runs" else command[:1], command[2:] if command[0] == "runs" else command[1:]
            for run in ("taken", "nothing", "flowers.csv", "0123456789ab"):
                with self.subTest(command=command, run=run):
                    self.refused(*verb, run, *files, *options)

    def test_of_recipes(self):
        for name, text in (("empty", ""), ("cut", '{"experiment":"mlp"'), ("list", "[1]"), ("deep", "[" * 100000),
                           ("unknown", '{"experiment":"mlp","data":"flowers.csv","sead":1}'),
                           ("setting", '{"experiment":"mlp","data":"flowers.csv","settings":{"lr":"fast"}}'),
                           ("steps", '{"experiment":"mlp","data":"flowers.csv","steps":1e99}'),
                           ("both", '{"experiment":"mlp","data":"flowers.csv","steps":1,"epochs":1}')):
            self.write(f"{name}.json", text)
            with self.subTest(name=name):
                self.refused("run", f"{name}.json")
        self.refused("run", "nothing.json")
        self.refused("run", ".")

    def test_of_a_run_that_was_tampered_with(self):
        self.limn(*TRAIN, "--out", "run")
        snapshot, journal = self.folder / "run/snapshots/step-20.safetensors", self.folder / "run/journal"
        for path, commands in ((snapshot, (["resume", "run"], ["eval", "run"], ["predict", "run", "flowers.csv"],
                                           ["branch", "run", "--at", 20])),
                               (journal, (["resume", "run"], ["eval", "run"], ["replay", "run", "--step", 3])),
                               (self.folder / "run/run.json", (["resume", "run"],)),
                               (self.folder / "run/recipe.json", (["resume", "run"],))):
            sound = path.read_bytes()
            flipped = bytearray(sound)
            flipped[len(sound) // 3] ^= 8 if path.suffix != ".json" else 0x80
            for content in (bytes(flipped), sound[:len(sound) // 3] if path != journal else b"x" * 99, b""):
                path.write_bytes(content)
                for command in commands:
                    with self.subTest(path=path.name, command=command, size=len(content)):
                        self.refused(*command)
            path.write_bytes(sound)
        self.limn("resume", "run")
        text = (self.folder / "flowers.csv").read_text()
        self.write("flowers.csv", text.replace("rose", "lily"))
        self.refused("resume", "run", says=["flowers.csv"])

    def test_of_steps_quantities_and_other_data(self):
        self.limn(*TRAIN, "--out", "run")
        self.write("other.csv", "a,b\n1,2\n")
        for arguments, says in (
                (["branch", "run", "--at", 21], ["0 to 20"]), (["branch", "run", "--at", -1], []), (["branch", "run"], ["--at"]),
                (["branch", "run", "--at", 5, "--set", "arch=dense 3"], ["arch"]), (["branch", "run", "--at", 5, "--steps", 4], []),
                (["branch", "run", "--at", 5, "--set", "optimizer=sgdd"], ["sgd", "lbfgs"]),
                (["resume", "run", "--steps", 30, "--set", "optimizer=sgd"], ["optimizer", "branch"]), (["branch", "run", "--at", 5, "--set", "init=zeros"], ["init"]),
                (["resume", "run", "--set", "lr=-1"], ["from 0"]), (["resume", "run", "--steps", 10], ["20"]),
                (["replay", "run", "--step", 21], ["0 to 20"]), (["replay", "run", "--step", 0, "--quantity", "train.loss"], []),
                (["replay", "run", "--step", 5, "--quantity", "layer9.w[0,0]"], ["layer1.w"]),
                (["replay", "run", "--step", 5, "--quantity", "layer1.w[999999,0]"], []),
                (["replay", "run", "--step", 5, "--quantity", "layer1.w[0"], []),
                (["eval", "run", "--split", "tset"], ["train, valid, test"]), (["eval", "run", "--data", "other.csv"], []),
                (["eval", "run", "--data", "nothing.csv"], []), (["predict", "run", "other.csv"], []),
                (["predict", "run", "nothing.csv"], []), (["predict", "run"], [])):
            with self.subTest(arguments=arguments):
                self.refused(*arguments, says=says)

    def test_of_a_standard_output_that_is_full(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([LIMN, "version"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("hint: ", done.stderr)


class FullDisk(ProgramTest):
    def check(self, result):
        self.assertEqual(result.status, 1, result.err)
        self.assertEqual([line.split(": ")[0] for line in result.err.splitlines()], ["error", "hint"])

    def test_fails_and_keeps_the_last_snapshot(self):
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk], capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest("a tmpfs needs root: " + mounted.stderr.strip())
        self.addCleanup(lambda: subprocess.run(["umount", disk], check=True))
        self.check(self.run_limn("train", "mlp", "--json", *SMALL, "--steps", 10 ** 9, "--threads", 1, "--out", disk / "run"))
        shutil.copytree(disk / "run", self.folder / "run")
        shown = self.limn("runs", "show", "run", "--json").events[0]
        self.assertGreater(shown["snapshots"][-1]["step"], 0)
        resumed = self.limn("resume", "run", "--steps", shown["snapshots"][-1]["step"] + 10, "--json", "--threads", 1)
        self.assertEqual(resumed.events[0]["step"], shown["snapshots"][-1]["step"])
        with open(disk / "fill", "wb", buffering=0) as fill:
            try:
                while True:
                    fill.write(bytes(4096))
            except OSError:
                pass
        before = sorted(disk.rglob("*"))
        self.check(self.run_limn("train", "mlp", *SMALL, "--steps", 5, "--out", disk / "new"))
        self.assertEqual(sorted(disk.rglob("*")), before)

    def test_or_a_limit_on_files_fails_too(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

        result = self.run_limn("train", "mlp", "--json", *SMALL, "--steps", 10 ** 9, "--threads", 1, "--out", "run",
                               preexec_fn=limit, restore_signals=False)
        self.check(result)
        self.assertIn("journal", result.err)
        self.limn("runs", "show", "run")
