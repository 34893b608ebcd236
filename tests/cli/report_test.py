"""limn export --format html: a report is one file, the same for the same run, whatever its data are called."""
import json
import os
import re
import struct
import unittest

from lab import Lab
from program import SMALL, ProgramTest, drawn_random

BLOCK = re.compile(r'<script type="application/json" id="report">(.*?)</script>', re.DOTALL)
NASTY = '</script><b>&"\'<!--'


class Report(ProgramTest):
    def report(self, run, file="report.html"):
        event = self.limn("export", run, "--format", "html", file, "--json").of("export")[0]
        self.assertEqual((event["format"], event["file"]), ("html", file))
        text = (self.folder / file).read_text()
        return event, text, json.loads(BLOCK.search(text)[1])

    def test_the_same_run_gives_the_same_bytes_by_command_and_over_http(self):
        self.train(*SMALL, "--steps", 120, "--out", "runs/a")
        done = self.limn("branch", "runs/a", "--at", 60, "--set", "lr=0.1", "--steps", 90, "--out", "runs/b", "--json").done
        event, text, report = self.report("runs/b")
        self.assertEqual((event["run"], event["step"]), (done["run"], 90))
        self.assertEqual(report["fingerprint"], done["fingerprint"])
        self.assertEqual(self.report("runs/b", "again.html")[1], text)
        self.assertEqual([(r["head"], r["parent"] and r["parent"]["patch"]) for r in report["runs"]], [(120, None), (90, {"lr": 0.1})])
        lab = Lab(self.start, "runs")
        self.addCleanup(lab.stop)
        self.assertEqual(lab.raw(f"/api/runs/{done['run']}/report"), (200, text.encode()))
        self.assertEqual(lab.raw("/report.html")[0], 404)  # by itself it is no page
        self.assertEqual(lab.stop(), 0)

    def test_it_says_what_the_engine_says(self):
        done = self.train(*SMALL, "--steps", 300, "--out", "run").done
        report = self.report("run")[2]
        run, = report["runs"]
        self.assertEqual(run["end"]["metrics"], done["metrics"])
        self.assertEqual((report["fingerprint"], run["seconds"] > 0), (done["fingerprint"], True))
        names = [f"{t['name']}[{i}]" for t in report["weights"] if t["name"] == "layer1.b" for i in range(24)]
        asked = self.limn("replay", "run", "--step", 300, "--json", *(a for n in [*names, "train.loss", "valid.loss"] for a in ("--quantity", n)))
        said = {q["name"]: float.fromhex(q["hex"]) for q in asked.of("quantity")}
        single = lambda number: struct.unpack("f", struct.pack("f", number))[0]
        biases = next(t["values"] for t in report["weights"] if t["name"] == "layer1.b")
        self.assertEqual([single(v) for v in biases], [said[n] for n in names])
        self.assertEqual((single(run["loss"]), single(report["metrics"]["valid.loss"])), (said["train.loss"], said["valid.loss"]))
        self.assertEqual(sum(map(sum, report["confusion"])), report["data"]["rows"]["valid"])

    def test_a_run_of_a_function_says_where_it_came_and_which_way(self):
        random = drawn_random("report")
        a, b, p, q = random.randint(1, 9), random.randint(1, 9), random.randint(-3, 3), random.randint(-3, 3)
        f = lambda x, y: a * (x - p) ** 2 + b * (y - q) ** 4
        start = (p + random.uniform(0.5, 2), q - random.uniform(0.5, 2))
        formula = f"{a}*(x - ({p}))^2 + {b}*(y - ({q}))^4"
        self.limn("train", "function", "--set", f"function={formula}", "--set", f"start={start[0]!r}, {start[1]!r}", "--set", "optimizer=momentum",
                  "--set", "lr=0.003", "--steps", 1500, "--out", "runs/m")
        self.limn("branch", "runs/m", "--at", 0, "--set", "optimizer=bfgs", "--out", "runs/b")
        event, text, report = self.report("runs/b")
        self.assertEqual((report["function"]["formula"], report["function"]["start"], report["data"]), (formula, list(start), None))
        momentum, bfgs = report["runs"]
        self.assertEqual((momentum["stopped"], bfgs["stopped"], event["step"]), (None, "gradient", bfgs["head"]))
        for run, folder, steps in (momentum, "runs/m", 1500), (bfgs, "runs/b", event["step"]):
            numbers = {n["name"]: n["hex"] for n in run["numbers"]}
            asked = self.limn("replay", folder, "--step", steps, "--json", *(a for n in numbers for a in ("--quantity", n))).of("quantity")
            self.assertEqual(numbers, {n["name"]: n["hex"] for n in asked})
            x, y, value, norm = (float.fromhex(numbers[n]) for n in ("x[0]", "x[1]", "value", "optim.gradient_norm"))
            self.assertAlmostEqual(value, f(x, y), delta=1e-12 * (1 + value))
            self.assertAlmostEqual(norm, max(abs(2 * a * (x - p)), abs(4 * b * (y - q) ** 3)), delta=1e-12)
            self.assertAlmostEqual(float.fromhex(run["first"]["hex"]), f(*start), delta=1e-12 * f(*start))
            trail = run["trail"]
            self.assertEqual((trail["step"][0], trail["step"][-1], len(run["value"]["step"])), (0, steps, min(steps, 1000)))
            self.assertLessEqual(len(trail["step"]), 1001)
            for i in (0, random.randrange(len(trail["step"])), -1):
                at = self.limn("replay", folder, "--step", trail["step"][i], "--json", "--quantity", "x[0]", "--quantity", "x[1]").of("quantity")
                single = [struct.unpack("f", struct.pack("f", float.fromhex(n["hex"])))[0] for n in at]
                self.assertEqual([struct.unpack("f", struct.pack("f", trail[k][i]))[0] for k in "xy"], single)
        plane, (x, y) = report["plane"], (report["plane"]["x"], report["plane"]["y"])
        for _ in range(20):
            i, j = random.randrange(plane["width"]), random.randrange(plane["height"])
            value = f(x[0] + (x[1] - x[0]) * i / (plane["width"] - 1), y[0] + (y[1] - y[0]) * j / (plane["height"] - 1))
            self.assertAlmostEqual(plane["values"][j * plane["width"] + i], value, delta=1e-6 * (1 + value))
        near = [v for r in report["runs"] for v in r["trail"]["x"] if abs(v - start[0]) < 2]  # what goes further is cut
        self.assertTrue(len(near) > 500 and all(x[0] < v < x[1] for v in near) and x[0] < start[0] < x[1])
        lab = Lab(self.start, "runs")
        self.addCleanup(lab.stop)
        self.assertEqual(lab.raw(f"/api/runs/{event['run']}/report"), (200, text.encode()))
        self.assertEqual(lab.stop(), 0)

    def test_what_would_take_long_to_compute_again_is_left_out(self):
        self.limn("train", "function", "--set", "function=ext-rosenbrock1000", "--set", "optimizer=lbfgs", "--steps", 9, "--out", "runs/a")
        self.limn("branch", "runs/a", "--at", 0, "--set", "optimizer=cg", "--out", "runs/b")
        first, own = self.report("runs/b")[2]["runs"]
        self.assertEqual((first["numbers"], first["trail"]["step"][-1], len(own["numbers"])), (None, 9, 44))

    def test_functions_of_other_sizes_and_beginnings_have_reports(self):
        for name, settings, steps, plane in (("one", ["function=(x - 2)^2"], 5, False), ("six", ["function=sum(i=1..n, i*x[i]^2)", "constants=n=25", f"start={', '.join(['1'] * 25)}"], 5, False),
                                             ("noisy", ["function=x^2 + y^2", "start=1, 1", "noise=0.3"], 9, True), ("lost", ["function=x^4 + y^4", "start=9, 9", "lr=1"], 4, True)):
            with self.subTest(name):
                self.run_limn("train", "function", "--steps", steps, "--out", name, *(a for s in ["optimizer=sgd", *settings] for a in ("--set", s)))
                _, text, report = self.report(name)
                run, = report["runs"]
                self.assertEqual(report["plane"] is not None, plane)
                self.assertEqual(len([n for n in run["numbers"] if n["name"].startswith("x[")]), min(20, report["parameters"]))
                self.assertEqual(name == "lost", run["error"] is not None)
                self.assertEqual(text.count("</script>"), text.count("<script"))

    def test_names_in_the_data_do_no_harm(self):
        names = [NASTY, 'a "quoted" one', "line\u2028end", "kind"]
        rows = [[f"{i % 7}", f"{i % 5}", f"{i % 3}", (NASTY, "plain")[i % 2]] for i in range(80)]
        quoted = lambda cells: ",".join('"' + c.replace('"', '""') + '"' for c in cells)
        self.write(f"{NASTY.replace('/', '')}.csv", "\n".join(quoted(r) for r in [names, *rows]) + "\n")
        self.train("--data", f"{NASTY.replace('/', '')}.csv", "--steps", 20, "--out", "run")
        _, text, report = self.report("run")
        self.assertNotIn("<", BLOCK.search(text)[1])
        self.assertEqual(report["data"]["columns"], names[:3])
        self.assertEqual(sorted(report["data"]["classes"]), sorted([NASTY, "plain"]))
        self.assertEqual(report["data"]["name"], f"{NASTY.replace('/', '')}.csv")
        self.assertEqual(text.count("</script>"), text.count("<script"))

    def test_it_tells_nobody_where_the_data_lay(self):
        self.write("secret/points.csv", "x,y\n" + "".join(f"{i},{i * i}\n" for i in range(60)))
        self.train("--data", self.folder / "secret/points.csv", "--steps", 20, "--out", "run")
        _, text, report = self.report("run")
        self.assertEqual((report["data"]["name"], report["recipe"]["data"]), ("points.csv", "points.csv"))
        self.assertNotIn("secret", text)
        self.assertNotIn(str(self.folder), text)

    def test_what_cannot_be(self):
        self.train(*SMALL, "--steps", 20, "--out", "run")
        os.mkfifo(self.folder / "pipe")
        for arguments, words in ((("nothing", "report.html"), "there is no run nothing"), (("run", "run"), "not an ordinary file"),
                                 (("run", "pipe"), "not an ordinary file"), (("run", "missing/report.html"), "missing")):
            with self.subTest(arguments=arguments):
                before = self.files()
                done = self.run_limn("export", arguments[0], "--format", "html", arguments[1])
                self.assertIn(done.status, (1, 2))
                self.assertEqual([line.split(": ")[0] for line in done.err.splitlines()], ["error", "hint"], done.err)
                self.assertIn(words, done.err)
                self.assertEqual(self.files(), before)


if __name__ == "__main__":
    unittest.main()
