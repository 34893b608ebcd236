"""limn installed to a prefix and used from outside the tree, as others do: by find_package and by pkg-config."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

BUILD = Path(os.environ["LIMN"]).parent
SOURCE = Path(__file__).resolve().parents[2]
CACHE = dict(re.findall(r"^(\w+):\w+=(.*)$", (BUILD / "CMakeCache.txt").read_text(), re.M))
CMAKE, CXX = CACHE["CMAKE_COMMAND"], CACHE["CMAKE_CXX_COMPILER"]
PROJECT = """cmake_minimum_required(VERSION 3.25)
project(outside LANGUAGES CXX)
find_package(limn 0.1 REQUIRED)
foreach(name spirals curvature)
  add_executable(${name} ${name}.cpp)
  target_link_libraries(${name} PRIVATE limn::limn)
endforeach()
"""


def run(*command, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="limn-library-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        first = cls.folder / "first"
        run(CMAKE, "--install", BUILD, "--prefix", first)
        cls.prefix = cls.folder / "moved"  # nothing that is installed may remember where that was
        first.rename(cls.prefix)
        cls.outside = cls.folder / "outside"
        cls.outside.mkdir()
        for name in ("spirals", "curvature"):
            shutil.copy(SOURCE / "examples" / f"{name}.cpp", cls.outside)
        # A program may have folders named as limn's are.
        for name in ("data/dataset.hpp", "graph/value.hpp", "base/error.hpp"):
            (cls.outside / name).parent.mkdir(exist_ok=True)
            (cls.outside / name).write_text('#error "this is the program\'s own header"\n')

    def test_the_program_runs_from_where_it_is_installed(self):
        self.assertEqual(run(self.prefix / "bin/limn", "version", "--json"), run(BUILD / "limn", "version", "--json"))

    def test_headers_are_those_of_the_stable_surface_and_what_they_need(self):
        headers = {str(p.relative_to(self.prefix / "include/limn")) for p in (self.prefix / "include").rglob("*.*")}
        named = re.findall(r'#include "limn/([^"]+)', (SOURCE / "include/limn/limn.hpp").read_text())
        self.assertGreater(len(named), 10)
        self.assertLessEqual(set(named), headers)
        self.assertIn("graph/op.def", headers)
        for private in ("kernel/table.hpp", "exec/step.hpp", "plan/unit.hpp", "nlohmann"):
            self.assertNotIn(private, headers)
        for header in headers:
            text = (self.prefix / "include/limn" / header).read_text()
            self.assertEqual(re.findall(r'#include "(?!limn/)[^"]*"', text), [], header)

    def test_nothing_installed_names_the_tree_or_the_first_prefix(self):
        for path in self.prefix.rglob("*"):
            if path.suffix in (".cmake", ".pc", ".hpp", ".def"):
                text = path.read_text()
                for place in (str(SOURCE), str(self.folder)):
                    self.assertNotIn(place, text, path)

    def test_find_package_builds_the_examples_and_they_give_the_same_numbers(self):
        (self.outside / "CMakeLists.txt").write_text(PROJECT)
        built = self.outside / "build"
        run(CMAKE, "-G", "Ninja", "-S", self.outside, "-B", built, f"-DCMAKE_PREFIX_PATH={self.prefix}",
            f"-DCMAKE_CXX_COMPILER={CXX}", f"-DCMAKE_CXX_FLAGS=-I{self.outside}", "-DCMAKE_BUILD_TYPE=Release")
        run(CMAKE, "--build", built)
        spirals, curvature = run(built / "spirals"), run(built / "curvature")
        self.assertEqual(spirals, run(BUILD / "example_spirals"))
        self.assertEqual(curvature, run(BUILD / "example_curvature"))
        losses = [float(x) for x in re.findall(r"loss (\d+\.\d+)", spirals)]
        self.assertEqual(len(losses), 6)
        self.assertLess(losses[-1], 0.05)  # it has learned
        self.assertGreater(losses[0], 0.5)
        table = [(float(loss), float(c)) for loss, c in re.findall(r"^ +\d+ +(\d+\.\d+) +(\d+\.\d+)", curvature, re.M)]
        self.assertEqual(len(table), 13)
        self.assertLess(table[-1][0], table[0][0] / 20)
        self.assertLess(table[0][1], 18)  # 2 / rate is 20
        self.assertTrue(all(19 < c < 21 for _, c in table[2:]), table)

    def test_pkg_config_says_all_that_the_library_needs(self):
        environment = {**os.environ, "PKG_CONFIG_PATH": ":".join(str(p.parent) for p in self.prefix.rglob("limn.pc"))}
        self.assertEqual(run("pkg-config", "--modversion", "limn", env=environment).strip(), CACHE["CMAKE_PROJECT_VERSION"])
        flags = run("pkg-config", "--cflags", "--libs", "limn", env=environment).split()
        place = flags.index("-llimn")  # every object of the archive must find what it wants, not only what is used here
        flags[place:place + 1] = ["-Wl,--whole-archive", "-llimn", "-Wl,--no-whole-archive"]
        program = self.outside / "by_pkg_config"
        run(CXX, "-std=c++20", "-Wall", "-Wextra", "-Werror", "-O1", f"-I{self.outside}", self.outside / "spirals.cpp",
            *flags, "-o", program)
        self.assertRegex(run(program), r"step 1000  loss 0\.0\d+")


if __name__ == "__main__":
    unittest.main()
