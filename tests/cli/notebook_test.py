"""The lab's notebook: what it takes and refuses, and that nothing it acknowledged is lost or torn."""
import json
import re
import unittest

from lab import Lab
from program import ProgramTest


class NotebookTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "runs" / "notebook.jsonl"
        self.lab = self.open_lab()

    def open_lab(self):
        lab = Lab(self.start, self.folder / "runs")
        self.addCleanup(lab.stop)
        return lab

    def entries(self):
        return self.lab.get("/api/notebook")["entries"]

    def note(self, **members):
        return self.lab.post("/api/notebook", members)

    def test_entries_come_back_in_order_as_they_were_posted(self):
        self.assertEqual(self.entries(), [])
        posted = [{"kind": "guess", "task": "t" * 64, "guess": 0.1}, {"kind": "note", "note": "é" * 2000},
                  {"kind": "truth", "run": "0123", "step": 10**12, "guess": "tanh", "truth": -1e300, "right": False}]
        told = [self.note(**entry, other="means nothing") for entry in posted]
        for n, (entry, answer) in enumerate(zip(posted, told), 1):
            self.assertRegex(answer["at"], re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"))
            self.assertEqual(answer, {**entry, "n": n, "at": answer["at"]})
        self.assertEqual(self.entries(), told)
        self.assertEqual([json.loads(line) for line in self.file.read_text().splitlines()], told)

    def test_what_is_no_entry_is_refused_and_adds_nothing(self):
        for body in [{}, {"kind": "thought"}, {"kind": 1}, {"kind": "note", "note": "x" * 4001}, {"kind": "note", "note": 3},
                     {"kind": "guess", "task": "t" * 65}, {"kind": "guess", "guess": [1]}, {"kind": "guess", "step": -1},
                     {"kind": "guess", "step": 1.5}, {"kind": "truth", "right": "yes"}, {"kind": "guess", "run": {}}]:
            status, answer = self.lab.request("POST", "/api/notebook", json.dumps(body))
            self.assertEqual((status, sorted(answer)), (400, ["error", "hint"]), body)
        for body in ["", "[]", '{"kind": "note", "note": "\udcff"}'.encode("utf-8", "surrogateescape"),
                     '{"kind": "guess", "guess": 1e999}']:
            self.assertEqual(self.lab.request("POST", "/api/notebook", body)[0], 400, body)
        self.assertEqual(self.entries(), [])
        self.assertFalse(self.file.exists())

    def test_what_was_acknowledged_is_there_after_kill_and_what_was_torn_is_not(self):
        told = [self.note(kind="note", note=str(n)) for n in range(20)]
        self.lab.process.kill()
        self.lab.process.communicate()
        whole = self.file.read_bytes()
        for torn in [b'{"n": 21, "kind": "no', b'{"n": 21, "kind": "note"}' + b" " * 300]:  # no line's end: it was never acknowledged
            self.file.write_bytes(whole + torn)
            self.lab = self.open_lab()
            self.assertEqual(self.entries(), told)
            told.append(self.note(kind="note", note="on"))
            self.assertEqual((told[-1]["n"], self.entries()), (len(told), told))
            self.assertEqual(self.lab.stop(), 0)
            whole = self.file.read_bytes()
            self.assertEqual([json.loads(line) for line in whole.splitlines()], told)
        self.file.write_bytes(whole.replace(b'"n":3,', b'"n":3 ', 1))  # damage inside hides no other entry
        self.lab = self.open_lab()
        self.assertEqual(self.entries(), [entry for entry in told if entry["n"] != 3])
        self.assertEqual(self.note(kind="note")["n"], len(told) + 1)

    def test_holds_5000(self):
        self.lab.stop()
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text("".join(f'{{"n":{n},"at":"2026-01-01T00:00:00Z","kind":"note"}}\n' for n in range(1, 5000)))
        self.lab = self.open_lab()
        self.assertEqual(self.note(kind="note")["n"], 5000)
        status, answer = self.lab.request("POST", "/api/notebook", '{"kind": "note"}')
        self.assertEqual(status, 400, answer)
        self.assertEqual(len(self.entries()), 5000)

    def test_a_file_that_cannot_be_written_is_an_answer(self):
        self.file.mkdir(parents=True)
        for method, body in [("GET", None), ("POST", '{"kind": "note"}')]:
            status, answer = self.lab.request(method, "/api/notebook", body)
            self.assertEqual(status, 400)
            self.assertIn("notebook.jsonl", answer["error"])


if __name__ == "__main__":
    unittest.main()
