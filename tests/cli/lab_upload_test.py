"""What pages put into the lab's folder and take out of it: uploads, what they may hold and how much, removing."""
import gzip
import io
import json
import os
import socket
import struct
import subprocess
import unittest
import urllib.parse
import zipfile

from lab import TOKEN, Lab, authorised
from lab_test import SETTINGS, LabTest
from program import LIMN, drawn_random, flowers

MIB = 1 << 20


def points(random, rows=80):
    """A table that two numbers decide, no two alike."""
    lines = ["x,y,side"]
    for _ in range(rows):
        x, y = random.gauss(0, 1), random.gauss(0, 1)
        lines.append(f"{x:.6f},{y:.6f},{'left' if x + y * y < 0.3 else 'right'}")
    return "\n".join(lines) + "\n"


def npy(kind, shape, data):
    head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape!r}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data


def npz(**arrays):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            archive.writestr(name + ".npy", array)
    return file.getvalue()


class UploadTest(LabTest):
    def send(self, name, content, lab=None):
        body = content if isinstance(content, bytes) else content.encode()
        return (lab or self.lab).request("POST", f"/api/data?name={urllib.parse.quote(name, safe='')}", body)

    def upload(self, name, content, lab=None):
        status, answer = self.send(name, content, lab)
        self.assertEqual(status, 201, answer)
        return answer

    def refused(self, status, method, path, body=None, lab=None):
        got, answer = (lab or self.lab).request(method, path, body)
        self.assertEqual(got, status, (path, answer))
        self.assertTrue(answer["error"] and answer["hint"], answer)
        return answer

    def kept(self):
        """The files in the folder of uploads."""
        folder = self.folder / "runs" / "uploads"
        return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


class Uploading(UploadTest):
    def test_a_table_is_described_as_it_is_read(self):
        rows = ["size,colour,weight,label", "1.5,red,2,a", "2.5,,NA,b", "2.5,blue,nan,a"] + \
               [f"{i},blue,{i % 3},{'ab'[i % 2]}" for i in range(30)]
        answer = self.upload("my flowers (1).csv", "\r\n".join(rows))
        self.assertRegex(answer["name"], r"^my-flowers-1-[0-9a-f]{12}\.csv$")
        self.assertEqual((answer["rows"], answer["target"], answer["task"], answer["uploaded"]), (33, "label", "classify", True))
        self.assertEqual(answer["columns"], [
            {"name": "size", "kind": "number", "missing": 0, "distinct": 32},
            {"name": "colour", "kind": "text", "missing": 1, "distinct": 2},
            {"name": "weight", "kind": "number", "missing": 2, "distinct": 3},
            {"name": "label", "kind": "text", "missing": 0, "distinct": 2}])
        self.assertEqual(answer["preview"], [line.split(",") for line in rows[1:11]])
        self.assertEqual(self.lab.get(f"/api/data/{answer['name']}"), answer)
        listed = [s for s in self.lab.get("/api/data")["data"] if s.get("uploaded")]
        self.assertEqual([(s["name"], s["task"], s["target"], s["train"], s["present"]) for s in listed],
                         [(answer["name"], "classify", "label", 33, True)])
        self.assertEqual(set(listed[0]) - {"uploaded"}, set(self.lab.get("/api/data")["data"][0]))

    def test_the_same_bytes_are_one_file_and_outlive_the_lab(self):
        table = points(drawn_random("same bytes"))
        first = self.upload("points.csv", table)
        self.assertEqual(self.upload("again.csv", table)["name"], first["name"])
        other = self.upload("points.csv", table + "0.1,0.2,left\n")
        self.assertNotEqual(other["name"], first["name"])
        self.assertEqual(self.kept(), sorted([first["name"], other["name"]]))
        self.assertEqual((self.folder / "runs/uploads" / first["name"]).read_text(), table)
        self.lab.stop()
        self.lab = self.open_lab()
        self.assertEqual(self.lab.get(f"/api/data/{first['name']}"), first)

    def test_the_target_is_what_can_be_learned(self):
        keys = [f"{i},{i % 2},text {i}" for i in range(300)]
        for header, rows, target, task in [
            ("a,b,key", keys, "b", "classify"),                                    # a text of its own in every row
            ("a,Target,c", [f"{i},{i * 0.5},{i % 2}" for i in range(30)], "Target", "regress"),
            ("a,b,c", [f"{i},{i % 3},7" for i in range(30)], "b", "classify"),    # one value only
            ("a,b,c", [f"{i % 2},{i},{i / 7}" for i in range(30)], "c", "regress"),
        ]:
            answer = self.upload("t.csv", "\n".join([header, *rows]))
            self.assertEqual((answer["target"], answer["task"]), (target, task), header)

    def test_other_formats_of_one_file(self):
        table = points(drawn_random("formats"))
        for name, content in [("a.tsv", table.replace(",", "\t")), ("a.CSV", table.replace(",", ";")),
                              ("a.csv.gz", gzip.compress(table.encode(), mtime=0))]:
            answer = self.upload(name, content)
            self.assertTrue(answer["name"].endswith(name[1:].lower()), answer["name"])
            self.assertEqual((answer["rows"], answer["target"]), (80, "side"))
        x = struct.pack("<120f", *range(120))
        table = self.upload("a.npz", npz(x=npy("<f4", (40, 3), x), y=npy("|u1", (40,), bytes(i % 2 for i in range(40)))))
        self.assertEqual([c["name"] for c in table["columns"]], ["x0", "x1", "x2", "y"])
        pixels = bytes(i * 7 % 256 for i in range(40 * 16))
        images = self.upload("b.npz", npz(x=npy("|u1", (40, 4, 4), pixels), y=npy("|u1", (40,), bytes(i % 2 for i in range(40)))))
        self.assertEqual((images["kind"], images["sample"], images["rows"], images["classes"]), ("images", [4, 4], 40, ["0", "1"]))
        for data in table["name"], images["name"]:
            run = self.lab.create(data=data, settings={"arch": "dense 4 tanh | dense 2", "batch": 8}, steps=20)["id"]
            self.assertIsNone(self.lab.do(run, "step", count=20)["error"])

    def test_a_run_on_an_upload_is_the_run_of_the_command_line(self):
        random = drawn_random("upload bits")
        seed, table = random.randrange(1000), points(random)
        own = self.write("mine/points.csv", table)
        by_command = self.train("--data", own, "--set", "target=side", "--steps", 300, "--seed", seed, "--set",
                                f"arch={SETTINGS['arch']}", "--set", "batch=16", "--out", "by-command").done
        data = self.upload("points.csv", table)["name"]
        run = self.lab.create(data=data, seed=seed, steps=300, play=True,
                              settings={"arch": SETTINGS["arch"], "batch": 16, "target": "side"})
        self.assertEqual(run["data"], data)
        state = self.wait_for(run["id"], lambda s: s["state"] == "done")
        self.assertEqual(state["fingerprint"], by_command["fingerprint"])
        seen = self.lab.quantity(run["id"], 120, "layer2.dw[3,4]")["hex"]
        half = self.lab.create(data=data, seed=seed, steps=300, settings={**run["settings"]})["id"]
        self.lab.do(half, "step", count=150)
        self.assertEqual(self.lab.stop(), 0)
        own.unlink()
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        def ask(*arguments):
            done = subprocess.run([LIMN, *map(str, arguments), "--json", "--threads", "1"], cwd=elsewhere,
                                  capture_output=True, text=True, timeout=600)
            self.assertEqual(done.returncode, 0, done.stderr)
            return [json.loads(line) for line in done.stdout.splitlines()]
        replayed = ask("replay", self.folder_of(run["id"]), "--step", 120, "--quantity", "layer2.dw[3,4]")
        self.assertEqual([e["hex"] for e in replayed if e["event"] == "quantity"], [seen])
        self.assertEqual(ask("eval", self.folder_of(run["id"]))[-1]["metrics"]["test.accuracy"],
                         by_command["metrics"]["test.accuracy"])
        self.assertEqual(ask("resume", self.folder_of(half))[-1]["fingerprint"], by_command["fingerprint"])

    def test_names_cannot_leave_the_folder(self):
        table = points(drawn_random("names"))
        (self.folder / "runs").mkdir(exist_ok=True)
        outside = self.write("outside-0123456789ab.csv", table)
        good = self.upload("points.csv", table)["name"]
        uploads = self.folder / "runs/uploads"
        (uploads / "linked-0123456789ab.csv").symlink_to(outside)
        (uploads / "folder-0123456789ab.csv").mkdir()
        before = self.files()
        asked = ["../outside-0123456789ab.csv", str(outside), "linked-0123456789ab.csv", "folder-0123456789ab.csv", ".", "..", "",
                 f"./{good}", f"../uploads/{good}", f"{good}\x00", f"{good}/", f"x/../{good}", "A" * 5000 + ".csv",
                 "points.csv", f"uploads/{good}", "/dev/stdin", "\u202e" + good, good.upper(), "%2e%2e/" + good]
        for name in asked:
            status, answer = self.lab.request("POST", "/api/runs", json.dumps({"experiment": "mlp", "data": name}))
            self.assertEqual(status, 400, (name, answer))
            if "A" * 100 not in name and name != "":
                for method in "GET", "DELETE":
                    self.refused(404, method, "/api/data/" + urllib.parse.quote(name, safe=""))
        for name in ["../a.csv", "/tmp/a.csv", "a\\b.csv", "a\x00.csv", "a\n.csv", "..csv", ".csv", "", "a" * 300 + ".csv",
                     "a.csv/..", "a.png", "a.csv.exe", "a"]:
            status, answer = self.send(name, table + "0,0,left\n")
            self.assertEqual(status, 400, (name, answer))
        for raw in ["/api/data?name=%ff%fe.csv", "/api/data?name=..%2fa.csv", "/api/data?name=%252e%252e%252fa.txt", "/api/data"]:
            self.refused(400, "POST", raw, table)
        for path in ["/api/data/%ff", "/api/data/..%2f..%2fetc%2fpasswd", "/api/data/%00", "/api/nothing/\xe9"]:
            with socket.create_connection(("127.0.0.1", self.lab.port), timeout=60) as connection:
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.lab.port}\r\n{authorised()[0]}\r\n\r\n"
                                   .encode("latin-1"))
                self.assertIn(b" 404 ", connection.recv(100), path)
        self.assertEqual(self.files(), before)
        self.assertEqual([s["name"] for s in self.lab.get("/api/data")["data"] if s.get("uploaded")], [good])
        for name, stem in [("数据 表.csv", "数据-表"), ("a b+c.d.csv", "a-b-c-d"), ("\u202egnp.csv", "gnp"), ("$(x).csv", "x"),
                           ("---.csv", "data"), ("é" * 100 + ".csv", "é" * 30)]:
            table += "0.5,0.5,right\n"
            self.assertEqual(self.upload(name, table)["name"].rsplit("-", 1)[0], stem)


class BadFiles(UploadTest):
    def test_each_is_refused_with_its_place_and_leaves_nothing(self):
        good = [f"{i},{i % 2}" for i in range(30)]
        table = lambda *rows, header="a,b": "\n".join([header, *rows]) + "\n"
        at = lambda place, row: table(*good[:place], row, *good[place:])
        wide = ",".join(f"c{i}" for i in range(5000))
        texts = [f"{i},{'x%d' % i}" for i in range(300)]
        arrays = lambda **all: ("a.npz", npz(**all))
        bad = [  # name, bytes, what the message holds
            ("empty.csv", b"", "empty"),
            ("blank.csv", b"\n\n\n", "empty"),
            ("spaces.csv", b"   \n \t\n", ""),
            ("bom.csv", b"\xef\xbb\xbf", "empty"),
            ("header.csv", b"a,b,c\n", "no rows"),
            ("header.csv", b"a,b,c", "no rows"),
            ("one row.csv", b"a,b\n1,2\n", "one value only"),
            ("two rows.csv", b"a,b\n1,2\n3,4\n", "too few"),
            ("one column.csv", table(*[str(i) for i in range(30)], header="a"), "one column"),
            ("wrong separator.csv", table(*[f"{i}|{i}" for i in range(30)], header="a|b"), "one column"),
            ("ragged.csv", at(10, "1,2,3"), "line 12"),
            ("ragged.csv", at(29, "1"), "line 31"),
            ("ragged header.csv", table(*good, header="a,b,c"), "line 2"),
            ("duplicate.csv", table(*good, header="a,a"), "line 1, column 2 'a': two columns are named 'a'"),
            ("empty names.csv", table(*[f"{g},1" for g in good], header="column2,,b"), "two columns"),
            ("open quote.csv", at(5, '1,"2'), "line 7"),
            ("after quote.csv", at(5, '1,"2"3'), "line 7"),
            ("quote in header.csv", table(*good, header='"a"x,b'), "line 1"),
            ("zero.csv", at(5, "1,\x00"), "line 7"),
            ("latin1.csv", at(5, "1,2").encode() + b"\xe9,1\n", "line 33"),
            ("utf16.csv", table(*good).encode("utf-16"), "line 1"),
            ("surrogate.csv", table(*good).encode() + b"\xed\xa0\x80,1\n", "line 32"),
            ("png.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "PNG picture"),
            ("zip.csv", npz(x=b"x"), "zip archive"),
            ("elf.csv", b"\x7fELF\x02\x01\x01" + bytes(64), "line 1"),
            ("infinite.csv", at(5, "inf,1"), "line 7, column 1 'a': holds 'inf'"),
            ("infinite.csv", at(5, "1e999,1"), "line 7, column 1 'a': holds '1e999'"),
            ("infinite target.csv", table(*[f"{i},{i / 3}" for i in range(30)], "3,-inf"), "line 32, column 2 'b': holds '-inf'"),
            ("only nan.csv", table(*["nan,nan"] * 30), "no value"),
            ("constant.csv", table(*["1,1"] * 30), "one value only"),
            ("constant text.csv", table(*["x,y"] * 30), "one value only"),
            ("keys.csv", table(*[f"k{i},t{i}" for i in range(300)]), "line 2"),
            ("nothing to learn from.csv", table(*[f"k{i},{i % 2}" for i in range(300)]), "column"),
            ("nan features.csv", table(*[f"NaN,{i % 2}" for i in range(30)]), "column"),
            ("far.csv", table(*[f"{i % 2},{i}" for i in range(300)], *["1e200,7"] * 1, header="a,b"), ""),
            ("wide.csv", table(*[",".join(["1"] * 5000)] * 3, header=wide), "5000 columns"),
            ("gzip.csv.gz", gzip.compress(table(*good).encode())[:-9], "gzip.csv.gz"),
            ("gzip.csv.gz", b"\x1f\x8b" + bytes(40), "gzip.csv.gz"),
            ("bomb.csv.gz", gzip.compress(b"1,2\n" * (17 * MIB)), "bomb.csv.gz"),
            ("cut.npz", npz(x=npy("<f4", (4, 2), bytes(32)))[:-30], "cut.npz"),
            ("text.npz", b"a,b\n1,2\n", "text.npz"),
            (*arrays(z=npy("<f4", (4, 2), bytes(32))), "no x"),
            (*arrays(x=npy("<f4", (4, 2), bytes(31))), "a.npz"),
            (*arrays(x=npy("<f4", (30, 2), bytes(240)), y=npy("<f4", (29,), bytes(116))), "shape"),
            (*arrays(x=npy("<f4", (30, 1), bytes(120))), "one column"),
            (*arrays(x=npy("|u1", (30, 4, 4), bytes(480))), "labels"),
            (*arrays(x=npy("|u1", (30, 4, 4), bytes(480)), y=npy("|u1", (30,), bytes(30))), "one class"),
            (*arrays(x=npy("<f4", (30 * MIB,), bytes(120 * MIB))), "unpacks"),
        ]
        self.assertGreaterEqual(len(bad), 40)
        for name, content, place in bad:
            status, answer = self.send(name, content)
            self.assertEqual(status, 400, (name, answer))
            self.assertIn(place, answer["error"], name)
            self.assertTrue(answer["hint"], name)
            self.assertNotIn(str(self.folder), answer["error"])
            self.assertEqual(self.kept(), [], name)

    def test_bodies_are_limited_by_what_is_asked(self):
        port = self.lab.port
        head = lambda path, more: (f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{authorised()[0]}\r\n{more}\r\n\r\n").encode()
        def answer(sent, then=b""):
            with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
                connection.sendall(sent)
                for begin in range(0, len(then), MIB):
                    try:
                        connection.sendall(then[begin:begin + MIB])
                    except OSError:
                        break  # it was refused, and has waited long enough
                return int(connection.recv(1000).split()[1])
        length = lambda n: f"Content-Length: {n}"
        upload, runs = "/api/data?name=a.csv", "/api/runs"
        for path, size, status in [(upload, 64 * MIB + 1, 413), (runs, MIB + 1, 413), ("/api/data/x", MIB + 1, 413),
                                   ("/api/datax?name=a.csv", MIB + 1, 413), (upload, 10 ** 18, 413)]:
            self.assertEqual(answer(head(path, length(size))), status, path)  # on the head alone
        self.assertEqual(answer(head(runs, length(2 * MIB)), b"x" * 2 * MIB), 413)
        self.assertEqual(answer(head(upload, length(2 * MIB)), b"x" * 2 * MIB), 400)  # taken, but no table
        chunk = b"%x\r\n" % MIB + b"x" * MIB + b"\r\n"
        self.assertEqual(answer(head(runs, "Transfer-Encoding: chunked"), chunk * 2), 413)
        self.assertEqual(answer(head(upload, "Transfer-Encoding: chunked"), chunk * 2 + b"0\r\n\r\n"), 400)
        self.assertEqual(answer(head(upload, length(5) + "\r\nExpect: 100-continue")), 100)
        stranger = head(upload, length(60 * MIB)).replace(TOKEN.encode(), b"wrong")
        self.assertEqual(answer(stranger), 401)  # nobody waits for the body of one who may not ask
        self.assertEqual(self.kept(), [])

    def test_a_large_table_is_taken(self):
        random = drawn_random("large table")
        rows = 20_000 if os.environ.get("LIMN_SANITIZE") else 200_000
        lines = ["a,b,c"] + [f"{random.random():.6f},{random.random():.6f},{random.random():.6f}" for _ in range(rows)]
        self.assertEqual(self.upload("large.csv", "\n".join(lines))["rows"], rows)

    def test_damaged_uploads_and_messages_leave_the_lab_alive(self):
        random = drawn_random("damaged uploads")
        whole = [("a.csv", flowers().encode()), ("a.csv.gz", gzip.compress(points(random).encode())), ("a.tsv", b"a\tb\n1\t2\n"),
                 ("a.npz", npz(x=npy("<f4", (40, 3), bytes(480)), y=npy("|u1", (40,), bytes(i % 2 for i in range(40)))))]
        accepted = 0
        for _ in range(700):
            name, content = random.choice(whole)
            damaged = bytearray(content)
            for _ in range(random.randint(1, 6)):
                kind, at = random.randrange(4), random.randrange(len(damaged))
                if kind == 0:
                    damaged[at] = random.randrange(256)
                elif kind == 1:
                    del damaged[at:at + random.randrange(1, 30)]
                elif kind == 2:
                    damaged[at:at] = random.choice([b",", b'"', b"\n", b"\x00", b"\xff", b"1e400", b"\xf0\x9f\x8c\xb7"])
                else:
                    damaged[at:at] = damaged[at:at + random.randrange(60)]
                if not damaged:
                    damaged = bytearray(b"x")
            name = "".join(random.choice([c, "%", "\x01", "/", "é"]) if random.random() < 0.02 else c for c in name)
            status, answer = self.send(name, bytes(damaged))
            self.assertIn(status, (201, 400), (name, answer))
            accepted += status == 201
            self.assertTrue(status == 201 or (answer["error"] and answer["hint"]), answer)
        run = self.lab.create(settings=SETTINGS, steps=50)["id"]
        methods = ["GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"]
        paths = ["/api/data", "/api/data/", "/api/data/x", "/api/data/%", "/api/data/%zz", "/api/runs/nothing", "/api/storage", "/api/",
                 "/api/data/" + "%ff" * 50, "/api/data?name", "/api/data?name=%", f"/api/runs/{run}/command", "/api/runs//", "/nothing/%ff"]
        for _ in range(300):
            body = bytes(random.randrange(256) for _ in range(random.randrange(200)))
            status, answer = self.lab.request(random.choice(methods), random.choice(paths), body)
            self.assertTrue(status == 200 or (400 <= status < 500 and answer["error"] and answer["hint"]), (status, answer))
        self.assertEqual(len(self.kept()), len({s["name"] for s in self.lab.get("/api/data")["data"] if s.get("uploaded")}))
        self.assertLessEqual(len(self.kept()), accepted)
        self.assertEqual(self.lab.do(run, "step", count=50)["state"], "done")


class Removing(UploadTest):
    def test_an_upload_goes_when_no_run_needs_it(self):
        data = self.upload("points.csv", points(drawn_random("removing")))["name"]
        run = self.lab.create(data=data, steps=50)["id"]
        self.assertIn(run, self.refused(409, "DELETE", f"/api/data/{data}")["error"])
        self.assertEqual(self.lab.request("DELETE", f"/api/runs/{run}"), (200, {"removed": run}))
        self.assertEqual(self.lab.request("DELETE", f"/api/data/{data}"), (200, {"removed": data}))
        self.refused(404, "DELETE", f"/api/data/{data}")
        self.refused(404, "GET", f"/api/data/{data}")
        self.refused(400, "POST", "/api/runs", json.dumps({"experiment": "mlp", "data": data}))
        self.refused(404, "DELETE", "/api/data/iris")
        self.assertEqual(self.kept(), [])

    def test_a_run_goes_and_its_branch_stays(self):
        run = self.lab.create(settings=SETTINGS, steps=10**7)["id"]
        there = self.lab.do(run, "step", count=60)["fingerprint"]
        branch = self.lab.do(run, "branch", step=40)["id"]
        stream, both = self.stream(), self.stream()
        stream.send(json.dumps({"watch": run, "views": []}))
        both.send(json.dumps({"watch": branch, "views": []}))
        both.send(json.dumps({"watch": run, "views": []}))
        for frames in stream.frames(), both.frames():
            next(head for head, _ in frames if head["run"] == run)  # a watch is at work once its first frame is here
        self.lab.do(run, "play")
        self.assertEqual(self.lab.request("DELETE", f"/api/runs/{run}"), (200, {"removed": run}))
        for one in stream, both:
            one.send("no message")
            heads = []
            for head, _ in one.frames():
                heads.append(head)
                if head["kind"] == "error":  # the refusal of what was sent last
                    break
            self.assertEqual([head["run"] for head in heads if head["kind"] == "closed"], [run])
        self.refused(404, "GET", f"/api/runs/{run}")
        self.refused(404, "DELETE", f"/api/runs/{run}")
        self.assertEqual([r["id"] for r in self.lab.get("/api/runs")["runs"]], [branch])
        self.assertEqual([p.name for p in (self.folder / "runs").iterdir() if p.name.endswith(run)], [])
        self.assertEqual(self.lab.do(branch, "step", count=20)["fingerprint"], there)
        self.assertEqual(self.lab.stop(), 0)
        replayed = self.limn("replay", self.folder_of(branch), "--step", 60, "--json", "--threads", 1)
        self.assertEqual(replayed.done["fingerprint"], there)

    def test_a_branch_that_is_removed_leaves_its_parents_list(self):
        run = self.lab.create(settings=SETTINGS, steps=100)["id"]
        branch = self.lab.do(run, "branch")["id"]
        self.assertEqual([b["id"] for b in self.lab.get(f"/api/runs/{run}")["branches"]], [branch])
        self.lab.request("DELETE", f"/api/runs/{branch}")
        self.assertEqual(self.lab.get(f"/api/runs/{run}")["branches"], [])


class Limits(UploadTest):
    def test_runs_branches_and_uploads_over_the_quota_are_refused(self):
        self.lab.stop()
        self.lab = self.open_lab("--quota", "300K")
        table = points(drawn_random("quota"))
        run = self.lab.create(settings=SETTINGS, steps=100)["id"]
        storage = self.lab.get("/api/storage")
        self.assertEqual((storage["allowed"], storage["runs"]), (300 << 10, 1))
        on_disk = sum(p.stat().st_size for p in (self.folder / "runs").rglob("*") if p.is_file())
        self.assertEqual(storage["used"], on_disk)
        large = self.refused(507, "POST", "/api/data?name=a.csv", table * 200)  # before it is read
        self.assertEqual((large["used"], large["allowed"]), (on_disk, 300 << 10))
        self.assertIn("300.0 KiB", large["error"])
        self.assertIn("delete runs", large["hint"])
        filler = self.write("runs/filler", bytes(300 << 10))
        before = self.files()
        wish = json.dumps({"experiment": "mlp", "data": "spirals"})
        for path, body in [("/api/runs", wish), (f"/api/runs/{run}/command", '{"do": "branch"}'), ("/api/data?name=a.csv", table)]:
            self.refused(507, "POST", path, body)
        self.assertEqual(self.files(), before)
        self.assertEqual(self.lab.do(run, "step", count=10)["step"], 10)  # what is open trains on
        filler.unlink()
        self.upload("a.csv", table)
        self.lab.do(run, "branch")

    def test_a_disk_that_is_nearly_full_takes_nothing(self):
        mounted = self.folder / "disk"
        mounted.mkdir()
        script = 'mount -t tmpfs -o size=255m tmpfs "$0" && exec "$@"'
        namespaces = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, str(mounted)]
        if subprocess.run([*namespaces, "true"], capture_output=True).returncode != 0:
            self.skipTest("this machine lets nobody mount a small disk")
        start = lambda *arguments: subprocess.Popen([*namespaces, LIMN, *map(str, arguments)], stdout=subprocess.PIPE,
                                                    stderr=subprocess.PIPE, text=True)
        lab = Lab(start, mounted / "runs")
        self.addCleanup(lab.stop)
        for path, body in [("/api/runs", '{"experiment": "mlp", "data": "spirals"}'), ("/api/data?name=a.csv", flowers())]:
            self.assertIn("disk", self.refused(507, "POST", path, body, lab)["error"])
        self.assertLess(lab.get("/api/storage")["free"], 256 * MIB)

    def test_a_folder_takes_so_many_runs(self):
        run = self.lab.create(settings=SETTINGS, steps=100)["id"]
        most = self.lab.get("/api/storage")["most_runs"]
        for i in range(most - 2):
            self.write(f"runs/filler-{i}/run.json", "{}")
        self.assertEqual(self.lab.get("/api/storage")["runs"], most - 1)
        last = self.lab.do(run, "branch")["id"]
        wish = json.dumps({"experiment": "mlp", "data": "spirals"})
        for path, body in [("/api/runs", wish), (f"/api/runs/{run}/command", '{"do": "branch"}')]:
            self.assertIn(str(most), self.refused(507, "POST", path, body)["error"])
        self.lab.request("DELETE", f"/api/runs/{last}")
        self.lab.do(run, "branch")

    def test_sizes_are_read_as_they_are_written(self):
        for text, bytes_ in [("2", 2 << 30), ("1.5G", 3 << 29), ("500M", 500 << 20), ("64k", 64 << 10), ("1TiB", 1 << 40)]:
            lab = self.open_lab("--quota", text)
            self.assertEqual(lab.get("/api/storage")["allowed"], bytes_, text)
            lab.stop()
        for text in ["", "x", "0", "-1G", "2X", "2GB", "G", "1e3", "inf", "nan", "99999999999T"]:
            result = self.run_limn("lab", "--no-open", f"--quota={text}")
            self.assertEqual(result.status, 2, (text, result.err))


if __name__ == "__main__":
    unittest.main()
