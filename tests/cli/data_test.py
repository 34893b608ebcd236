"""`limn data`: the list, what a set is, and downloads from a server on this machine that breaks in every way servers break."""
import http.server
import os
import re
import shutil
import socket
import threading
import unittest
from pathlib import Path

from program import ProgramTest

CURL = shutil.which("curl")


class Server(http.server.ThreadingHTTPServer):
    """Serves `files`; `manner` says how badly; `asked` is what it was asked: (path, Range header)."""
    daemon_threads = True

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.manner, self.asked = files, "well", []
        self.release = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        server, manner = self.server, self.server.manner
        wanted = self.headers.get("Range")
        server.asked.append((self.path, wanted))
        content = server.files.get(self.path)
        if content is None or manner == "503":
            self.send_response(404 if manner != "503" else 503)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        first = int(re.fullmatch(r"bytes=(\d+)-", wanted).group(1)) if wanted and manner != "no ranges" else 0
        if first > 0 and first >= len(content):
            self.send_response(416)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - first))
        self.end_headers()
        rest = content[first:]
        if manner == "breaks" or (manner == "breaks once" and len(server.asked) == 1):
            rest = rest[:100] if first < 400 or manner == "breaks once" else b""
            self.close_connection = True
        if manner == "stalls":
            self.wfile.write(rest[:10])
            self.wfile.flush()
            server.release.wait(60)
            self.close_connection = True
            return
        if manner == "flips":
            rest = bytes([rest[0] ^ 1]) + rest[1:]
        self.wfile.write(rest)


@unittest.skipUnless(CURL, "curl is not installed")
class Download(ProgramTest):
    """Every download here is of the set iris, from a mirror; no package client is in PATH, no other address answers."""

    @classmethod
    def setUpClass(cls):
        found = Path(os.environ.get("LIMN_DATA") or Path.home() / ".cache/limn") / "iris" / "iris.csv"
        if not found.is_file():
            raise unittest.SkipTest("iris is not in the cache (limn data get iris)")
        cls.iris = found.read_bytes()

    def setUp(self):
        super().setUp()
        (self.folder / "bin").mkdir()
        (self.folder / "bin/curl").symlink_to(CURL)
        self.cache = self.folder / "cache"
        self.server = Server({"/iris/iris.csv": self.iris})
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.addCleanup(self.server.release.set)

    def get(self, name="iris", **more):
        nowhere = "http://127.0.0.1:1"
        environment = {"PATH": str(self.folder / "bin"), "HOME": str(self.folder), "LIMN_DATA": str(self.cache),
                       "LIMN_MIRROR": self.server.address, "LIMN_TIMEOUT": "1", "http_proxy": nowhere,
                       "https_proxy": nowhere, "no_proxy": "127.0.0.1", **more}
        return self.run_limn("data", "get", name, env=environment)

    def fails(self, says, status=1, **more):
        result = self.get(**more)
        self.assertEqual(result.status, status, result.err)
        lines = [line for line in result.err.splitlines() if line.startswith(("error: ", "hint: "))]
        self.assertEqual([line.split(":")[0] for line in lines], ["error", "hint"], result.err)
        for word in [says] if isinstance(says, str) else says:
            self.assertIn(word, result.err)
        self.assertFalse((self.cache / "iris").exists())
        return result

    def succeeds(self, **more):
        result = self.get(**more)
        self.assertEqual(result.status, 0, result.err)
        self.assertEqual((self.cache / "iris/iris.csv").read_bytes(), self.iris)
        self.assertEqual([p.name for p in self.cache.iterdir() if p.suffix != ".lock"], ["iris"])
        return result

    def test_takes_the_set_from_a_mirror_once(self):
        self.succeeds()
        self.succeeds()
        self.assertEqual(self.server.asked, [("/iris/iris.csv", None)])

    def test_goes_on_where_the_connection_broke(self):
        self.server.manner = "breaks once"
        self.assertIn("from byte 100", self.succeeds().err)
        self.assertEqual(self.server.asked, [("/iris/iris.csv", None), ("/iris/iris.csv", "bytes=100-")])

    def test_keeps_what_came_for_the_next_call(self):
        self.server.manner = "breaks"  # after 100 bytes each time, and for good at 400
        self.fails(["goes on where it stopped", "drawn-digits"])
        self.server.manner = "well"
        self.server.asked.clear()
        self.succeeds()
        self.assertEqual(self.server.asked, [("/iris/iris.csv", "bytes=400-")])

    def test_starts_again_where_the_server_cannot_go_on(self):
        self.server.manner = "breaks"
        self.fails("goes on where it stopped")
        self.server.manner = "no ranges"
        self.succeeds()

    def test_refuses_other_content_and_keeps_none_of_it(self):
        self.server.manner = "flips"
        self.fails(["SHA-256", "not the expected file"])
        self.server.manner = "well"
        self.server.asked.clear()
        self.succeeds()
        self.assertEqual(self.server.asked, [("/iris/iris.csv", None)])

    def test_takes_a_part_that_is_whole_and_refuses_one_of_another_file(self):
        part = self.cache / ".iris.download/iris.csv.part"
        for content, whole in ((self.iris, True), (b"x" * 50, False), (self.iris + b"and more", False)):
            shutil.rmtree(self.cache, ignore_errors=True)
            part.parent.mkdir(parents=True)
            part.write_bytes(content)
            if not whole:
                self.fails("SHA-256")
            self.succeeds()

    def test_does_not_wait_for_a_server_that_stalls(self):
        self.server.manner = "stalls"
        self.fails("too slow")

    def test_names_what_went_wrong_and_the_sets_that_need_no_network(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            refused = f"http://127.0.0.1:{closed.getsockname()[1]}"
            self.fails(["onnect", "drawn-digits", "spirals"], LIMN_MIRROR=refused)
        self.server.files.clear()
        self.fails(["404", "apt-get is not installed", "drawn-digits"])
        self.server.manner = "503"
        self.fails("503")

    def test_wants_curl_a_sound_address_and_a_sound_timeout(self):
        self.fails("neither http nor https", LIMN_MIRROR="ftp://127.0.0.1")
        self.fails("LIMN_TIMEOUT", LIMN_TIMEOUT="soon")
        (self.folder / "bin/curl").unlink()
        self.fails("curl is not installed")


class Catalogue(ProgramTest):
    def test_lists_every_set_with_what_it_is(self):
        sets = self.limn("data", "list", "--json").events
        names = [s["name"] for s in sets]
        for name in ("mnist", "wine", "concrete", "ames", "drawn-digits", "waves"):
            self.assertIn(name, names)
        for s in sets:
            with self.subTest(name=s["name"]):
                self.assertTrue(s["summary"] and s["summary_zh"] and s["licence"] and s["home"])
                self.assertEqual(bool(s["files"]), not s["built_in"])
                self.assertEqual(s["task"] == "classify", len(s["classes"]) > 1)
                for file in s["files"]:
                    self.assertRegex(file["sha256"], "^[0-9a-f]{64}$")
                self.assertEqual(self.limn("data", "info", s["name"], "--json").events, [s])
                self.assertIn(s["licence"], self.limn("data", "info", s["name"]).out)

    def test_a_regression_set_of_its_own_is_learned(self):
        done = self.train("--data", "waves", "--epochs", 20).done
        self.assertGreater(done["metrics"]["test.r2"], 0.7)

    def test_drawn_digits_are_learned(self):
        done = self.train("--data", "drawn-digits", "--epochs", 2, "--set", "arch=dense 32 relu | dense 10").done
        self.assertGreater(done["metrics"]["test.accuracy"], 0.8)
