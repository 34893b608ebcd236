"""The lab as its tests see it: start it, ask it over HTTP, watch it over a WebSocket. Standard library only."""
import base64
import copy
import http.client
import json
import os
import socket
import struct
import urllib.parse


TOKEN = "test-token"


class Lab:
    """`limn lab` on a free port, in a folder of runs. With `students` of a class their spaces are in `students`."""

    def __init__(self, start, folder, *arguments, students=0):
        self.root, self.token = "", TOKEN
        self.process = start("lab", "--no-open", "--json", "--port", 0, "--token", TOKEN, "--runs", folder, *arguments)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.communicate()[1])
        self.port = json.loads(line)["port"]
        self.students = {}
        for _ in range(students):
            event = json.loads(self.process.stdout.readline())
            self.students[event["name"]] = self.of(event["url"])

    def of(self, link):
        """The lab as that link shows it."""
        url, other = urllib.parse.urlsplit(link), copy.copy(self)
        other.root, other.token = url.path.rstrip("/"), urllib.parse.parse_qs(url.query)["token"][0]
        return other

    def stream(self):
        return Stream(self.port, [f"Authorization: Bearer {self.token}"], self.root + "/api/stream")

    def request(self, method, path, body=None, headers=None):
        """The status and the JSON of the answer."""
        status, text = self.raw(path, method, body, headers)
        return status, json.loads(text)

    def raw(self, path, method="GET", body=None, headers=None):
        """The status and the bytes of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.token}"} if headers is None else headers
        connection.request(method, self.root + path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, text

    def get(self, path):
        status, answer = self.request("GET", path)
        assert status == 200, answer
        return answer

    def post(self, path, wish):
        status, answer = self.request("POST", path, json.dumps(wish))
        assert status in (200, 201), answer
        return answer

    def create(self, data="spirals", **wish):
        return self.post("/api/runs", {"experiment": "mlp", "data": data, **wish})

    def do(self, run, do, **more):
        return self.post(f"/api/runs/{run}/command", {"do": do, **more})

    def quantity(self, run, step, name):
        return self.get(f"/api/runs/{run}/steps/{step}/quantities/{urllib.parse.quote(name, safe='')}")

    def stop(self):
        """Asks it to end; its exit status."""
        self.process.terminate()
        try:
            self.process.communicate(timeout=60)
        finally:
            self.process.kill()
        return self.process.returncode


class Stream:
    """The WebSocket of the lab: RFC 6455, just what these tests need."""

    def __init__(self, port, headers=(), path="/api/stream"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", *headers]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        while self.file.readline().strip():
            pass

    def send(self, message, opcode=1):
        data = message if isinstance(message, bytes) else message.encode()
        mask = os.urandom(4)
        size = len(data)
        length = bytes([0x80 | size]) if size < 126 else bytes([0xFE]) + struct.pack(">H", size) \
            if size < 65536 else bytes([0xFF]) + struct.pack(">Q", size)
        self.socket.sendall(bytes([0x80 | opcode]) + length + mask +
                            bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def receive(self, arrays=True):
        """The head of the next frame and its arrays by name, or their bytes; None where the server closed."""
        first = self.file.read(2)
        if len(first) < 2 or first[0] & 15 == 8:
            return None
        size = first[1] & 127
        if size == 126:
            size = struct.unpack(">H", self.file.read(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.file.read(8))[0]
        data = self.file.read(size)
        if first[0] & 15 == 9:  # ping
            self.send(data, opcode=10)
            return self.receive(arrays)
        length = struct.unpack("<I", data[:4])[0]
        head, payload = json.loads(data[4:4 + length]), data[4 + length:]
        if not arrays:
            return head, payload
        arrays = {}
        for array in head["arrays"]:
            count = 1
            for n in array["shape"]:
                count *= n
            kind = {"f32": "f", "i32": "i", "i8": "b", "u8": "B"}[array["type"]]
            arrays[array["name"]] = struct.unpack_from(f"<{count}{kind}", payload, array["offset"])
        return head, arrays

    def frames(self):
        """Every frame from now on, each acknowledged."""
        while (frame := self.receive()) is not None:
            self.send(json.dumps({"ack": frame[0]["frame"]}))
            yield frame

    def states(self, run, **more):
        """Watches the run: its whole STATE, without evaluations, after every frame that changed it."""
        self.send(json.dumps({"watch": run, "views": [], **more}))
        state = {}
        for head, _ in self.frames():
            if head["kind"] == "state" and head["run"] == run:
                if head["whole"] or state:  # else it belongs to what was watched before
                    state = head["state"] if head["whole"] else {**state, **head["state"]}
                    yield state

    def close(self):
        self.file.close()
        self.socket.close()


def authorised():
    return [f"Authorization: Bearer {TOKEN}"]


