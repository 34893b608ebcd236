"""Runs that are taken elsewhere: out as a .limn file, and into a folder that has never seen them, to the same bits."""
import hashlib
import io
import json
import resource
import shutil
import signal
import struct
import unittest
import zipfile

from lab import Lab
from program import ProgramTest, drawn_random, flowers

ARCH = ["--set", "arch=dense 12 tanh | dropout 0.2 | dense 3", "--set", "batch=16", "--set", "schedule=constant"]
QUANTITIES = ["--quantity", "layer1.w[0,0]", "--quantity", "layer2.b[1]"]


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def manifest_of(parts, **changes):
    said = json.loads(parts["limn.json"])
    said["members"] = {name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
                       for name, content in parts.items() if name != "limn.json"}
    return json.dumps({**said, **changes}).encode()


def archive(parts, honest=True, **changes):
    """A .limn file of these members; honest: its limn.json knows them as they are."""
    parts = dict(parts)
    if honest:
        parts["limn.json"] = manifest_of(parts, **changes)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


class Elsewhere(ProgramTest):
    def setUp(self):
        super().setUp()
        self.away = self.folder / "away"  # another machine: nothing of the first folder is there
        self.away.mkdir()

    def there(self, *arguments, **options):
        """Runs it on the other machine."""
        here, self.folder = self.folder, self.away
        try:
            return self.limn(*arguments, **options)
        finally:
            self.folder = here

    def replayed(self, run, step, where=None):
        done = (where or self.limn)("replay", run, "--step", step, *QUANTITIES, "--json").events
        return [(e.get("hex"), e.get("fingerprint")) for e in done]

    def family(self):
        """A run of 5,000 steps on a file of its own, in a lab: settings changed, a weight set, a branch, all trained."""
        self.write("flowers.csv", flowers())
        lab = Lab(self.start, self.folder / "runs")
        self.addCleanup(lab.stop)
        name = lab.request("POST", "/api/data?name=flowers.csv", flowers().encode())[1]["name"]
        settings = {"arch": "dense 12 tanh | dropout 0.2 | dense 3", "batch": 16, "schedule": "constant", "lr": 0.05}
        run = lab.create(name, steps=5000, settings=settings)["id"]
        lab.do(run, "step", count=1500)
        lab.do(run, "set", settings={"lr": 0.02})
        lab.do(run, "step", count=700)
        lab.do(run, "act", name="edit", values={"layer1.w[1,2]": 0.75})
        lab.do(run, "step", count=1800)
        branch = lab.do(run, "branch", step=2500, settings={"lr": 0.005})["id"]
        lab.do(branch, "step", count=900)
        lab.do(branch, "act", name="edit", values={"layer2.b[0]": -0.5})
        lab.do(branch, "step", count=1100)
        twig = lab.do(branch, "branch", step=3000, settings={"momentum": 0.5})["id"]
        lab.do(twig, "step", count=10)
        self.assertEqual(lab.stop(), 0)
        return run, branch, twig


class RoundTrip(Elsewhere):
    def test_a_family_goes_on_elsewhere_to_the_same_bits(self):
        random = drawn_random("archive_test")
        run, branch, twig = self.family()
        self.limn("export", branch, "--format", "limn", "--family", "family.limn", "--quiet")
        heads = {run: 4000, branch: 4500, twig: 3010}
        starts = {run: 0, branch: 2500, twig: 3000}
        steps = {r: [starts[r], head] + [random.randint(starts[r], head) for _ in range(3)] for r, head in heads.items()}
        before = {r: [self.replayed(r, s) for s in steps[r]] for r in heads}
        evaluated = {r: self.limn("eval", r, "--json").done["metrics"] for r in heads}
        goes_on = {r: self.limn("resume", r, "--steps", head + 40, "--json").done["fingerprint"] for r, head in heads.items()}
        branched = self.limn("branch", run, "--at", 2222, "--set", "lr=0.3", "--steps", 2260, "--json").done["fingerprint"]

        (self.folder / "family.limn").rename(self.away / "family.limn")
        shutil.rmtree(self.folder / "runs")
        (self.folder / "flowers.csv").unlink()
        arrived = self.there("import", "family.limn", "--json").of("import")
        self.assertEqual([a["run"] for a in arrived][0], branch)
        self.assertEqual({a["run"] for a in arrived}, set(heads))
        for r, head in heads.items():
            with self.subTest(run=r):
                self.assertEqual([self.replayed(r, s, self.there) for s in steps[r]], before[r], steps[r])
                self.assertEqual(self.there("eval", r, "--json").done["metrics"], evaluated[r])
        shown = self.there("runs", "show", branch, "--json").events[0]
        self.assertEqual((shown["parent"]["run"], shown["parent"]["step"]), (run, 2500))
        self.assertTrue(shown["parent"]["folder"].startswith(str(self.away / "runs")), shown["parent"])
        self.assertLessEqual(len(shown["snapshots"]), 8)
        info = json.loads(next((self.away / "runs").glob(f"*{branch}/run.json")).read_text())
        self.assertEqual(info["data"]["location"], str(next((self.away / "runs/uploads").iterdir())))
        self.assertNotIn(str(self.folder / "runs"), json.dumps(info))
        for r, head in heads.items():
            resumed = self.there("resume", r, "--steps", head + 40, "--json").done["fingerprint"]
            self.assertEqual(resumed, goes_on[r])
        again = self.there("branch", run, "--at", 2222, "--set", "lr=0.3", "--steps", 2260, "--json").done
        self.assertEqual(again["fingerprint"], branched)

    def test_a_branch_stands_alone(self):
        self.write("flowers.csv", flowers())
        self.train("--data", "flowers.csv", *ARCH, "--steps", 60, "--out", "parent")
        self.limn("branch", "parent", "--at", 40, "--set", "lr=0.5", "--steps", 90, "--out", "branch", "--quiet")
        self.limn("export", "branch", "--format", "limn", "away/b.limn", "--quiet")
        wanted = [self.replayed("branch", s) for s in (40, 41, 77, 90)]
        for name in ("parent", "branch"):
            shutil.rmtree(self.folder / name)
        (self.folder / "flowers.csv").unlink()
        self.there("import", "b.limn", "--out", "mine", "--quiet")
        self.assertEqual([self.replayed("mine", s, self.there) for s in (40, 41, 77, 90)], wanted)
        self.assertEqual(len(members((self.away / "b.limn").read_bytes())), 1 + 3 + 1 + 2)  # two snapshots, its data

    def test_a_run_that_begins_from_weights_needs_their_file_no_more(self):
        self.write("flowers.csv", flowers())
        self.train("--data", "flowers.csv", *ARCH, "--steps", 20, "--out", "first")
        self.limn("export", "first", "--format", "safetensors", "w.safetensors", "--quiet")
        self.train("--data", "flowers.csv", *ARCH, "--set", "weights=w.safetensors", "--steps", 30, "--out", "second")
        wanted = [self.replayed("second", s) for s in (0, 1, 30)]
        self.limn("export", "second", "--format", "limn", "away/s.limn", "--quiet")
        (self.folder / "w.safetensors").unlink()
        self.there("import", "s.limn", "--out", "s", "--quiet")
        self.assertEqual([self.replayed("s", s, self.there) for s in (0, 1, 30)], wanted)

    def test_the_same_run_gives_the_same_bytes_and_what_arrived_gives_them_again(self):
        self.write("flowers.csv", flowers())
        self.train("--data", "flowers.csv", *ARCH, "--steps", 50, "--out", "run")
        self.limn("branch", "run", "--at", 30, "--steps", 55, "--out", "other", "--quiet")
        for name in ("a.limn", "b.limn"):
            self.limn("export", "other", "--format", "limn", "--family", name, "--quiet")
        data = (self.folder / "a.limn").read_bytes()
        self.assertEqual((self.folder / "b.limn").read_bytes(), data)
        (self.away / "a.limn").write_bytes(data)
        main = self.there("import", "a.limn", "--json").of("import")[0]["folder"]
        self.there("export", main, "--format", "limn", "--family", "again.limn", "--quiet")
        self.assertEqual((self.away / "again.limn").read_bytes(), data)
        self.assertNotIn(str(self.folder).encode(), b"".join(members(data).values()))

    def test_a_set_of_the_catalogue_goes_by_its_name(self):
        self.train("--data", "spirals", "--steps", 30, "--out", "run")
        event = self.limn("export", "run", "--format", "limn", "away/r.limn", "--json").of("export")[0]
        self.assertEqual(event["bytes"], (self.away / "r.limn").stat().st_size)
        self.assertFalse([n for n in members((self.away / "r.limn").read_bytes()) if n.startswith("data/")])
        self.there("import", "r.limn", "--out", "r", "--quiet")
        self.assertEqual(self.replayed("r", 30, self.there), self.replayed("run", 30))

    def test_many_snapshots_become_a_few_with_the_ends_among_them(self):
        self.train("--data", "spirals", *ARCH[2:], "--steps", 400, "--out", "run")
        steps = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377]
        for step in steps:
            self.limn("branch", "run", "--at", step, "--steps", step, "--out", f"at-{step}", "--quiet")
            shutil.copy(self.folder / f"at-{step}/snapshots/step-{step}.safetensors", self.folder / "run/snapshots")
        self.limn("export", "run", "--format", "limn", "r.limn", "--quiet")
        names = members((self.folder / "r.limn").read_bytes())
        kept = sorted(int(n.split("-")[-1].split(".")[0]) for n in names if "/snapshots/" in n)
        self.assertEqual((len(kept), kept[0], kept[-1]), (8, 1, 400))


class Repeats(Elsewhere):
    def test_what_is_here_stays_and_other_runs_of_its_recipe_come_beside_it(self):
        self.train("--data", "spirals", *ARCH[2:], "--steps", 90, "--out", "run")
        self.limn("branch", "run", "--at", 50, "--set", "lr=0.2", "--steps", 70, "--out", "branch", "--quiet")
        self.limn("export", "run", "--format", "limn", "--family", "away/long.limn", "--quiet")
        run, branch = (self.limn("runs", "show", r, "--json").events[0]["run"] for r in ("run", "branch"))

        first = self.there("import", "long.limn", "--json").of("import")
        self.assertEqual([a["known"] for a in first], [False, False])
        before = sorted((p, p.stat().st_mtime_ns) for p in (self.away / "runs").rglob("*") if p.is_file())
        again = self.there("import", "long.limn", "--json").of("import")
        self.assertEqual([(a["known"], a["folder"]) for a in again], [(True, a["folder"]) for a in first])
        self.assertEqual(sorted((p, p.stat().st_mtime_ns) for p in (self.away / "runs").rglob("*") if p.is_file()), before)

        self.limn("resume", "branch", "--steps", 85, "--quiet")  # further than what is away
        self.limn("export", "branch", "--format", "limn", "--family", "away/longer.limn", "--quiet")
        longer = self.there("import", "longer.limn", "--json").of("import")
        self.assertEqual([(a["run"], a["known"]) for a in longer], [(f"{branch}-2", False), (run, True)])
        self.assertEqual(self.replayed(f"{branch}-2", 85, self.there), self.replayed("branch", 85))
        once = self.there("import", "long.limn", "--json").of("import")
        self.assertTrue(all(a["known"] for a in once))

    def test_another_history_of_one_recipe_gets_the_next_id_and_its_branch_follows(self):
        lab = Lab(self.start, self.folder / "runs")
        self.addCleanup(lab.stop)
        run = lab.create(steps=100)["id"]
        lab.do(run, "step", count=20)
        lab.do(run, "set", settings={"lr": 0.5})
        lab.do(run, "step", count=20)
        branch = lab.do(run, "branch", step=30, settings={"lr": 0.25})["id"]
        lab.stop()
        self.limn("export", branch, "--format", "limn", "--family", "away/f.limn", "--quiet")

        lab = Lab(lambda *a: self.start_away(*a), self.away / "runs")
        self.addCleanup(lab.stop)
        self.assertEqual(lab.create(steps=100)["id"], run)
        lab.do(run, "step", count=40)
        lab.stop()
        arrived = self.there("import", "f.limn", "--json").of("import")
        self.assertEqual([(a["run"], a["known"]) for a in arrived], [(branch, False), (f"{run}-2", False)])
        parent = self.there("runs", "show", branch, "--json").events[0]["parent"]
        self.assertEqual((parent["run"], parent["folder"]), (f"{run}-2", str(self.away / arrived[1]["folder"])))
        self.assertEqual(self.replayed(f"{run}-2", 40, self.there), self.replayed(run, 40))

    def start_away(self, *arguments):
        here, self.folder = self.folder, self.away
        try:
            return self.start(*arguments)
        finally:
            self.folder = here


class BadFiles(Elsewhere):
    def setUp(self):
        super().setUp()
        self.write("flowers.csv", flowers())
        self.train("--data", "flowers.csv", *ARCH, "--steps", 40, "--out", "run")
        self.limn("branch", "run", "--at", 20, "--set", "lr=0.3", "--steps", 35, "--out", "branch", "--quiet")
        self.limn("export", "branch", "--format", "limn", "--family", "good.limn", "--quiet")
        self.parts = members((self.folder / "good.limn").read_bytes())
        said = json.loads(self.parts["limn.json"])
        self.main = said["main"]
        self.parent = json.loads(self.parts[f"runs/{self.main}/run.json"])["parent"]["run"]
        self.data = next(n for n in self.parts if n.startswith("data/"))

    def refused(self, name, data, *words):
        with self.subTest(name):
            (self.away / "bad.limn").write_bytes(data)
            here, self.folder = self.folder, self.away
            result = self.run_limn("import", "bad.limn")
            files = self.files()
            self.folder = here
            self.assertEqual(result.status, 2, (name, result.out, result.err))
            lines = result.err.splitlines()
            self.assertTrue(lines[-2].startswith("error: ") and lines[-1].startswith("hint: "), result.err)
            self.assertEqual(files, ["bad.limn"], name)
            for word in words:
                self.assertIn(word, result.err, name)

    def changed(self, changes, drop=(), honest=True, **manifest):
        parts = {n: c for n, c in self.parts.items() if n not in drop}
        return archive({**parts, **changes}, honest, **manifest)

    def info(self, run, **changes):
        return {f"runs/{run}/run.json": json.dumps({**json.loads(self.parts[f"runs/{run}/run.json"]), **changes}).encode()}

    def test_each_is_refused_with_its_reason_and_leaves_nothing(self):
        good = (self.folder / "good.limn").read_bytes()
        run, branch = self.parent, self.main
        self.refused("empty", b"", "too short")
        self.refused("not a zip", b"a limn file? no" * 100, "its end is missing")
        for cut in (1, 10, len(good) // 2, len(good) - 30):
            self.refused(f"cut by {cut}", good[:-cut])
        flipped = bytearray(good)
        flipped[len(good) // 3] ^= 1
        self.refused("a flipped bit", bytes(flipped))
        for path in ("../evil", "/etc/evil", "runs\\evil", f"runs/{run}/../../evil", f"runs/{run}/snapshots/../x", "data/../x",
                     "C:evil", "runs/", f"runs/{run}/", "data/points.csv", "data/.-0123456789ab.csv", "évil",
                     f"runs/{run}/snapshots/step-07.safetensors", f"runs/{run}/snapshots/step--1.safetensors",
                     f"runs/{run}/snapshots/step-99999999999999999999.safetensors", f"runs/{run}-02/journal", "runs/x/journal"):
            self.refused(f"a member {path}", self.changed({path: b"x"}), "member" if not path.endswith("/") else "")
        twice = io.BytesIO()
        with zipfile.ZipFile(twice, "w") as made:
            for name, content in [*self.parts.items(), ("limn.json", b"{}")]:
                made.writestr(name, content)
        self.refused("a name twice", twice.getvalue(), "twice")
        link = io.BytesIO()
        with zipfile.ZipFile(link, "w") as made:
            for name, content in self.parts.items():
                entry = zipfile.ZipInfo(name)
                entry.create_system, entry.external_attr = 3, (0o120777 if name.endswith("journal") else 0o100644) << 16
                made.writestr(entry, content)
        self.refused("a symbolic link", link.getvalue(), "link")

        self.refused("no limn.json", self.changed({}, ["limn.json"], honest=False), "limn.json")
        self.refused("a limn.json that is no JSON", self.changed({"limn.json": b"{"}, honest=False), "limn.json")
        self.refused("a deep limn.json", self.changed({"limn.json": b"[" * 100000}, honest=False), "deeply")
        self.refused("a later format", self.changed({}, format=2), "format 2")
        self.refused("no format", self.changed({}, format=None), "format")
        self.refused("a main run that is not there", self.changed({}, main="0" * 12), "main run")
        self.refused("another SHA-256", self.changed({self.data: self.parts[self.data] + b"\n"}, honest=False), "SHA-256")
        self.refused("a member that is unknown", self.changed({f"runs/{run}/snapshots/step-3.safetensors": b""}, honest=False),
                     "does not know")
        for name in (f"runs/{run}/recipe.json", f"runs/{run}/run.json", f"runs/{run}/journal", self.data):
            self.refused(f"without {name}", self.changed({}, [name], honest=False), "missing")
            self.refused(f"never with {name}", self.changed({}, [name]))
        self.refused("a branch without its beginning", self.changed({}, [f"runs/{branch}/snapshots/step-20.safetensors"]),
                     "began")

        recipe = json.loads(self.parts[f"runs/{run}/recipe.json"])
        self.refused("another recipe", self.changed({f"runs/{run}/recipe.json": json.dumps({**recipe, "seed": 7}).encode()}),
                     "hash of its recipe")
        self.refused("a recipe that is none", self.changed({f"runs/{run}/recipe.json": b"NaN"}), "recipe")
        data = json.loads(self.parts[f"runs/{run}/run.json"])["data"]
        for location in ("", "/etc/passwd", "data/../../x.csv", "data/other-0123456789ab.csv"):
            self.refused(f"data at '{location}'", self.changed(self.info(run, data={**data, "location": location})), "data")
        self.refused("data of another digest", self.changed(self.info(run, data={**data, "digest": "0" * 64})), "data")
        self.refused("a made-up time", self.changed(self.info(run, created="../../../../../x")), "no time")
        self.refused("no number of steps", self.changed(self.info(run, total_steps=float("nan"))), "JSON")
        parent = json.loads(self.parts[f"runs/{branch}/run.json"])["parent"]
        self.refused("a parent elsewhere", self.changed(self.info(branch, parent={**parent, "folder": "/tmp"})), "parent")
        self.refused("a run that is its own parent", self.changed(self.info(branch, parent={**parent, "run": branch})),
                     "branches of each other")
        csv = self.parts[self.data].replace(b"rose", b"nose")
        self.refused("other data under that name", self.changed({self.data: csv}), "content")

        journal, other = self.parts[f"runs/{run}/journal"], self.parts[f"runs/{branch}/journal"]
        self.refused("the journal of another run", self.changed({f"runs/{branch}/journal": journal}), "another run")
        self.refused("a journal that is cut", self.changed({f"runs/{run}/journal": journal[:-3]}), "cut short")
        self.refused("a journal of nothing", self.changed({f"runs/{run}/journal": b"x" * 99}), "damaged")
        self.assertNotEqual(journal, other)
        first = f"runs/{branch}/snapshots/step-20.safetensors"
        tampered = bytearray(self.parts[first])
        tampered[-4:] = struct.pack("<f", float("nan"))
        self.refused("a tampered snapshot", self.changed({first: bytes(tampered)}), "checksum")
        last = f"runs/{run}/snapshots/step-40.safetensors"
        self.refused("a snapshot of another step", self.changed({first: self.parts[last]}), "another step")
        self.refused("a snapshot behind the end",
                     self.changed({f"runs/{run}/snapshots/step-41.safetensors": self.parts[last]}), "another step")

    def test_a_snapshot_or_journal_of_a_run_of_the_same_network_is_noticed_by_its_bits(self):
        self.train("--data", "flowers.csv", *ARCH, "--seed", 9, "--steps", 40, "--out", "stranger")
        self.limn("export", "stranger", "--format", "limn", "s.limn", "--quiet")
        stranger = members((self.folder / "s.limn").read_bytes())
        journal = next(c for n, c in stranger.items() if n.endswith("journal"))
        self.refused("a journal", self.changed({f"runs/{self.parent}/journal": journal}), "other bits")
        snapshot = next(c for n, c in stranger.items() if n.endswith("step-40.safetensors"))
        self.refused("a last snapshot", self.changed({f"runs/{self.parent}/snapshots/step-40.safetensors": snapshot}),
                     "other bits")
        self.limn("branch", "stranger", "--at", 20, "--steps", 35, "--out", "twig", "--quiet")
        begin = (self.folder / "twig/snapshots/step-20.safetensors").read_bytes()
        self.refused("a first snapshot", self.changed({f"runs/{self.main}/snapshots/step-20.safetensors": begin}),
                     "other bits")

    def test_a_bomb_is_not_unpacked(self):
        bomb = self.changed({f"runs/{self.parent}/snapshots/step-7.safetensors": bytes(1 << 28),
                             f"runs/{self.parent}/snapshots/step-8.safetensors": bytes(1 << 28),
                             f"runs/{self.parent}/snapshots/step-9.safetensors": bytes(1 << 28),
                             f"runs/{self.parent}/snapshots/step-10.safetensors": bytes(1 << 28)})
        self.assertLess(len(bomb), 4 << 20)
        self.refused("a bomb", bomb, "would unpack")
        liar = bytearray(self.changed({f"runs/{self.parent}/snapshots/step-7.safetensors": bytes(1 << 16)}))
        at = liar.rfind(b"PK\x01\x02", 0, liar.rfind(b"step-7.safetensors"))
        liar[at + 24:at + 28] = struct.pack("<I", 1 << 12)  # says that it is smaller than it is
        self.refused("a liar", bytes(liar), "damaged")

    def test_one_that_ends_in_the_middle_leaves_nothing_to_be_seen(self):
        self.train("--data", "spirals", "--set", "arch=dense 64 tanh | dense 2", "--steps", 40, "--out", "large")
        self.limn("branch", "large", "--at", 20, "--steps", 35, "--out", "twig", "--quiet")
        self.limn("export", "twig", "--format", "limn", "--family", "away/good.limn", "--quiet")
        parts = members((self.away / "good.limn").read_bytes())
        snapshot = max(len(c) for n, c in parts.items() if n.endswith(".safetensors"))
        wall = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (snapshot - 1, snapshot - 1))
        here, self.folder = self.folder, self.away
        killed = self.run_limn("import", "good.limn", preexec_fn=wall)  # the system ends it in the middle of a file
        self.folder = here
        self.assertEqual(killed.status, -signal.SIGXFSZ, killed.err)
        self.assertTrue(list((self.away / "runs").glob(".import*.part/*/journal")), "it had begun")
        self.assertEqual(self.there("runs", "list").out, "")
        self.assertFalse([p for p in (self.away / "runs").iterdir() if not p.name.startswith(".")])
        lab = Lab(self.start, self.away / "runs")
        self.addCleanup(lab.stop)
        self.assertEqual((lab.get("/api/runs"), [d for d in lab.get("/api/data")["data"] if "uploaded" in d]), ({"runs": []}, []))
        self.there("import", "good.limn", "--quiet")
        self.assertEqual(len(self.there("runs", "list").out.splitlines()), 2)

    def test_requests_that_are_wrong_are_explained(self):
        for arguments, words in [
            (["import", "nothing.limn"], "nothing.limn"), (["import", "good.limn", "--out", "run"], "exists already"),
            (["export", "run", "--format", "safetensors", "--family", "w"], "--family"),
            (["export", "run", "--format", "zip", "w"], "safetensors, html, limn"),
        ]:
            result = self.run_limn(*arguments)
            self.assertEqual(result.status, 2, arguments)
            self.assertIn(words, result.err)
        self.write("flowers.csv", flowers(seed=6))
        self.assertIn("are not those", self.run_limn("export", "run", "--format", "limn", "x.limn").err)
        (self.folder / "flowers.csv").unlink()
        result = self.run_limn("export", "run", "--format", "limn", "x.limn")
        self.assertEqual((result.status, (self.folder / "x.limn").exists()), (2, False))


if __name__ == "__main__":
    unittest.main()
