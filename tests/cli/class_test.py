"""A class in one lab: who is let in where, what only reads, equal shares, what the teacher sees, and what a crash leaves."""
import csv
import http.client
import io
import json
import threading
import time
import unittest
import urllib.parse

from lab import TOKEN, Lab
from lab_test import SETTINGS
from program import SANITIZED, ProgramTest

TABLE = "a,b,side\n" + "".join(f"{i % 7},{i % 11},{'left' if i % 3 else 'right'}\n" for i in range(60))
NAMES = ["Ada Lovelace", "王小明", "Zoë", "ada-lovelace", 'Quote "Q", Esq.']


class ClassTest(ProgramTest):
    def open_lab(self, students=NAMES, *arguments):
        roster = students if isinstance(students, int) else self.write("roster.csv", "".join(
            '"' + name.replace('"', '""') + '",x\n' for name in students))
        lab = Lab(self.start, self.folder / "runs", "--class", roster, *arguments,
                  students=students if isinstance(students, int) else len(students))
        self.addCleanup(lab.stop)
        return lab

    def kill(self, lab):
        lab.process.kill()
        lab.process.communicate()


class Roster(ClassTest):
    def test_faults_are_named_with_their_line(self):
        for text, line, word in [("Ada\n\nBob\n", 2, "no name"), ("Ada\nBob\nAda,3\n", 3, "line 1"), ("Ada\n  \n", 2, "no name"),
                                 (b"Ada\n\xff\xfe\n", 2, "UTF-8"), ("Ada\nB\x07b\n", 2, "control"), ("x" * 101, 1, "long"),
                                 ("".join(f"s{i}\n" for i in range(201)), 201, "200")]:
            roster = self.write("roster.txt", text)
            result = self.run_limn("lab", "--no-open", "--port", 0, "--class", roster)
            self.assertEqual(result.status, 2, result.out)
            self.assertIn(f"line {line} of", result.err)
            self.assertIn(word, result.err)
        for wrong in [self.write("empty.txt", ""), self.write("title.txt", "name\n"), "nothing.txt", "0", "201", self.folder]:
            self.assertEqual(self.run_limn("lab", "--no-open", "--port", 0, "--class", wrong).status, 2, wrong)
        self.assertFalse((self.folder / "runs").exists())

    def test_is_a_csv_with_a_title_or_a_number(self):
        self.write("r.csv", "\ufeffName;Group\r\nAda;1\r\n\"Bob, jr\";2")
        lab = Lab(self.start, self.folder / "runs", "--class", "r.csv", students=2)
        self.assertEqual(lab.stop(), 0)
        self.assertEqual(list(lab.students), ["Ada", "Bob, jr"])
        lab = self.open_lab(3)
        self.assertEqual(list(lab.students), ["student-01", "student-02", "student-03"])
        self.assertEqual([one.get("/api/lab")["who"] for one in lab.students.values()], list(lab.students))

    def test_the_table_of_links_is_printed(self):
        process = self.start("lab", "--no-open", "--port", 0, "--class", 2)
        lines = [process.stdout.readline() for _ in range(3)]
        process.terminate()
        self.assertEqual(process.communicate()[1], "")
        self.assertEqual([line.split()[0] for line in lines], ["lab", "student-01", "student-02"])
        self.assertIn("/at/student-02/?token=", lines[2])

    def test_links_outlive_restarts_and_other_rosters(self):
        lab = self.open_lab()
        token = lab.token
        first = {name: (one.root, one.token) for name, one in lab.students.items()}
        self.assertEqual(len({root for root, _ in first.values()}), len(NAMES))
        self.assertEqual((self.folder / "runs" / "class.json").stat().st_mode & 0o777, 0o600)
        run = lab.students["Zoë"].create()["id"]
        reads = lab.students["Zoë"].post("/api/links", {"run": run})
        self.assertEqual((self.folder / "runs" / "links.json").stat().st_mode & 0o777, 0o600)
        self.assertEqual(lab.students["Zoë"].post("/api/links", {"run": run}), reads)
        self.kill(lab)
        fewer = self.open_lab([NAMES[0], "New"])
        self.assertEqual((fewer.students[NAMES[0]].root, fewer.students[NAMES[0]].token), first[NAMES[0]])
        gone = copy_of(fewer, *first["Zoë"])
        self.assertEqual(gone.request("GET", "/api/lab")[0], 401)
        self.assertEqual(fewer.stop(), 0)
        again = self.open_lab()
        self.assertEqual({name: (one.root, one.token) for name, one in again.students.items()}, first)
        self.assertEqual([r["id"] for r in again.students["Zoë"].get("/api/runs")["runs"]], [run])
        self.assertEqual(again.of(reads["path"]).get(f"/api/runs/{run}")["id"], run)
        self.assertEqual(again.of(f"/?token={token}").get("/api/lab")["class"], True)

    def test_a_teacher_without_a_token_keeps_the_one_drawn_first(self):
        def url():
            process = self.start("lab", "--no-open", "--json", "--port", 0, "--class", 1)
            line = json.loads(process.stdout.readline())
            process.terminate()
            process.communicate()
            return line["url"].split("token=")[1]
        self.assertEqual(url(), url())


def copy_of(lab, root, token):
    return lab.of(f"{root}/?token={token}")


class Network(ClassTest):
    def test_is_for_a_class_alone_and_says_that_it_is_read(self):
        for more, word in [(("--host", "0.0.0.0"), "ssh"), (("--name", "box"), "--class"), (("--student-quota", "1G"), "--class"),
                           (("--class", 1, "--name", "a b"), "name"), (("--class", 1, "--host", "nowhere"), "address")]:
            result = self.run_limn("lab", "--no-open", "--port", 0, *more)
            self.assertEqual(result.status, 2, more)
            self.assertIn(word, result.err)

    def test_a_name_is_a_host_and_others_are_not(self):
        lab = self.open_lab(1, "--name", "box.local")
        one = lab.students["student-01"]
        for host, status in [("box.local", 200), ("127.0.0.1", 200), ("192.0.2.1", 421), ("evil.example", 421)]:
            headers = {"Host": f"{host}:{lab.port}", "Authorization": f"Bearer {one.token}"}
            self.assertEqual(one.request("GET", "/api/lab", headers=headers)[0], status, host)
            self.assertEqual(one.request("GET", "/api/lab", headers={**headers, "Origin": f"http://{host}:{lab.port}"})[0], status)
            self.assertIn(one.request("GET", "/api/lab", headers={**headers, "Origin": "http://192.0.2.1"})[0], (403, 421))


class Isolation(ClassTest):
    def setUp(self):
        super().setUp()
        self.lab = self.open_lab()
        self.ada, self.ming = self.lab.students["Ada Lovelace"], self.lab.students["王小明"]
        status, upload = self.ming.request("POST", "/api/data?name=secret.csv", TABLE)
        self.assertEqual(status, 201, upload)
        self.upload = upload["name"]
        self.run_ = self.ming.create(self.upload, settings={"target": "side", "arch": "dense 4 tanh | dense 2"}, steps=50)["id"]
        self.ming.do(self.run_, "step", count=5)
        self.ming.post("/api/notebook", {"kind": "note", "note": "mine"})

    def files(self):
        root = self.folder / "runs" / "students" / self.ming.root.split("/")[-1]
        return {str(p): p.read_bytes() for p in root.rglob("*") if p.is_file()}

    def routes(self, run, upload):
        """Every request of the protocol: the method, the path and a body."""
        read = [f"/api/runs/{run}", f"/api/runs/{run}/curve", f"/api/runs/{run}/points?x=0&y=1",
                f"/api/runs/{run}/steps/3/quantities/layer1.w%5B0,0%5D", f"/api/runs/{run}/steps/3/receipts/layer1.w%5B0,0%5D",
                f"/api/runs/{run}/origin/layer1.w%5B0,0%5D", f"/api/runs/{run}/steps/3/histograms", f"/api/runs/{run}/steps/3/mistakes",
                f"/api/data/{upload}"]
        names = '{"names": ["layer1.w[0,0]"]}'
        change = [("DELETE", f"/api/runs/{run}", None), ("DELETE", f"/api/data/{upload}", None),
                  ("POST", f"/api/runs/{run}/predict", '{"x": [1, 2]}'),
                  *(("POST", f"/api/runs/{run}/steps/3/{what}", names) for what in ("quantities", "receipts")), ("POST", "/api/links", json.dumps({"run": run})),
                  *(("POST", f"/api/runs/{run}/command", json.dumps(wish)) for wish in self.commands(run))]
        return [("GET", path, None) for path in read] + change

    def commands(self, run):
        return [{"do": "play"}, {"do": "play", "until": 40, "speed": 3}, {"do": "play", "together": [run]},
                {"do": "speed", "speed": None}, {"do": "pause"}, {"do": "step"}, {"do": "step", "unit": "op"},
                {"do": "step", "unit": "epoch", "count": -1}, {"do": "seek", "step": 1}, {"do": "set", "settings": {"lr": 0.5}},
                {"do": "branch", "step": 2, "settings": {"lr": 0.5}, "play": True}, {"do": "act", "name": "save"},
                {"do": "act", "name": "edit", "values": {"layer1.w[0,0]": 1}}]

    SPACE = ["/api/lab", "/api/experiments", "/api/storage", "/api/data", "/api/runs", "/api/notebook"]

    def new(self):
        return [("POST", "/api/runs", json.dumps({"experiment": "mlp", "data": "spirals"})),
                ("POST", "/api/data?name=points.csv", TABLE.replace("7", "8")),
                ("POST", "/api/notebook", '{"kind": "note"}')]

    def test_a_token_opens_its_own_space_alone(self):
        before = self.files()
        wrong = copy_of(self.lab, self.ming.root, self.ada.token)
        everything = [*(("GET", path, None) for path in self.SPACE), *self.new(), *self.routes(self.run_, self.upload)]
        for method, path, body in everything:
            self.assertEqual(wrong.request(method, path, body)[0], 401, path)
        for path in ["/", "/icon.svg", "/api/stream"]:
            self.assertEqual(wrong.request("GET", path)[0], 401, path)
        stream = wrong.stream()
        self.assertEqual(stream.status, 401)
        stream.close()
        for root in ["", "/at/nobody", "/at/", self.ada.root + "x", self.ada.root.upper()]:
            self.assertEqual(copy_of(self.lab, root, self.ada.token).request("GET", "/api/lab")[0], 401, root)
        self.assertEqual(self.lab.request("GET", "/api/class", headers={"Authorization": f"Bearer {self.ada.token}"})[0], 401)
        self.assertEqual(self.ada.request("GET", "/api/class")[0], 404)
        self.assertEqual(self.ada.request("GET", "/api/class/answers")[0], 404)
        self.assertEqual(self.files(), before)

    def test_what_is_anothers_is_not_there(self):
        own = self.ada.create(steps=50)["id"]
        for method, path, body in self.routes(self.run_, self.upload):
            status, answer = self.ada.request(method, path, body)
            self.assertEqual(status, 404, (method, path, body, answer))
        for file in ["archive", "archive?alone", "report"]:  # no JSON where they are there
            self.assertEqual(self.ada.request("GET", f"/api/runs/{self.run_}/{file}")[0], 404, file)
            self.assertEqual(self.ming.raw(f"/api/runs/{self.run_}/{file}")[0], 200, file)
        status, _ = self.ada.request("POST", f"/api/runs/{own}/command", json.dumps({"do": "play", "together": [self.run_]}))
        self.assertEqual(status, 404)
        self.assertEqual([r["id"] for r in self.ada.get("/api/runs")["runs"]], [own])
        self.assertEqual(self.ada.get("/api/lab")["runs"], [own])
        self.assertEqual(self.ada.get("/api/notebook"), {"entries": []})
        self.assertNotIn(self.upload, json.dumps(self.ada.get("/api/data")))
        self.assertEqual(self.lab.get("/api/runs"), {"runs": []})
        stream = self.ada.stream()
        stream.send(json.dumps({"watch": self.run_, "views": [{"view": "weights"}]}))
        frames = stream.frames()
        head, _ = next(frames)
        self.assertEqual((head["kind"], self.run_ in head["error"]["error"]), ("error", True))
        stream.send(json.dumps({"watch": own}))
        self.ming.do(self.run_, "step", count=3)
        self.ada.do(own, "step", count=3)
        heard = []
        while not heard or heard[-1]["step"] < 3:
            heard.append(next(frames)[0])
        self.assertEqual({head["run"] for head in heard}, {own})
        stream.close()

    def test_no_path_leads_into_anothers_space(self):
        before, ming = self.files(), self.ming.root.split("/")[-1]
        ada = self.ada.root.split("/")[-1]
        for path in [f"/at/{ada}/../{ming}/api/notebook", f"/at/{ada}/%2e%2e/{ming}/api/notebook", f"/at/{ada}%2f..%2f{ming}/api/notebook",
                     f"/at/{ada}/api/../../{ming}/api/notebook", f"//at/{ming}/api/notebook", f"/at//{ming}/api/notebook",
                     f"/at/{ada}/at/{ming}/api/notebook", f"/at/{ada}/api/runs/..%2F{ming}%2F{self.run_}",
                     f"/at/{ada}/api/runs/%2e%2e/{self.run_}", f"/at/{ada}/api/data/..%2F..%2F{ming}%2Fuploads%2F{self.upload}",
                     f"/at/%61{ada[1:]}/api/notebook", f"/at/{ming}/api/notebook?token={self.ada.token}%00", f"/at/{ada};/api/notebook"]:
            status, answer = self.lab.request("GET", path, headers={"Authorization": f"Bearer {self.ada.token}"})
            self.assertIn(status, (401, 404), (path, answer))
        root = (self.folder / "runs" / "students").absolute()
        for data in [self.upload, f"../{ming}/uploads/{self.upload}", f"../../{ming}/uploads/{self.upload}", f"{root}/{ming}/uploads/{self.upload}",
                     f"..%2F{ming}%2Fuploads%2F{self.upload}"]:
            status, answer = self.ada.request("POST", "/api/runs", json.dumps({"experiment": "mlp", "data": data}))
            self.assertEqual(status, 400, answer)
            self.assertNotIn(self.upload, answer["hint"])
        for name in [f"../{ming}/uploads/a.csv", f"..%2F{ming}%2Fa.csv", "/tmp/a.csv"]:
            self.assertEqual(self.ada.request("POST", f"/api/data?name={urllib.parse.quote(name)}", TABLE)[0], 400, name)
        self.assertEqual(self.files(), before)

    def test_equal_recipes_are_runs_of_their_own(self):
        recipe = {"settings": SETTINGS, "seed": 7, "steps": 100}
        ids = {self.ada.create(**recipe)["id"], self.ming.create(**recipe)["id"]}
        self.assertEqual(len(ids), 1)  # the id is the recipe's
        same = ids.pop()
        self.ada.do(same, "step", count=9)
        self.assertEqual((self.ada.get(f"/api/runs/{same}")["step"], self.ming.get(f"/api/runs/{same}")["step"]), (9, 0))
        self.ada.request("DELETE", f"/api/runs/{same}")
        self.assertEqual(self.ming.get(f"/api/runs/{same}")["step"], 0)

    def test_the_teacher_and_a_link_read_and_change_nothing(self):
        link = self.ming.post("/api/links", {"run": self.run_})
        teacher = copy_of(self.lab, self.ming.root, TOKEN)
        self.assertEqual(teacher.post("/api/links", {"run": self.run_}), link)
        self.assertEqual(self.ming.request("POST", "/api/links", '{"run": "nothing"}')[0], 404)
        before, state = self.files(), self.ming.get(f"/api/runs/{self.run_}")
        for reader in [teacher, self.lab.of(link["path"])]:
            self.assertEqual((reader.get("/api/lab")["may"], reader.get("/api/lab")["who"]), ("read", "王小明"))
            for path in [*self.SPACE, *(path for method, path, _ in self.routes(self.run_, self.upload) if method == "GET")]:
                self.assertEqual(reader.request("GET", path)[0], 200, path)
            asks = ["/predict", "/quantities", "/receipts"]  # their bodies say what is to be told
            for method, path, body in self.routes(self.run_, self.upload):
                if method == "POST" and any(path.endswith(ask) for ask in asks):
                    self.assertEqual(reader.request(method, path, body)[0], 200, path)
            changes = [*self.new(), *(route for route in self.routes(self.run_, self.upload)
                                      if route[0] != "GET" and route[1] != "/api/links" and not any(route[1].endswith(ask) for ask in asks))]
            for method, path, body in changes:
                status, answer = reader.request(method, path, body)
                self.assertEqual((status, sorted(answer)), (403, ["error", "hint"]), (path, body))
            for method in ["PUT", "PATCH", "OPTIONS", "DELETE"]:
                self.assertEqual(reader.request(method, f"/api/runs/{self.run_}")[0], 403)
            stream = reader.stream()
            state_told = next(stream.states(self.run_))
            self.assertEqual(state_told["fingerprint"], state["fingerprint"])
            for message in self.commands(self.run_):
                stream.send(json.dumps({**message, "run": self.run_}))
                while (frame := stream.receive()) and frame[0]["kind"] != "error":
                    stream.send(json.dumps({"ack": frame[0]["frame"]}))
                stream.send(json.dumps({"ack": frame[0]["frame"]}))
            stream.close()
            self.assertEqual(self.ming.get(f"/api/runs/{self.run_}"), state)
            self.assertEqual(self.files(), before)
        linked = self.lab.of(link["path"])
        self.assertEqual(linked.request("POST", "/api/links", json.dumps({"run": self.run_}))[0], 403)
        self.assertEqual(copy_of(self.lab, self.ada.root, linked.token).request("GET", "/api/lab")[0], 401)
        self.assertEqual(copy_of(self.lab, "", linked.token).request("GET", "/api/lab")[0], 401)

    def test_cookies_are_of_a_space(self):
        def page(path, cookie=None):
            connection = http.client.HTTPConnection("127.0.0.1", self.lab.port, timeout=60)
            connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
            answer = connection.getresponse()
            answer.read()
            connection.close()
            return answer.status, answer.getheader("Set-Cookie") or "", answer.getheader("Location")
        status, cookie, _ = page(f"{self.ming.root}/?token={self.ming.token}")
        self.assertEqual(status, 200)
        name = f"limn-{self.lab.port}"
        if cookie:  # the pages are built in
            self.assertEqual(cookie, f"{name}={self.ming.token}; HttpOnly; SameSite=Strict; Path={self.ming.root}/")
            self.assertTrue(page(f"/?token={TOKEN}")[1].endswith("Path=/"))
        self.assertEqual(page(f"{self.ming.root}?token={self.ming.token}")[::2], (308, f"{self.ming.root}/?token={self.ming.token}"))
        both = f"{name}={self.ming.token}; {name}={TOKEN}"  # that of the longer path comes first
        for cookie, may in [(f"{name}={TOKEN}", "read"), (both, "write"), (f"{name}=old; {name}={TOKEN}", "read")]:
            status, answer = self.ming.request("GET", "/api/lab", headers={"Cookie": cookie})
            self.assertEqual((status, answer.get("may")), (200, may), cookie)


class Links(ProgramTest):
    def test_a_lab_without_a_class_has_them_too(self):
        lab = Lab(self.start, self.folder / "runs")
        self.addCleanup(lab.stop)
        run = lab.create(steps=20)["id"]
        link = lab.post("/api/links", {"run": run})
        self.assertEqual((link["run"], link["path"]), (run, f"/?token={link['token']}"))
        reader = lab.of(link["path"])
        told = reader.get("/api/lab")
        self.assertEqual((told["may"], told["who"], told["class"], lab.get("/api/lab")["may"]), ("read", None, False, "write"))
        self.assertEqual(reader.get(f"/api/runs/{run}"), lab.get(f"/api/runs/{run}"))
        for method, path in [("POST", "/api/runs"), ("DELETE", f"/api/runs/{run}"), ("POST", "/api/links"), ("POST", "/api/notebook")]:
            self.assertEqual(reader.request(method, path, json.dumps({"run": run, "kind": "note"}))[0], 403)
        self.assertEqual(reader.request("GET", "/api/class")[0], 404)
        lab.process.kill()
        lab.process.communicate()
        again = Lab(self.start, self.folder / "runs")
        self.addCleanup(again.stop)
        self.assertEqual(again.of(link["path"]).get("/api/lab")["may"], "read")
        self.assertEqual(again.of(link["path"]).request("DELETE", f"/api/runs/{run}")[0], 403)


class Teacher(ClassTest):
    def rows(self, lab):
        return {row["name"]: row for row in lab.get("/api/class")["students"]}

    def test_sees_how_everyone_is(self):
        lab = self.open_lab()
        self.assertEqual(list(self.rows(lab)), NAMES)
        ada = lab.students["Ada Lovelace"]
        row = self.rows(lab)["Ada Lovelace"]
        self.assertEqual((row["connected"], row["seen"], row["runs"], row["run"], row["bytes"], row["seconds"]), (False, None, 0, None, 0, 0))
        first = ada.create(steps=100, settings=SETTINGS)["id"]
        ada.do(first, "play")
        stream = ada.stream()
        self.assertTrue(any(state["state"] == "done" for state in stream.states(first)))
        ada.post("/api/notebook", {"kind": "guess", "task": "t", "guess": 1})
        ada.post("/api/notebook", {"kind": "truth", "task": "t", "truth": 1, "right": True})
        row, state = self.rows(lab)["Ada Lovelace"], ada.get(f"/api/runs/{first}")
        self.assertEqual(row["run"], {"id": first, "data": "spirals", "state": "done", "step": 100, "loss": state["loss"],
                                      "loss_hex": state["loss_hex"], "evaluation": row["run"]["evaluation"]})
        self.assertEqual(row["run"]["evaluation"]["valid.loss"], state["evals"][-1]["valid.loss"])
        self.assertEqual((row["connected"], row["runs"], row["notebook"]), (True, 1, {"entries": 2, "answers": 1, "right": 1}))
        self.assertGreater(row["seconds"], 0)
        self.assertRegex(row["seen"], r"^\d{4}-")
        files = [p for p in (self.folder / "runs" / "students" / row["slug"]).rglob("*") if p.is_file()]
        self.assertGreaterEqual(sum(p.stat().st_size for p in files), row["bytes"])
        self.assertGreater(row["bytes"], 1000)
        self.assertEqual(lab.of(row["path"]).get("/api/lab")["may"], "write")
        self.assertEqual(lab.of(row["look"]).get("/api/lab")["may"], "read")
        stream.close()
        self.assertEqual(lab.stop(), 0)
        lab = self.open_lab()
        again = self.rows(lab)["Ada Lovelace"]  # no run is opened for it
        self.assertEqual((again["connected"], again["runs"], again["notebook"]), (False, 1, row["notebook"]))
        self.assertEqual((again["run"]["step"], again["run"]["loss_hex"], again["run"]["state"]), (100, state["loss_hex"], "done"))
        self.assertEqual(lab.students["Ada Lovelace"].get("/api/lab")["runs"], [])

    def test_downloads_the_answers_of_all(self):
        lab = self.open_lab()
        for name, entries in {
            "Ada Lovelace": [{"kind": "guess", "task": "rate", "guess": 0.1}, {"kind": "guess", "task": "blame", "guess": "=1+1"},
                             {"kind": "truth", "task": "rate", "truth": 0.2, "right": False, "run": "r", "step": 7},
                             {"kind": "note", "note": "nothing of it"}],
            'Quote "Q", Esq.': [{"kind": "truth", "task": "x", "guess": "a\nb", "truth": "\"c\", d", "right": True}],
        }.items():
            told = [lab.students[name].post("/api/notebook", entry) for entry in entries]
        connection = http.client.HTTPConnection("127.0.0.1", lab.port, timeout=60)
        connection.request("GET", "/api/class/answers", headers={"Authorization": f"Bearer {TOKEN}"})
        answer = connection.getresponse()
        self.assertEqual(answer.getheader("Content-Type"), "text/csv; charset=utf-8")
        self.assertIn("answers.csv", answer.getheader("Content-Disposition"))
        rows = list(csv.reader(io.StringIO(answer.read().decode())))
        connection.close()
        self.assertEqual(rows[0], ["student", "task", "guess", "truth", "right", "run", "step", "time"])
        self.assertEqual([row[:7] for row in rows[1:]], [
            ["Ada Lovelace", "blame", "'=1+1", "", "", "", ""], ["Ada Lovelace", "rate", "0.1", "0.2", "false", "r", "7"],
            ['Quote "Q", Esq.', "x", "a\nb", '"c", d', "true", "", ""]])
        self.assertEqual(rows[-1][7], told[-1]["at"])


class Limits(ClassTest):
    def test_four_runs_of_a_student_play_and_idle_ones_make_room(self):
        lab = self.open_lab(2)
        one, other = lab.students.values()
        runs = [one.create(seed=i, steps=10**7, settings=SETTINGS)["id"] for i in range(12)]
        states = {}
        for run in runs:
            states[run] = one.do(run, "step", count=5)["fingerprint"]
        self.assertEqual(len(one.get("/api/lab")["runs"]), 8)
        self.assertEqual(set(one.get("/api/lab")["runs"]), set(runs[4:]))  # who was asked for longest ago was closed
        for run in runs:
            self.assertEqual(one.get(f"/api/runs/{run}")["head"], 5)
            self.assertEqual(one.do(run, "seek", step=5)["fingerprint"], states[run])
        for run in runs[:4]:
            one.do(run, "play")
        count = len(one.get("/api/runs")["runs"])
        for path, wish in [(f"/api/runs/{runs[5]}/command", {"do": "play"}), ("/api/runs", {"experiment": "mlp", "data": "spirals", "play": True}),
                           (f"/api/runs/{runs[0]}/command", {"do": "branch", "play": True})]:
            status, answer = one.request("POST", path, json.dumps(wish))
            self.assertEqual(status, 400, answer)
            self.assertIn("4", answer["error"])
        self.assertEqual(len(one.get("/api/runs")["runs"]), count)
        together = {"do": "play", "together": runs[4:10]}
        self.assertEqual(one.request("POST", f"/api/runs/{runs[0]}/command", json.dumps(together))[0], 400)
        self.assertEqual(other.create(steps=10**7, play=True)["state"], "playing")

    def test_a_quota_is_of_each(self):
        lab = self.open_lab(2, "--student-quota", "30K")
        one, other = lab.students.values()
        self.assertEqual(one.get("/api/storage")["allowed"], 30 << 10)
        while one.request("POST", "/api/runs", json.dumps({"experiment": "mlp", "data": "spirals", "seed": len(one.get("/api/runs")["runs"])}))[0] == 201:
            pass
        self.assertEqual(one.request("POST", "/api/data?name=a.csv", TABLE)[0], 507)
        self.assertEqual(other.request("POST", "/api/data?name=a.csv", TABLE)[0], 201)
        self.assertEqual(lab.get("/api/storage")["used"] < 10 << 10, True)
        self.assertEqual(lab.stop(), 0)
        lab = self.open_lab(3, "--quota", "4G")
        self.assertEqual({one.get("/api/storage")["allowed"] for one in [lab, *lab.students.values()]}, {1 << 30})


@unittest.skipIf(SANITIZED, "time means nothing under sanitizers")
class Shares(ClassTest):
    def test_who_plays_more_runs_has_no_more_of_the_time(self):
        lab = self.open_lab(3)
        many, one, big = lab.students.values()
        for seed in range(4):
            many.create(seed=seed, steps=10**9, settings=SETTINGS, play=True)
        one.create(steps=10**9, settings=SETTINGS, play=True)
        big.create("drawn-digits", steps=10**9, settings={"arch": "dense 64 relu | dense 10"}, play=True)
        seconds = lambda: [row["seconds"] for row in lab.get("/api/class")["students"]]
        begin = seconds()
        while min(now - then for now, then in zip(seconds(), begin)) < 0.7:
            time.sleep(0.05)
        shares = [now - then for now, then in zip(seconds(), begin)]
        print(f"shares of the time: {shares}")
        self.assertLess(max(shares) / min(shares), 1.2)


class Crash(ClassTest):
    def test_loses_nothing_that_was_acknowledged(self):
        lab = self.open_lab(6)
        acknowledged, errors = {}, []

        def work(name, one, seed):
            try:
                run = one.create(settings=SETTINGS, seed=seed, steps=10**6)["id"]
                note = 0
                while True:
                    for do, more in [("step", {"count": 7}), ("set", {"settings": {"lr": 0.001 * (1 + note % 5)}}), ("play", {}), ("pause", {}),
                                     ("step", {"count": 1})]:
                        state = one.do(run, do, **more)
                        if do in ("step", "pause"):  # it stands where the answer says
                            acknowledged[name] = (run, state["step"], state["fingerprint"], len(state["flags"]), note)
                    one.post("/api/notebook", {"kind": "note", "note": str(note)})
                    note += 1
            except (OSError, http.client.HTTPException):
                return  # it was killed
            except Exception as error:  # noqa: BLE001
                errors.append(error)

        threads = [threading.Thread(target=work, args=(name, one, i)) for i, (name, one) in enumerate(lab.students.items())]
        for thread in threads:
            thread.start()
        while len(acknowledged) < 6 or min(ack[4] for ack in acknowledged.values()) < 4:
            time.sleep(0.02)
        self.kill(lab)
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])
        lab = self.open_lab(6)
        for name, (run, step, fingerprint, flags, notes) in acknowledged.items():
            one = lab.students[name]
            state = one.get(f"/api/runs/{run}")
            self.assertGreaterEqual(state["head"], step)
            self.assertGreaterEqual(len(state["flags"]), flags)
            self.assertEqual(one.do(run, "seek", step=step)["fingerprint"], fingerprint)
            self.assertGreaterEqual(len(one.get("/api/notebook")["entries"]), notes)
        self.assertEqual(lab.stop(), 0)
        for name, (run, step, fingerprint, _, _) in acknowledged.items():
            folder = next((self.folder / "runs" / "students" / name).glob(f"*{run}"))
            replayed = self.limn("replay", folder, "--step", step, "--json", "--threads", 1)
            self.assertEqual(replayed.done["fingerprint"], fingerprint)


if __name__ == "__main__":
    unittest.main()
