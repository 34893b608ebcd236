"""The lab over its wires: who may ask, travel, branches, equal bits with the command line, archives, the stream, damage."""
import http.client
import io
import json
import urllib.parse
import math
import os
import signal
import socket
import unittest
import zipfile

from lab import TOKEN, Lab, Stream, authorised
from program import SMALL, ProgramTest, drawn_random, flowers

SETTINGS = {"arch": "dense 24 relu | dropout 0.25 | dense 16 tanh | dense 2", "batch": 48, "schedule": "constant"}


class LabTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.lab = self.open_lab()

    def open_lab(self, *arguments):
        lab = Lab(self.start, self.folder / "runs", *arguments)
        self.addCleanup(lab.stop)
        return lab

    def stream(self):
        stream = Stream(self.lab.port, authorised())
        self.addCleanup(stream.close)
        self.assertEqual(stream.status, 101)
        return stream

    def wait_for(self, run, wanted):
        """Follows the stream until a STATE of the run fits."""
        stream = self.stream()
        for state in stream.states(run):
            if wanted(state):
                stream.close()
                return state
        self.fail("the stream ended")

    def folder_of(self, run):
        return next(p for p in (self.folder / "runs").iterdir() if p.name.endswith(run))


class Access(LabTest):
    def test_is_for_the_printed_host_origin_and_token_alone(self):
        port = self.lab.port
        own, token = {"Host": f"127.0.0.1:{port}"}, {"Authorization": f"Bearer {TOKEN}"}
        for headers, status in [
            ({**own, **token}, 200),
            ({**own, "Cookie": f"other=1; limn-{port}={TOKEN}"}, 200),
            ({**own, **token, "Origin": f"http://127.0.0.1:{port}"}, 200),
            ({"Host": f"localhost:{port}", **token}, 200),
            (own, 401),
            ({**own, "Authorization": "Bearer "}, 401),
            ({**own, "Authorization": f"Bearer {TOKEN}x"}, 401),
            ({**own, "Cookie": f"limn-{port + 1}={TOKEN}"}, 401),
            ({**own, **token, "Origin": "http://example.org"}, 403),
            ({**own, **token, "Origin": "null"}, 403),
            ({**own, **token, "Origin": f"http://127.0.0.1:{port + 1}"}, 403),
            ({"Host": f"example.org:{port}", **token}, 421),
            ({"Host": "127.0.0.1", **token}, 421),
        ]:
            self.assertEqual(self.lab.request("GET", "/api/lab", headers=headers)[0], status, headers)
        for path, status in [(f"/api/lab?token={TOKEN}", 200), ("/api/lab?token=", 401), ("/?token=wrong", 401)]:
            self.assertEqual(self.lab.request("GET", path, headers=own)[0], status, path)
        for headers, status in [(authorised(), 101), ([], 401), ([*authorised(), "Origin: http://example.org"], 403)]:
            stream = Stream(port, headers)
            self.assertEqual(stream.status, status, headers)
            stream.close()

    def test_a_taken_port_and_a_public_address_are_explained(self):
        for arguments, word in [(("--port", self.lab.port), "--port 0"), (("--host", "0.0.0.0"), "ssh")]:
            result = self.run_limn("lab", "--no-open", *arguments)
            self.assertEqual(result.status, 2)
            self.assertIn(word, result.err)


class Travel(LabTest):
    def test_back_and_forth_is_where_it_was(self):
        run = self.lab.create(settings=SETTINGS, steps=400)["id"]
        at = lambda step: self.lab.do(run, "seek", step=step)["fingerprint"]
        forward = self.lab.do(run, "step", unit="batch", count=200)
        self.assertEqual((forward["step"], forward["head"], forward["state"]), (200, 200, "paused"))
        early = at(50)
        self.assertNotEqual(early, forward["fingerprint"])
        self.assertEqual(at(200), forward["fingerprint"])
        self.assertEqual(self.lab.do(run, "step", unit="batch", count=-150)["fingerprint"], early)
        branch = self.lab.do(run, "branch")
        self.assertEqual((branch["parent"]["step"], branch["step"]), (50, 50))
        there = self.lab.do(branch["id"], "step", unit="batch", count=150)
        self.assertEqual(there["fingerprint"], forward["fingerprint"])

    def test_states_kept_in_memory_are_those_of_the_command_line(self):
        run = self.lab.create(settings=SETTINGS, steps=10**7)["id"]
        self.lab.do(run, "play")
        self.wait_for(run, lambda s: len(s["snapshots"]) >= 5)
        state = self.lab.do(run, "pause")
        step = state["snapshots"][2] + 3
        there = self.lab.do(run, "seek", step=step)
        self.assertEqual((there["step"], there["error"]), (step, None))
        self.assertEqual(self.lab.do(run, "seek", step=state["step"])["fingerprint"], state["fingerprint"])
        self.assertEqual(self.lab.stop(), 0)
        replayed = self.limn("replay", self.folder_of(run), "--step", step, "--json", "--threads", 1)
        self.assertEqual(replayed.done["fingerprint"], there["fingerprint"])

    def test_seeds_decide_all(self):
        def end(seed):
            run = self.lab.create(settings=SETTINGS, steps=60, seed=seed)["id"]
            return self.lab.do(run, "step", count=60)["fingerprint"]
        self.assertEqual(end(5), end(5))
        self.assertNotEqual(end(5), end(6))

    def test_epochs_and_the_beginning(self):
        run = self.lab.create(settings=SETTINGS, steps=1000)
        epoch = run["steps_per_epoch"]
        steps = [self.lab.do(run["id"], "step", unit=unit, count=count)["step"]
                 for unit, count in [("epoch", 2), ("batch", 3), ("epoch", -1), ("epoch", 1), ("epoch", -9)]]
        self.assertEqual(steps, [2 * epoch, 2 * epoch + 3, 2 * epoch, 3 * epoch, 0])
        self.assertEqual(self.lab.do(run["id"], "seek", step=0)["fingerprint"], run["fingerprint"])

    def test_settings_change_at_the_head_and_branch_behind_it(self):
        begun = self.lab.create(settings=SETTINGS, steps=300)
        run = begun["id"]
        self.lab.do(run, "step", count=100)
        changed = self.lab.do(run, "set", settings={"lr": 0.0125})
        self.assertEqual(changed["id"], run)
        self.assertEqual([(f["step"], f["changes"], f["before"]) for f in changed["flags"]],
                         [(100, {"lr": 0.0125}, {"lr": begun["settings"]["lr"]})])
        end = self.lab.do(run, "step", count=100)["fingerprint"]
        self.lab.do(run, "seek", step=40)
        self.assertEqual(self.lab.do(run, "seek", step=200)["fingerprint"], end)
        self.lab.do(run, "seek", step=80)
        other = self.lab.do(run, "set", settings={"lr": 0.0125})
        self.assertNotEqual(other["id"], run)
        self.assertEqual((other["parent"], other["settings"]["lr"]),
                         ({"id": run, "step": 80, "patch": {"lr": 0.0125}}, 0.0125))
        status, answer = self.lab.request("POST", f"/api/runs/{run}/command",
                                          json.dumps({"do": "set", "settings": {"lr": -1}}))
        self.assertEqual(status, 400, answer)


class EqualBits(LabTest):
    def test_page_command_line_and_replay_agree(self):
        random = drawn_random("lab bits")
        seed = random.randrange(1000)
        run = self.lab.create(settings=SETTINGS, steps=300, seed=seed)["id"]
        self.lab.do(run, "step", count=120)
        self.lab.do(run, "set", settings={"lr": 0.004, "freeze": "layer1.b"})
        self.lab.do(run, "step", count=80)
        branch = self.lab.do(run, "branch", step=150, settings={"momentum": 0.8})["id"]
        self.lab.do(branch, "step", count=70)
        asked = []
        for of, low, high in [(run, 1, 200), (branch, 151, 220)]:
            for _ in range(5):
                step = random.randint(low, high)
                names = [f"layer1.w[{random.randrange(2)},{random.randrange(24)}]", f"layer2.b[{random.randrange(16)}]",
                         f"layer3.dw[{random.randrange(16)},{random.randrange(2)}]", "train.loss",
                         f"layer{random.randint(1, 3)}.delta[1]@train/{random.randrange(50)}",
                         f"layer2.a[3]@valid/{random.randrange(10)}"]
                asked.append((of, step, names, [self.lab.quantity(of, step, name)["hex"] for name in names]))
        self.assertEqual(self.lab.stop(), 0)
        for of, step, names, seen in asked:
            quantities = [part for name in names for part in ("--quantity", name)]
            replayed = self.limn("replay", self.folder_of(of), "--step", step, *quantities, "--json", "--threads", 1)
            self.assertEqual([e["hex"] for e in replayed.of("quantity")], seen, (of, step, names))

    def test_an_edited_run_repeats_its_edits(self):
        run = self.lab.create(settings=SETTINGS, steps=300)["id"]
        values = {"layer1.w[0,3]": 0.3, "layer3.b[1]": -2.5}
        self.lab.do(run, "step", count=100)
        before = self.lab.quantity(run, 100, "layer1.w[0,4]")["hex"]
        edited = self.lab.do(run, "act", name="edit", values=values)
        self.assertEqual((edited["id"], edited["flags"]), (run, [{"step": 100, "changes": values}]))
        self.assertEqual(self.lab.quantity(run, 100, "layer3.b[1]")["value"], -2.5)
        self.assertEqual(self.lab.quantity(run, 100, "layer1.w[0,4]")["hex"], before)
        end = self.lab.do(run, "step", count=100)["fingerprint"]
        self.lab.do(run, "seek", step=60)
        self.assertEqual(self.lab.do(run, "seek", step=100)["fingerprint"], edited["fingerprint"])
        self.assertEqual(self.lab.do(run, "seek", step=200)["fingerprint"], end)
        self.lab.do(run, "seek", step=150)
        branch = self.lab.do(run, "act", name="edit", values={"layer2.w[1,1]": 1})
        self.assertEqual(branch["parent"]["step"], 150)
        branch_end = self.lab.do(branch["id"], "step", count=20)["fingerprint"]
        for wrong in [{"layer1.w[0,99]": 1}, {"momentum/layer1.w[0,0]": 1}, {"layer1.w[0,0]": 1e39}, {"layer1.w": 1}, 5]:
            status, answer = self.lab.request("POST", f"/api/runs/{run}/command",
                                              json.dumps({"do": "act", "name": "edit", "values": wrong}))
            self.assertEqual(status, 400, answer)
        self.assertEqual(len(self.lab.get(f"/api/runs/{run}")["branches"]), 1)
        self.assertEqual(self.lab.stop(), 0)
        for of, step, fingerprint in [(run, 100, edited["fingerprint"]), (run, 200, end), (branch["id"], 170, branch_end)]:
            replayed = self.limn("replay", self.folder_of(of), "--step", step, "--json", "--threads", 1)
            self.assertEqual(replayed.done["fingerprint"], fingerprint, (of, step))

    def test_receipts_add_up(self):
        random = drawn_random("receipts")
        arch = f"dense {random.randint(7, 20)} tanh | dense 5 {random.choice(['relu', 'sigmoid', 'gelu', 'selu'])} | dense 2"
        run = self.lab.create(settings={**SETTINGS, "arch": arch, "optimizer": "sgd", "lr": 0.3,
                                        "weight_decay": 0, "warmup": 0, "clip": 0}, steps=300)["id"]
        self.lab.do(run, "step", count=40)
        state = self.lab.get(f"/api/runs/{run}")
        step, sample = random.randint(2, 40), random.choice(["train/9", "valid/4", "batch/7"])
        last = state["split"]["train"] - 48 * (state["steps_per_epoch"] - 1)  # rows of an epoch's last batch
        batch = last if step % state["steps_per_epoch"] == 0 else 48
        for name, count in [("layer1.z[6]@" + sample, 3), ("layer2.z[3]@" + sample, None), ("layer1.a[2]@" + sample, 1),
                            ("layer2.a[2]@" + sample, 1), ("layer1.delta[5]@" + sample, 5),
                            ("layer2.delta[1]@" + sample, 2), ("layer3.delta[1]@" + sample, 2), ("train.loss", batch),
                            ("layer1.dw[1,4]", batch), ("layer3.db[1]", batch), ("layer2.w[3,2]", 2), ("layer1.b[0]", 2)]:
            path = f"/api/runs/{run}/steps/{step}/receipts/{urllib.parse.quote(name, safe='')}"
            answer = self.lab.get(path)
            slip = answer["receipt"]
            self.assertTrue(slip, (name, arch))
            self.assertEqual(answer["hex"], self.lab.quantity(run, step, name)["hex"])
            self.assertEqual(slip["count"], count or slip["count"], name)
            near = max(abs(slip["total"]), max(abs(t["product"]) for t in slip["terms"]))
            if name.startswith("layer2.a") and "gelu" in arch:  # of a negative sum z times what 1 + erf leaves in float32
                near = max(near, abs(slip["terms"][0]["of"][0]["value"]))
            self.assertLessEqual(abs(slip["total"] - answer["value"]), 2e-6 * near, (name, arch, slip))
            total = (sum(t["product"] for t in slip["terms"]) + slip["rest"]) * (slip["factor"] or {"value": 1})["value"]
            self.assertAlmostEqual(total, slip["total"], delta=1e-12 * near)
            for term in slip["terms"]:
                for given in term["of"]:
                    if given["step"] >= 0:
                        self.assertEqual(self.lab.quantity(run, given["step"], given["name"])["hex"], given["hex"], given)
                if len(term["of"]) == 2 and name[7] != "w" and name[7] != "b":
                    self.assertAlmostEqual(math.prod(g["value"] for g in term["of"]), term["product"], delta=1e-12 * near)

    def test_a_number_without_a_receipt_says_why(self):
        def ask(run, step, name):
            return self.lab.get(f"/api/runs/{run}/steps/{step}/receipts/{urllib.parse.quote(name, safe='')}")
        def why(run, step, name):
            answer = ask(run, step, name)
            self.assertIsNone(answer["receipt"], answer)
            return answer["why"]
        run = self.lab.create(settings={**SETTINGS, "arch": "dense 4 tanh | dense 2", "early_stop": 9}, steps=300)["id"]
        self.assertIn("initialiser he", why(run, 0, "layer1.w[0,1]"))
        self.assertTrue(ask(run, 0, "layer1.z[1]@train/3")["receipt"])
        self.lab.do(run, "step", count=9)
        self.assertTrue(ask(run, 9, "layer1.w[0,1]")["receipt"])
        self.lab.do(run, "act", name="edit", values={"layer1.w[0,1]": 1.5})
        self.assertEqual(why(run, 9, "layer1.w[0,1]"), "set by hand at this step")
        self.assertTrue(ask(run, 9, "layer1.w[1,1]")["receipt"])
        branch = self.lab.do(run, "branch")["id"]
        self.assertEqual(why(branch, 9, "layer1.w[1,1]"), f"the first step of a branch: ask its parent {run}")
        self.assertIn("no validation loss", why(run, 9, "best/layer1.w[1,1]"))
        self.assertIn("no validation loss", why(run, 9, "early_stop/waits"))
        self.lab.do(run, "set", settings={"cut": "layer2.w[1,*]"})  # counts as 0 at once, and is 0 from the next step on
        for step, weight in [(9, self.assertNotEqual), (10, self.assertEqual)]:
            slip = ask(run, step, "layer2.z[1]@train/3")["receipt"]
            cut = next(t["of"] for t in slip["terms"] if t["of"][0]["name"] == "layer2.w[1,1]")
            self.assertEqual(cut[-1]["name"], "cut")
            weight(cut[0]["value"], 0)
            self.assertTrue(slip["agrees"])
            self.lab.do(run, "step")
        self.assertTrue(ask(run, 10, "layer2.w[1,1]")["receipt"]["agrees"])

    def test_saving_leaves_the_operation_where_it_is(self):
        run = self.lab.create(settings=SETTINGS, steps=300)["id"]
        self.lab.do(run, "step", unit="op", count=3)
        self.assertEqual(self.lab.do(run, "act", name="save")["op"], 3)

    def test_operations_are_parts_of_a_step(self):
        run = self.lab.create(settings=SETTINGS, steps=300)
        count = len(run["operations"])
        self.assertEqual(run["operations"], ["layer1.z", "layer2.z", "layer3.z", "loss", "layer3.delta", "layer2.delta",
                                             "layer1.delta", "update"])
        places = [(n, (s := self.lab.do(run["id"], "step", unit="op", count=n))["step"], s["op"])
                  for n in [1, 6, 1, -1, -6, -1, 2 * count + 3, -1, 6, -3 * count]]
        self.assertEqual([p[1:] for p in places], [(0, 1), (0, 7), (1, 0), (0, 7), (0, 1), (0, 0), (2, 3), (2, 2), (3, 0),
                                                   (0, 0)])
        # The derivative of the step's loss is the mean of its samples' blame, where no dropout makes the two differ.
        run = self.lab.create(settings={**SETTINGS, "arch": "dense 9 tanh | dense 2"}, steps=300)
        self.lab.do(run["id"], "step", count=3)
        size = int(run["settings"]["batch"])
        mean = sum(self.lab.quantity(run["id"], 3, f"layer2.delta[0]@batch/{i}")["value"] for i in range(size)) / size
        self.assertAlmostEqual(mean, self.lab.do(run["id"], "step") and self.lab.quantity(run["id"], 4, "layer2.db[0]")["value"], delta=1e-6)

    def test_a_run_played_to_its_end_is_the_run_of_the_command_line(self):
        done = self.train(*SMALL, "--steps", 700, "--seed", 9, "--out", "by-command").done
        run = self.lab.create(settings=SETTINGS, steps=700, seed=9, play=True)["id"]
        state = self.wait_for(run, lambda s: s["state"] == "done")
        self.assertEqual((state["step"], state["fingerprint"]), (700, done["fingerprint"]))
        listed = self.limn("runs", "show", self.folder_of(run), "--json").events[0]
        self.assertEqual(listed["metrics"], done["metrics"])


class Archives(LabTest):
    def fetched(self, path, lab):
        connection = http.client.HTTPConnection("127.0.0.1", lab.port, timeout=60)
        connection.request("GET", path, headers={"Authorization": f"Bearer {TOKEN}"})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        self.assertEqual(answer.status, 200, data[:300])
        return data

    def test_a_family_of_open_runs_goes_to_another_lab_as_it_stands(self):
        name = self.lab.request("POST", "/api/data?name=f.csv", flowers().encode())[1]["name"]
        settings = {**SETTINGS, "arch": "dense 12 tanh | dropout 0.2 | dense 3"}
        run = self.lab.create(name, steps=600, settings=settings)["id"]
        self.lab.do(run, "step", count=200)
        branch = self.lab.do(run, "branch", step=120, settings={"lr": 0.2})["id"]
        self.lab.do(branch, "step", count=100)
        self.lab.do(branch, "act", name="edit", values={"layer1.w[0,0]": 0.5})
        self.lab.do(branch, "step", count=33)
        self.lab.do(run, "seek", step=77)  # it does not stand at its head
        data = self.fetched(f"/api/runs/{branch}/archive", self.lab)
        self.assertEqual(self.fetched(f"/api/runs/{branch}/archive", self.lab), data)
        one = self.fetched(f"/api/runs/{branch}/archive?alone", self.lab)
        self.assertEqual([len({n.split("/")[1] for n in zipfile.ZipFile(io.BytesIO(d)).namelist() if n.startswith("runs/")})
                          for d in (data, one)], [2, 1])
        prints = {r: [self.lab.do(r, "seek", step=s)["fingerprint"] for s in (130, 200)] for r in (run, branch)}

        other = Lab(self.start, self.folder / "other")
        self.addCleanup(other.stop)
        status, state = other.request("POST", "/api/archives", data)
        self.assertEqual((status, state["id"], state["head"], state["data"]), (201, branch, 253, name), state)
        self.assertEqual(other.get(f"/api/data/{name}")["rows"], 120)
        self.assertEqual(other.request("DELETE", f"/api/data/{name}")[0], 409)
        self.assertEqual([b["id"] for b in other.get(f"/api/runs/{run}")["branches"]], [branch])
        self.assertEqual({r: [other.do(r, "seek", step=s)["fingerprint"] for s in (130, 200)] for r in (run, branch)}, prints)
        for lab in (self.lab, other):
            lab.do(branch, "seek", step=253)
            lab.do(branch, "step", count=20)
        self.assertEqual(other.get(f"/api/runs/{branch}")["fingerprint"], self.lab.get(f"/api/runs/{branch}")["fingerprint"])

        self.assertEqual(other.request("POST", "/api/archives", data)[1]["id"], branch)  # it is here, and further
        self.assertEqual(len(other.get("/api/runs")["runs"]), 2)
        twig = self.lab.do(run, "branch", step=150, settings={"lr": 0.3})["id"]
        self.assertEqual(other.request("POST", "/api/archives", self.fetched(f"/api/runs/{twig}/archive", self.lab))[0], 201)
        self.assertEqual({b["id"] for b in other.get(f"/api/runs/{run}")["branches"]}, {branch, twig})

    def test_a_file_of_the_command_line_brings_its_data_along(self):
        self.write("points.csv", flowers())
        done = self.train("--data", "points.csv", "--steps", 40, "--out", "run").done
        self.limn("export", "run", "--format", "limn", "r.limn", "--quiet")
        (self.folder / "points.csv").unlink()
        data = (self.folder / "r.limn").read_bytes()
        status, state = self.lab.request("POST", "/api/archives", data)
        self.assertEqual((status, state["fingerprint"], state["state"]), (201, done["fingerprint"], "done"), state)
        upload = [d["name"] for d in self.lab.get("/api/data")["data"] if d.get("uploaded")]
        self.assertEqual(len(upload), 1)
        self.assertEqual(self.lab.request("DELETE", f"/api/data/{upload[0]}")[0], 409)
        for bad in (b"", b"{}", data[:-9], data.replace(b"run.json", b"nur.json")):
            status, answer = self.lab.request("POST", "/api/archives", bad)
            self.assertEqual(status, 400, answer)
            self.assertTrue(answer["error"] and answer["hint"])
        self.assertEqual(sorted(p.name for p in (self.folder / "runs").iterdir()),
                         sorted([self.folder_of(done["run"]).name, "uploads"]))


class Damage(LabTest):
    def test_a_killed_lab_opens_its_runs_again(self):
        run = self.lab.create(settings=SETTINGS, steps=100000)["id"]
        fingerprint = self.lab.do(run, "step", count=500)["fingerprint"]
        self.lab.do(run, "act", name="save")
        self.lab.do(run, "play")
        self.wait_for(run, lambda s: s["head"] > 600)
        self.lab.process.send_signal(signal.SIGKILL)
        self.lab.process.communicate()
        self.lab = self.open_lab()
        state = self.lab.do(run, "seek", step=500)
        self.assertEqual(state["fingerprint"], fingerprint)

    def test_a_stopped_lab_keeps_the_last_step(self):
        run = self.lab.create(settings=SETTINGS, steps=100000)["id"]
        state = self.lab.do(run, "step", count=321)
        self.assertEqual(self.lab.stop(), 0)
        self.lab = self.open_lab()
        self.lab.do(run, "pause")
        again = self.lab.get(f"/api/runs/{run}")
        self.assertEqual((again["step"], again["fingerprint"]), (321, state["fingerprint"]))

    def test_a_lab_that_is_stopped_while_it_sends_loses_nothing(self):
        for _ in range(8):
            run = self.lab.create(settings=SETTINGS, steps=10**7, play=True)["id"]
            streams = [self.stream() for _ in range(6)]
            for stream in streams:
                stream.send(json.dumps({"watch": run, "views": [{"view": "weights"}, {"view": "map", "x": 0, "y": 1}]}))
            for stream in streams:
                frames = stream.frames()
                seen = next(head["step"] for head, _ in frames if head["step"] > 100)
            self.assertEqual(self.lab.stop(), 0)
            self.lab = self.open_lab()
            self.assertGreaterEqual(self.lab.get(f"/api/runs/{run}")["head"], seen)

    def test_a_diverged_run_says_so_and_goes_back(self):
        run = self.lab.create(settings={**SETTINGS, "optimizer": "sgd", "loss": "squared", "lr": 1e12}, steps=1000)["id"]
        state = self.lab.do(run, "step", count=100)
        self.assertEqual(state["state"], "failed")
        self.assertIn("diverged", state["error"]["what"])
        self.assertIsNone(self.lab.do(run, "seek", step=0)["error"])

    def test_malformed_messages_are_refused(self):
        random = drawn_random("malformed messages")
        run = self.lab.create(settings=SETTINGS, steps=100)["id"]
        words = ["", "{", "[]", "null", '{"ack":1e99}', '{"ack":-3}', '{"watch":7}', '{"watch":"nothing"}',
                 '{"watch":"%s","views":3}' % run, '{"watch":"%s","views":[{}]}' % run, '{"unwatch":[]}', "\xff\x00"]
        stream = self.stream()
        for i in range(500):
            message = random.choice(words)
            if random.random() < 0.5:
                message = bytes(random.randrange(256) for _ in range(random.randrange(40)))
            stream.send(message, opcode=2)
            head, _ = stream.receive()
            self.assertIn("error", head, message)
        paths = ["/api/runs", f"/api/runs/{run}/command", f"/api/runs/{run}/predict"]
        bodies = ["", "[]", "{", '{"do":"fly"}', '{"do":"seek","step":1e9}', '{"do":"seek","step":"x"}', '{"do":5}',
                  '{"do":"set","settings":[]}', '{"do":"set","settings":{"nothing":1}}', '{"x":[1]}', '{"x":"y"}',
                  '{"experiment":"mlp","data":"/etc/passwd"}', '{"experiment":"no","data":"spirals"}',
                  '{"experiment":"mlp","data":"spirals","settings":{"arch":"dense 9999999999"}}',
                  '{"experiment":"mlp","data":"spirals","seed":-1}', '{"do":"step","unit":"hour"}', "\x00" * 50]
        for i in range(500):
            body = random.choice(bodies)
            if random.random() < 0.3:
                body = bytes(random.randrange(256) for _ in range(random.randrange(60)))
            status, answer = self.lab.request("POST", random.choice(paths), body)
            self.assertIn(status, (400, 404), (body, answer))
            self.assertTrue(answer["error"] and answer["hint"], answer)
        self.assertEqual(len(self.lab.get("/api/runs")["runs"]), 1)

    def test_bytes_that_are_no_http_and_bodies_that_are_too_large_are_refused(self):
        for sent, status in [(b"\x16\x03\x01 hello\r\n\r\n", b" 400 "), (b"GET / HTTP/1.1\r\nA: " + b"x" * 9000, b" 431 "),
                             (b"POST / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n", b" 413 ")]:
            with socket.create_connection(("127.0.0.1", self.lab.port), timeout=60) as connection:
                connection.sendall(sent)
                self.assertIn(status, connection.recv(100), sent[:20])
        self.assertEqual(self.lab.request("GET", "/api/lab")[0], 200)


class Streams(LabTest):
    def test_scalars_come_whole_and_pictures_are_the_newest(self):
        run = self.lab.create(settings=SETTINGS, steps=30000)["id"]
        stream = self.stream()
        views = [{"view": "weights"}, {"view": "map", "size": 16}, {"view": "units", "size": 8}, {"view": "confusion"}]
        stream.send(json.dumps({"watch": run, "views": views, "cursor": 0}))
        self.lab.do(run, "play")
        losses, shown = [], {}
        for head, arrays in stream.frames():
            if head["kind"] == "scalars":
                self.assertEqual(head["from"], len(losses) + 1)
                losses += arrays["train.loss"]
            elif head["kind"] == "view":
                self.assertNotIn("error", head)
                shown[head["view"]] = head["step"], arrays
            if len(losses) == 30000 and all(step == 30000 for step, _ in shown.values()) and len(shown) == 4:
                break
        for step in (1, 777, 30000):
            self.assertEqual(self.lab.quantity(run, step, "train.loss")["value"], losses[step - 1])
        weights = shown["weights"][1]
        self.assertEqual(weights["layer1.w"][12], self.lab.quantity(run, 30000, "layer1.w[1,0]")["value"])
        self.assertEqual(sum(shown["confusion"][1]["count"]), self.lab.get(f"/api/runs/{run}")["split"]["valid"])
        self.assertEqual(len(shown["map"][1]["class"]), 256)

    def test_a_client_that_does_not_read_holds_nobody_up(self):
        run = self.lab.create(settings=SETTINGS, steps=100000)["id"]
        stuck = self.stream()
        stuck.send(json.dumps({"watch": run, "views": [{"view": "map"}]}))
        self.assertEqual(self.lab.do(run, "step", count=20000)["step"], 20000)
        frames = [stuck.receive()[0]["frame"] for _ in range(4)]
        self.assertEqual(frames, [1, 2, 3, 4])  # and no fifth one waits: nothing was acknowledged
        stuck.socket.settimeout(0.5)
        self.assertRaises(TimeoutError, stuck.receive)


if __name__ == "__main__":
    unittest.main()
