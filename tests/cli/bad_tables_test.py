"""Tables with one mistake each: the command line and the lab say where it is, by line, column, name and cell. And tables
that look odd but are read as anybody would expect."""
import gzip
import unittest

from lab import Lab
from lab_upload_test import npy, npz
from program import ProgramTest

GOOD = [f"{i / 4},{(i * 7 % 30) / 3 + 0.01:.2f},{'ab'[i % 2]}" for i in range(30)]  # lines 2 to 31


def table(*rows, header="size,price,kind"):
    return "\n".join([header, *rows]) + "\n"


def at(line, text, header="size,price,kind"):
    """The good table with another text in that line, or behind its end."""
    rows = list(GOOD)
    rows[line - 2:line - 1] = [text]
    return table(*rows, header=header)


def cell(line, column, text):
    cells = GOOD[line - 2].split(",")
    cells[column - 1] = text
    return at(line, ",".join(cells))


def utf16(text, order, mark):
    return (mark + text).encode("utf-16-" + order)


WIDE = ",".join(["1"] * 70_000)

# name, bytes, line, column (0: none), column's name, what the cell is (None: not looked at), what the message says
PLACED = [
    ("too many cells", at(10, "1,2,a,4"), 10, 4, "", "4", "4 cells, but the lines before it have 3"),
    ("too few cells", at(12, "1,2"), 12, 3, "kind", "", "2 cells"),
    ("one cell only", at(31, "1"), 31, 2, "price", "", "1 cells"),
    ("a longer first row", table(*GOOD, header="size,price,kind,more"), 2, 4, "more", "", "3 cells"),
    ("an open quote", at(7, '1,"2,a'), 7, 2, "price", None, "never closed"),
    ("an open quote at the end", table(*GOOD) + '1,2,"a', 32, 3, "kind", "a", "never closed"),
    ("text behind a quote", at(7, '1,"2"3,a'), 7, 2, "price", "2", "closing quote"),
    ("text behind a quoted name", table(*GOOD, header='"size"x,price,kind'), 1, 1, "", "size", "closing quote"),
    ("behind a quoted line end", at(7, '1,2,"a\nb"').replace(GOOD[8], "1,x,a"), 11, 2, "price", "x", "not a number"),
    ("a zero byte", at(9, "1,\x002,a"), 9, 2, "", None, "byte 3 of the line is zero"),
    ("latin-1", at(9, "1,2,d").encode().replace(b"1,2,d", b"1,2,d\xe9j\xe0 vu"), 9, 3, "", None, "byte 6 of the line, 0xe9, is not UTF-8"),
    ("GBK", at(9, "1,2,d").encode().replace(b"1,2,d", b"1,2," + "狗".encode("gbk")), 9, 3, "", None, "byte 5 of the line, 0xb9"),
    ("half a surrogate", at(9, "1,2,d").encode().replace(b"1,2,d", b"1,\xed\xa0\x80,d"), 9, 2, "", None, "0xed"),
    ("UTF-16 with a mark", utf16(table(*GOOD), "le", "\ufeff"), 1, 0, "", "", "UTF-16LE"),
    ("UTF-16, big end first", utf16(table(*GOOD), "be", "\ufeff"), 1, 0, "", "", "UTF-16BE"),
    ("UTF-16 without a mark", utf16(table(*GOOD), "le", ""), 1, 0, "", "", "UTF-16LE"),
    ("two columns of one name", table(*GOOD, header="size,size,kind"), 1, 2, "size", "size", "two columns are named 'size'"),
    ("two columns of one long name", table(*GOOD, header=f"{'x' * 300},{'x' * 300},kind"), 1, 2, "x" * 60 + "…", None, "two columns"),
    ("a decimal comma", cell(20, 2, '"12,5"'), 20, 2, "price", "12,5", "not a number, as 29 of the column's 30 values are"),
    ("two points", cell(5, 1, "1.2.3"), 5, 1, "size", "1.2.3", "not a number"),
    ("a hexadecimal number", cell(5, 1, "0x1F"), 5, 1, "size", "0x1F", "not a number"),
    ("two signs", cell(5, 1, "--3"), 5, 1, "size", "--3", "not a number"),
    ("a thousands separator", cell(2, 1, '"1,234"'), 2, 1, "size", "1,234", "not a number"),
    ("a currency", cell(31, 2, "$12"), 31, 2, "price", "$12", "not a number"),
    ("a per cent sign", cell(31, 2, "12%"), 31, 2, "price", "12%", "not a number"),
    ("a date", cell(16, 1, "2024-02-30"), 16, 1, "size", "2024-02-30", "not a number"),
    ("a word", cell(16, 1, "unknown"), 16, 1, "size", "unknown", "not a number"),
    ("a unit", cell(16, 1, "12 cm"), 16, 1, "size", "12 cm", "not a number"),
    ("too large a number", cell(16, 1, "1e999"), 16, 1, "size", "1e999", "not a finite number"),
    ("infinity", cell(16, 2, "-inf"), 16, 2, "price", "-inf", "not a finite number"),
    ("infinity as a word", cell(16, 2, "Infinity"), 16, 2, "price", "Infinity", "not a finite number"),
    ("infinity in the target", table(*[f"{i},{i / 3}" for i in range(30)], "3,inf", header="a,target"), 32, 2, "target", "inf", "finite"),
    ("a word in a numeric target", table(*[f"{i},{i / 3}" for i in range(30)], "3,x", header="a,target"), 32, 2, "target", "x", "not a number"),
    ("a constant target", table(*[f"{i % 3},7" for i in range(30)], header="zero,b").replace("0,7", "1,7").replace("2,7", "1,7"),
     2, 2, "b", "7", "one value only"),
    ("a target of texts of their own", table(*[f"k{i},t{i}" for i in range(300)], header="a,b"), 2, 2, "b", "t0", "300 different values"),
    ("300 classes", table(*[f"k{i},t{i % 300}" for i in range(900)], header="a,b"), 2, 2, "b", "t0", "300 different values in 900 rows"),
    ("no value in any row", table(*["NA,"] * 30, header="a,b"), 2, 2, "b", "", "no value in any line"),
    ("one row", "a,b\n1,2\n", 2, 2, "b", "2", "one value only"),
    ("70,000 columns", f"{WIDE}\n{WIDE}\n", 1, 65537, "", "1", "70000 columns are too many"),
    ("a cell of 5 MiB", cell(8, 1, "z" * (5 << 20)), 8, 1, "size", "z" * 60 + "…", "not a number"),
    ("a long Chinese name", cell(8, 2, "很贵").replace("price", "价格" * 30), 8, 2, "价格" * 10 + "…", "很贵", "not a number"),
    ("carriage returns alone", cell(8, 2, "x").replace("\n", "\r"), 8, 2, "price", "x", "not a number"),
    ("mixed line ends", cell(8, 2, "x").replace("\n", "\r\n", 3).replace("\n", "\r", 2), None, 2, "price", "x", "not a number"),
    ("semicolons", cell(8, 2, "x").replace(",", ";"), 8, 2, "price", "x", "not a number"),
    ("tabs and a mark", "\ufeff" + cell(8, 2, "x").replace(",", "\t"), 8, 2, "price", "x", "not a number"),
]

# name, ending, bytes, what the message says
WHOLE = [
    ("empty", ".csv", b"", "empty"),
    ("blank lines", ".csv", b"\n\r\n\n", "empty"),
    ("a header alone", ".csv", b"a,b,c\n", "no rows"),
    ("one column", ".csv", "\n".join(["a", *map(str, range(30))]), "one column only"),
    ("no separator that is known", ".csv", table(*[g.replace(",", "|") for g in GOOD], header="a|b|c"), "one column only"),
    ("a workbook", ".csv", npz(x=b"x"), "zip archive, perhaps a workbook"),
    ("a picture", ".csv", b"\x89PNG\r\n\x1a\n" + bytes(40), "PNG picture"),
    ("a cut gzip", ".csv.gz", gzip.compress(table(*GOOD * 50).encode())[:-9], "table.csv.gz"),
    ("a broken gzip", ".csv.gz", b"\x1f\x8b\x08" + bytes(60), "table.csv.gz"),
    ("a cut npz", ".npz", npz(x=npy("<f4", (4, 2), bytes(32)))[:-30], "zip archive"),
    ("objects", ".npz", npz(x=npy("|O", (4, 2), bytes(64))), "O"),
    ("shapes that differ", ".npz", npz(x=npy("<f4", (30, 2), bytes(240)), y=npy("<f4", (29,), bytes(116))), "y has the shape (29)"),
    ("labels that are not whole", ".npz",
     npz(x=npy("|u1", (4, 2, 2), bytes(16)), y=npy("<f4", (4,), b"\0\0\0\0\0\0\x80\x3f\0\0\x20\x40\0\0\0\0")), "y[2] is 2.5"),
    ("an image of one axis", ".npz", npz(x=npy("<f4", (30,), bytes(120)), y=npy("<f4", (30,), bytes(120))), "shape (30)"),
]

# name, bytes, kinds of the columns, missing cells
READ = [
    ("a mark and CRLF", "\ufeff" + table(*GOOD).replace("\n", "\r\n"), ["number", "number", "text"], 0),
    ("carriage returns alone", table(*GOOD).replace("\n", "\r"), ["number", "number", "text"], 0),
    ("mixed line ends", table(*GOOD[:9]).replace("\n", "\r\n") + "\r".join(GOOD[9:20]) + "\n" + "\n".join(GOOD[20:]), ["number", "number", "text"], 0),
    ("commas at the ends of lines", table(*[g + "," for g in GOOD], header="a,b,c,"), ["number", "number", "text"], 0),
    ("commas at the ends of rows", table(*[g + "," for g in GOOD], header="a,b,c"), ["number", "number", "text"], 0),
    ("a comma at the end of the header", table(*GOOD, header="a,b,c,"), ["number", "number", "text"], 0),
    ("an empty name", table(*GOOD, header="a,,c"), ["number", "number", "text"], 0),
    ("spaces around numbers", table(*[g.replace(",", " , ") for g in GOOD]), ["number", "number", "text"], 0),
    ("semicolons and decimal commas", table(*GOOD).replace(",", ";").replace(".", ","), ["number", "number", "text"], 0),
    ("names for what is missing", table(*GOOD, *[f"{word},1.5,a" for word in
     ["NA", "N/A", "#N/A", "<NA>", "nan", "NaN", "-NaN", "1.#IND", "NULL", "None", "?", ""]]), ["number", "number", "text"], 12),
    ("plus signs and exponents", cell(5, 1, "+1.5e-3"), ["number", "number", "text"], 0),
    ("a quote inside a cell", at(5, '1,2,a"b'), ["number", "number", "text"], 0),
    ("dates in every row", table(*[f"2024-01-{i + 1:02},{g}" for i, g in enumerate(GOOD)], header="day,size,price,kind"),
     ["text", "number", "number", "text"], 0),
    ("currencies in every row", table(*[f"${i}.99,{g}" for i, g in enumerate(GOOD)], header="cost,size,price,kind"),
     ["text", "number", "number", "text"], 0),
    ("blank lines", table(*GOOD).replace("\n", "\n\n"), ["number", "number", "text"], 0),
    ("no line end at the end", table(*GOOD)[:-1], ["number", "number", "text"], 0),
]


class BadTables(ProgramTest):
    def setUp(self):
        super().setUp()
        self.lab = Lab(self.start, self.folder / "runs")
        self.addCleanup(self.lab.stop)

    def refusals(self, ending, content):
        """What the lab answers, and what the command line says, of the same file."""
        content = content if isinstance(content, bytes) else content.encode()
        status, answer = self.lab.request("POST", f"/api/data?name=table{ending}", content)
        self.assertEqual(status, 400, answer)
        self.write(f"table{ending}", content)
        result = self.run_limn("train", "mlp", "--data", f"table{ending}", "--steps", 2, "--out", "out")
        self.assertEqual(result.status, 2, result.out + result.err)
        error, hint = result.err.splitlines()
        self.assertFalse((self.folder / "out").exists())
        self.assertTrue(len(error) < 600 and len(answer["error"]) < 600, error[:1000])
        return answer, error.removeprefix("error: "), hint.removeprefix("hint: ")

    def test_a_mistake_is_named_by_line_column_and_cell(self):
        self.assertGreaterEqual(len(PLACED), 40)
        for name, content, line, column, header, text, says in PLACED:
            with self.subTest(name):
                answer, error, hint = self.refusals(".csv", content)
                self.assertEqual((answer["error"], answer["hint"]), (error, hint))
                self.assertIn(says, error)
                if line is not None:
                    self.assertEqual(answer["line"], line)
                if column is not None:
                    self.assertEqual((answer["column"], answer["name"]), (column, header))
                where = f"table.csv line {answer['line']}"
                if answer["column"] > 0:
                    where += f", column {answer['column']}" + (f" '{answer['name']}'" if answer["name"] else "")
                self.assertTrue(error.startswith(where + ": "), error)
                if text is not None:
                    self.assertEqual(answer["cell"], text)
                if answer["before"] or answer["after"]:  # the line as it stands in the file
                    whole = content.decode() if isinstance(content, bytes) else content
                    there = answer["before"] + answer["cell"].removesuffix("…")
                    self.assertIn(there, whole)

    def test_a_file_that_is_no_table_is_named(self):
        for name, ending, content, says in WHOLE:
            with self.subTest(name):
                answer, error, hint = self.refusals(ending, content)
                self.assertEqual((answer["error"], answer["hint"]), (error, hint))
                self.assertIn(says, error)
                self.assertNotIn("line", answer)

    def test_a_column_that_is_not_there_is_named(self):
        self.write("table.csv", table(*GOOD))
        result = self.run_limn("train", "mlp", "--data", "table.csv", "--set", "target=cost", "--steps", 2)
        self.assertEqual(result.status, 2)
        self.assertIn("no column 'cost'", result.err)
        self.assertIn("size, price, kind", result.err)

    def test_what_looks_odd_is_read_as_expected(self):
        for name, content, kinds, missing in READ:
            with self.subTest(name):
                status, answer = self.lab.request("POST", "/api/data?name=table.csv", content.encode())
                self.assertEqual(status, 201, answer)
                self.assertEqual([c["kind"] for c in answer["columns"]], kinds)
                self.assertEqual(sum(c["missing"] for c in answer["columns"]), missing)
                self.assertEqual(answer["target"], answer["columns"][-1]["name"])
                self.write("table.csv", content)
                self.train("--data", "table.csv", "--steps", 2, "--out", f"out-{len(list(self.folder.iterdir()))}")

    def test_what_is_left_out_or_changed_is_noted(self):
        for content, says in [
            (table(*[f"2024-01-{i + 1:02},{g}" for i, g in enumerate(GOOD)], header="day,size,price,kind"),
             "column 'day' is left out: 21 different texts in 21 rows, like '2024-01-"),
            (table(*GOOD).replace(",", ";").replace(".", ","), "the commas in column 'size' are read as decimal points"),
        ]:
            status, answer = self.lab.request("POST", "/api/data?name=table.csv", content.encode())
            self.assertEqual(status, 201, answer)
            self.assertTrue(any(says in note for note in answer["notes"]), answer["notes"])


if __name__ == "__main__":
    unittest.main()
