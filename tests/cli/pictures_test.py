"""Pictures in folders, plain and as .zip: trained on, asked about one by one, and refused by name."""
import base64
import io
import json
import os
import statistics
import struct
import unittest
import zipfile
import zlib

from lab import Lab
from program import SANITIZED, ProgramTest, drawn_random

KINDS = {1: 0, 2: 4, 3: 2, 4: 6}  # channels: PNG's colour type


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, pixels, rows=None):
    """8 bits a channel; `rows`: only so many of them are written."""
    channels = len(pixels) // (width * height)
    row = width * channels
    raw = b"".join(b"\0" + bytes(pixels[y * row:(y + 1) * row]) for y in range(height if rows is None else rows))
    head = struct.pack(">IIBBBBB", width, height, 8, KINDS[channels], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


# A grey JPEG of 9x7 pixels, all 70, as libjpeg writes it.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQH/"
    "wAALCAAHAAkBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEI"
    "I0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ip"
    "qrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APwvor//2Q==")


def animated(file, pixels):
    """The PNG with a second frame, an APNG: what knows no animation shows the first."""
    control = struct.pack(">II", 2, 0)
    frame = struct.pack(">IIIIIHHBB", 0, 9, 7, 0, 0, 1, 10, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + bytes(pixels[y * 9:(y + 1) * 9]) for y in range(7)))
    at, end = file.index(b"IDAT") - 4, file.index(b"IEND") - 4
    return (file[:at] + chunk(b"acTL", control) + chunk(b"fcTL", frame) + file[at:end] +
            chunk(b"fcTL", struct.pack(">I", 1) + frame[4:]) + chunk(b"fdAT", struct.pack(">I", 2) + rows) + file[end:])


def bad_pictures(random):
    """Files that are no pictures which can be used, and what is said of each."""
    noise = [random.randrange(256) for _ in range(100 * 256)]
    sized = lambda w, h: b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 0, 0, 0, 0)) + chunk(b"IDAT", b"x")
    head = JPEG.index(b"\xff\xc0")
    return {
        "a.gif": (b"GIF89a" + bytes(20), "is a GIF picture, which is not read"),
        "b.png": (b"GIF89a" + bytes(20), "is a GIF picture"),
        "c.webp": (b"RIFF\0\0\0\0WEBPVP8 ", "is a WebP picture"),
        "d.png": (b"RIFF\0\1\0\0WEBPVP8X\x0a\0\0\0\2" + bytes(9) + b"ANIM" + bytes(30), "is a WebP picture"),
        "e.png": (b"\0\0\0\x18ftypheic" + bytes(20), "is a HEIC picture"),
        "f.jpg": (b"hello", "is no picture"),
        "g.png": (b"{}", "is no picture"),
        "h.png": (b"", "is no picture"),
        "i.png": (png(100, 256, noise)[:14_000], "the picture is damaged at row "),
        "j.png": (png(100, 256, noise, rows=120), "the picture is damaged at row 121 of 256"),
        "k.png": (png(9, 7, [1] * 63)[:30], "the picture is damaged in its head"),
        "l.jpg": (b"\xff\xd8\xff\xe0\0\x10JFIF", "the picture is damaged or cut short"),
        "m.jpg": (JPEG[:-12], "the picture is damaged or cut short"),
        "n.jpg": (JPEG[:head + 4] + b"\x0c" + JPEG[head + 5:], "is a JPEG of 12 bits, which is not read"),
        "o.png": (sized(70_000, 9), "has 70000x9 pixels, which is too large"),
        "p.png": (sized(10_000, 10_000), "has 10000x10000 pixels, which is too large"),
        "q.png": (sized(0, 3), "the picture is damaged in its head"),
        "r.bmp": (b"BM" + bytes(60), "is a BMP picture"),
        "s.txt": (b"x", "is no picture by its name"),
    }


def archive(files, method=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as out:
        for name, content in files.items():
            out.writestr(zipfile.ZipInfo(name), content, method)
    return file.getvalue()


def pets(random, count=30, width=9, height=7, channels=1, prefix="", classes=("cats", "dogs")):
    """Dark cats and bright dogs."""
    def picture(k):
        return [min(255, max(0, round(random.gauss(70 + 100 * k, 40)))) for _ in range(width * height * channels)]
    return {f"{prefix}{name}/{i:03}.png": png(width, height, picture(k)) for k, name in enumerate(classes) for i in range(count)}


def renamed(raw, with_, content):
    """The archive with other bytes for a name of the same length, as a program of another time would write it."""
    assert len(raw) == len(with_)
    return content.replace(raw, with_)


class Pictures(ProgramTest):
    def lab(self):
        lab = Lab(self.start, self.folder / "runs")
        self.addCleanup(lab.stop)
        return lab

    def unpacked(self, files, folder):
        for name, content in files.items():
            self.write(f"{folder}/{name}", content)

    def test_a_folder_an_archive_and_an_upload_are_one_set(self):
        random = drawn_random("pets")
        files, seed = pets(random), random.randrange(1000)
        self.unpacked(files, "pets")
        self.write("pets/cats/.DS_Store", b"x")
        self.write("pets/Thumbs.db", b"x")
        wrapped = {"holiday/pets/" + name: content for name, content in files.items()}
        self.write("pets.zip", archive({**wrapped, "__MACOSX/holiday/pets/cats/._000.png": b"x"}, zipfile.ZIP_DEFLATED))
        steps = ["--steps", 30, "--seed", seed, "--set", "arch=dense 6 tanh | dense 2", "--set", "batch=16"]
        done = {data: self.train("--data", data, *steps, "--out", f"out-{i}").done for i, data in enumerate(["pets", "pets/", "pets.zip"])}
        self.assertEqual(len({d["fingerprint"] for d in done.values()}), 1)
        lab = self.lab()
        status, answer = lab.request("POST", "/api/data?name=pets.zip", archive(files))
        self.assertEqual(status, 201, answer)
        self.assertEqual((answer["kind"], answer["sample"], answer["classes"], answer["counts"], answer["notes"]),
                         ("images", [7, 9], ["cats", "dogs"], [30, 30], []))
        self.assertEqual([(p["file"], p["class"]) for p in answer["pictures"][:3]],
                         [("cats/000.png", "cats"), ("dogs/000.png", "dogs"), ("cats/001.png", "cats")])
        self.assertEqual(len(answer["pictures"]), 24)
        state = lab.create(answer["name"], seed=seed, steps=30, settings={"arch": "dense 6 tanh | dense 2", "batch": 16})
        self.assertEqual(lab.do(state["id"], "step", count=30)["fingerprint"], done["pets"]["fingerprint"])

    def test_predict_takes_one_picture_of_any_size_and_colour(self):
        random = drawn_random("predict")
        self.write("pets.zip", archive(pets(random, count=60)))
        self.train("--data", "pets.zip", "--steps", 600, "--set", "arch=dense 2", "--set", "optimizer=adam", "--set", "lr=0.02", "--out", "run")
        self.write("dark.png", png(30, 20, [40] * 600))
        self.write("bright.png", png(5, 5, [210, 210, 210] * 25))
        self.write("clear.png", png(4, 4, [0, 0] * 16))  # nothing but transparency: white
        answers = self.limn("predict", "run", "dark.png", "bright.png", "clear.png", "--json").of("prediction")
        self.assertEqual([a["label"] for a in answers], ["cats", "dogs", "dogs"])
        fresh = pets(random, count=20)
        self.write("fresh.zip", archive(fresh))
        self.assertGreater(self.limn("eval", "run", "--data", "fresh.zip", "--json").done["metrics"]["test.accuracy"], 0.9)
        self.write("flat.zip", archive({"a.png": png(9, 7, [70] * 63), "b.png": png(9, 7, [170] * 63)}))
        self.assertEqual([a["label"] for a in self.limn("predict", "run", "flat.zip", "--json").of("prediction")], ["cats", "dogs"])

    def test_pictures_are_brought_to_one_size(self):
        random = drawn_random("sizes")
        lab = self.lab()
        def sample(files):
            status, answer = lab.request("POST", "/api/data?name=a.zip", archive(files))
            self.assertEqual(status, 201, answer)
            return answer["sample"], answer["notes"]
        self.assertEqual(sample(pets(random, 6, 64, 40)), ([40, 64], []))
        self.assertEqual(sample(pets(random, 6, 9, 7, 3)), ([3, 7, 9], []))
        self.assertEqual(sample(pets(random, 6, 100, 80)), ([26, 32], ["all pictures are 100x80 and are resized to 32x26"]))
        damaged = {"cats/x.png": png(100, 256, random.choices(range(256), k=25_600), rows=99)}  # its size counts for nothing
        good = pets(random, 6, 64, 40)
        (_, with_), (_, without) = (lab.request("POST", "/api/data?name=a.zip", archive(files)) for files in ({**good, **damaged}, good))
        self.assertEqual(with_["notes"], ["left out: cats/x.png: the picture is damaged at row 100 of 256: Not enough image data"])
        self.assertEqual((with_["sample"], with_["pictures"]), ([40, 64], without["pictures"]))
        mixed = {**pets(random, 6, 10, 12), **pets(random, 4, 20, 16, classes=("birds", "fish"))}
        self.assertEqual(sample(mixed), ([12, 10], ["pictures of different sizes are resized to 10x12"]))
        grey = {name: png(4, 4, [v for v in random.choices(range(256), k=16) for _ in range(3)]) for name in pets(random, 6)}
        self.assertEqual(sample(grey)[0], [4, 4])  # colours that are all grey are one channel
        blocks = [v for y in range(80) for x in range(100) for v in [((y // 40) * 2 + x // 50) * 60]]
        status, answer = lab.request("POST", "/api/data?name=a.zip", archive({f"{c}/{i}.png": png(100, 80, blocks) for c in "ab" for i in range(4)}))
        pixels = bytes.fromhex(answer["pictures"][0]["pixels"])
        self.assertEqual([pixels[0], pixels[31], pixels[-32], pixels[-1]], [0, 60, 120, 180])

    def test_folders_named_train_valid_and_test_are_kept_apart(self):
        random = drawn_random("split")
        files = {**pets(random, 20, prefix="all/train/"), **pets(random, 5, prefix="all/val/"), **pets(random, 7, prefix="all/Test/")}
        self.write("pets.zip", archive(files))
        lab = self.lab()
        self.write("run.sh", "")
        status, answer = lab.request("POST", "/api/data?name=pets.zip", archive(files))
        self.assertEqual(status, 201, answer)
        state = lab.create(answer["name"], settings={"arch": "dense 2"})
        self.assertEqual(state["split"], {"train": 40, "valid": 10, "test": 14})
        state = lab.create(answer["name"], settings={"arch": "dense 2", "split": "0.5/0.25/0.25"})
        self.assertEqual(state["split"], {"train": 32, "valid": 16, "test": 16})

    def test_channels_are_normalised_by_the_training_pictures(self):
        random = drawn_random("channels")
        colours = [[random.randrange(256) for _ in range(9 * 7 * 3)] for _ in range(12)]
        for i, pixels in enumerate(colours):
            self.write(f"pets/{'train' if i < 8 else 'test'}/{'ab'[i % 2]}/{i}.png", png(9, 7, pixels))
            self.write(f"pets/valid/{'ab'[i % 2]}/{i}.png", png(9, 7, [0, 0, 255] * 63))
        self.train("--data", "pets", "--steps", 2, "--set", "arch=dense 2", "--set", "normalize=channels", "--set", "batch=4", "--out", "run")
        channels = json.loads((self.folder / "run/run.json").read_text())["preprocessing"]["channels"]
        for c, channel in enumerate(channels):
            values = [v / 255 for pixels in colours[:8] for v in pixels[c::3]]
            self.assertAlmostEqual(channel["mean"], statistics.fmean(values), delta=1e-6)
            self.assertAlmostEqual(channel["deviation"], statistics.pstdev(values), delta=1e-6)
        result = self.run_limn("train", "autoencoder", "--data", "pets", "--steps", 2, "--set", "arch=dense 2 tanh | dense 189",
                               "--set", "loss=cross-entropy", "--set", "normalize=channels")
        self.assertEqual((result.status, "wants numbers from 0 to 1" in result.err), (2, True), result.err)
        result = self.run_limn("train", "mlp", "--data", "spirals", "--steps", 2, "--set", "normalize=channels")
        self.assertEqual((result.status, "has no channels to normalise" in result.err), (2, True), result.err)

    def test_names_in_other_languages_are_kept(self):
        random = drawn_random("names")
        lab = self.lab()
        in_gbk = archive(pets(random, 6, classes=("aaaa", "dogs")))
        for content in archive(pets(random, 6, classes=("猫咪", "dogs"))), renamed(b"aaaa", "猫咪".encode("gbk"), in_gbk), \
                renamed(b"cats/", b"cats\\", archive(pets(random, 6))):
            status, answer = lab.request("POST", "/api/data?name=a.zip", content)
            self.assertEqual(status, 201, answer)
            self.assertIn(sorted(answer["classes"]), (["cats", "dogs"], ["dogs", "猫咪"]))

    def test_what_cannot_be_learned_from_is_refused_by_name(self):
        random = drawn_random("bad pictures")
        good = pets(random, 12)
        with_ = lambda **more: archive({**good, **{name.replace("__", "/").replace("_dot_", "."): c for name, c in more.items()}})
        bad = [
            ("nothing", archive({}), "holds no pictures"),
            ("other files", archive({"a/readme.txt": b"x"}), "holds no pictures, but 1 other files, the first a/readme.txt"),
            ("bad pictures only", archive({f"{c}/{i}.png": b"x" for c in "ab" for i in range(3)}),
             "holds no picture that can be read; 6 files were left out, the first: a/0.png is no picture"),
            ("a class that is left with one", with_(birds__1_dot_png=png(9, 7, [1] * 63), birds__2_dot_png=b"x"),
             "the class birds has one picture only: birds/1.png; 1 files were left out, the first: birds/2.png is no picture"),
            ("one class", archive(pets(random, 12, classes=("cats",))), "one class only: cats"),
            ("a class of one picture", with_(birds__1_dot_png=png(9, 7, [1] * 63)), "the class birds has one picture only: birds/1.png"),
            ("a picture in no folder", with_(x_dot_png=png(9, 7, [1] * 63)), "x.png lies in no folder"),
            ("too few", archive(pets(random, 2)), "too few"),
            ("a way out", with_(**{"..__cats__7_dot_png": png(9, 7, [1] * 63)}), "'../cats/7.png' points out of the archive"),
            ("an absolute way", with_(__cats__7_dot_png=png(9, 7, [1] * 63)), "'/cats/7.png' points out of the archive"),
            ("300 classes", archive({f"c{k:03}/{i}.png": png(2, 2, [k % 256] * 4) for k in range(300) for i in range(2)}), "300 classes"),
            ("a cut archive", archive(good)[:-40], "zip archive"),
            ("no archive", b"PK\x03\x04" + bytes(50), "zip archive"),
        ]
        lab = self.lab()
        for name, content, says in bad:
            with self.subTest(name):
                self.write("pets.zip", content)
                status, answer = lab.request("POST", "/api/data?name=pets.zip", content)
                self.assertEqual(status, 400, answer)
                self.assertIn(says, answer["error"])
                result = self.run_limn("train", "mlp", "--data", "pets.zip", "--steps", 2, "--out", "out")
                self.assertEqual(result.status, 2, result.out)
                self.assertEqual(result.err, f"error: {answer['error']}\nhint: {answer['hint']}\n")
        self.assertEqual([s["name"] for s in lab.get("/api/data")["data"] if s.get("uploaded")], [])

    def test_pictures_that_cannot_be_read_are_left_out_by_name_and_the_others_used(self):
        random = drawn_random("left out")
        good, steps = pets(random), ["--steps", 20, "--seed", random.randrange(1000), "--set", "arch=dense 4 tanh | dense 2"]
        good["cats/jpeg.png"] = JPEG  # read by what it is
        good["dogs/moves.png"] = animated(png(9, 7, [180] * 63), [0] * 63)
        bad = {f"cats/{name}": file for name, file in bad_pictures(random).items()}
        both = {**good, **{name: content for name, (content, _) in bad.items()}}
        damaged = archive(both)
        at = damaged.index(both["dogs/003.png"]) + 60  # stored, so its checksum tells
        damaged = damaged[:at] + bytes(10) + damaged[at + 10:]
        self.write("good.zip", archive(good))
        self.write("bad.zip", archive(both))
        self.unpacked(both, "bad")
        self.write("damaged.zip", damaged)
        expected = self.train("--data", "good.zip", *steps, "--out", "good-run")
        self.assertEqual(expected.of("note"), [])
        for data in "bad", "bad.zip":
            result = self.train("--data", data, *steps, "--out", f"{data}-run")
            self.assertEqual(result.done["fingerprint"], expected.done["fingerprint"])
            self.check_notes([n["text"] for n in result.of("note")], bad)
        people = self.limn("train", "mlp", "--data", "bad.zip", "--steps", 1)
        self.check_notes([line[6:] for line in people.err.splitlines()], bad)
        notes = [n["text"] for n in self.train("--data", "damaged.zip", *steps, "--out", "damaged-run").of("note")]
        self.check_notes(notes, {**bad, "dogs/003.png": (b"", "damaged")})
        status, answer = self.lab().request("POST", "/api/data?name=bad.zip", archive(both))
        self.assertEqual((status, answer["counts"]), (201, [31, 31]), answer)
        self.check_notes(answer["notes"], bad)

        said = self.limn("predict", "good-run", "bad.zip", "--json")
        self.check_notes([n["text"] for n in said.of("note")], bad)
        self.assertEqual([p["picture"] for p in said.of("prediction")], sorted(good))
        for name, (content, says) in bad.items():
            if name.endswith((".png", ".jpg")):  # alone there is no other to go on with
                self.write("alone.png", content)
                result = self.run_limn("predict", "good-run", "alone.png")
                self.assertEqual((result.status, result.out, "alone.png" in result.err, says in result.err), (2, "", True, True), result.err)

    def check_notes(self, notes, bad):
        self.assertEqual(len(notes), len(bad), notes)
        for name, (_, says) in bad.items():
            self.assertEqual([says in note for note in notes if f"{name}" in note], [True], (name, notes))
            self.assertTrue(all(note.startswith("left out: ") for note in notes))

    def test_a_large_picture_takes_bounded_memory(self):
        random = drawn_random("memory")
        self.unpacked({**pets(random, 8), "cats/large.png": png(8192, 8192, bytes(8192 * 8192)),
                       "dogs/larger.png": png(10_000, 10_000, bytes(10 ** 8))}, "pets")
        program = self.start("train", "mlp", "--data", "pets", "--steps", 2, "--json", "--set", "arch=dense 2")
        out = program.stdout.read()
        _, status, used = os.wait4(program.pid, 0)
        program.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(program.returncode, 0, program.stderr.read())
        program.stdout.close(), program.stderr.close()
        self.assertIn("dogs/larger.png has 10000x10000 pixels, which is too large", out)
        if not SANITIZED:
            self.assertLess(used.ru_maxrss, 420 << 10)  # KiB; 4 bytes a pixel of the large one are 256 MiB

    def test_archives_that_unpack_to_too_much_are_refused_before_they_are_read(self):
        lab = self.lab()
        bomb = archive({f"{c}/{i}.png": bytes(20 << 20) for c in "ab" for i in range(3)}, zipfile.ZIP_DEFLATED)
        self.assertLess(len(bomb), 1 << 20)
        status, answer = lab.request("POST", "/api/data?name=a.zip", bomb)
        self.assertEqual(status, 400)
        wide = png(8192, 8192, bytes(8192 * 8192))
        pixels = archive({f"{c}/{i}.png": wide for c in "ab" for i in range(5)})
        status, answer = lab.request("POST", "/api/data?name=a.zip", pixels)
        self.assertEqual((status, "pixels" in answer["error"]), (400, True), answer)


if __name__ == "__main__":
    unittest.main()
