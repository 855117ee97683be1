"""Tests of tidy on small trees: python3 tools/tidy/tidy_test.py."""

import tempfile
import unittest
from pathlib import Path

from source_text import functions, strip_comments_and_strings
from tidy import findings

GOOD_HEADER = "// A value.\n#pragma once\nnamespace takt {\nint value();\n}  // namespace takt\n"
GOOD_SOURCE = '#include "base/value.h"\n\nnamespace takt {\nint value() { return 1; }\n}\n'


class TreeTest(unittest.TestCase):
    """Makes small trees and looks at what tidy finds in them."""

    def check(self, files):
        """The findings of a tree of these files, as `path:line: message`."""
        with tempfile.TemporaryDirectory() as directory:
            for path, text in files.items():
                file = Path(directory) / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(text if isinstance(text, bytes) else text.encode())
            found, _ = findings(directory)
            return [f"{path}:{line}: {message}" for path, line, message in found]

    def assert_one(self, found, *parts):
        self.assertEqual(len(found), 1, found)
        for part in parts:
            self.assertIn(part, found[0])

    def with_code(self, code, path="src/base/value.cpp"):
        return self.check({"src/base/value.h": GOOD_HEADER, "src/base/value.cpp": GOOD_SOURCE,
                           path: '// Top.\n#include "base/value.h"\n' + code})


class RulesTest(TreeTest):
    def test_a_good_tree_has_no_findings(self):
        self.assertEqual(self.with_code("int a;\n", "src/solve/a.cpp"), [])

    def test_includes_go_down(self):
        self.assertEqual(self.with_code("", "src/solve/a.cpp"), [])
        files = {"src/run/r.h": "// R.\n#pragma once\n"}
        up = self.check(files | {"src/model/a.cpp": '// A.\n#include "run/r.h"\n'})
        self.assert_one(up, "src/model/a.cpp:2:", "may include: base")
        sibling = self.check(files | {"src/sim/a.cpp": '// A.\n#include "run/r.h"\n'})
        self.assert_one(sibling, "base, dispatch, model")
        self.assertEqual(self.check(files | {"src/app/a.cpp": '// A.\n#include "run/r.h"\n'}), [])

    def test_rooms_are_known(self):
        self.assert_one(self.check({"src/attic/a.cpp": "// A.\n"}), "src/attic is not a room")

    def test_unused_files(self):
        self.assert_one(self.check({"src/base/a.h": "// A.\n#pragma once\n"}), "nobody includes")
        self.assert_one(self.check({"tests/a.cc": "// A.\n", "tests/CMakeLists.txt": "# T.\n"}),
                        "tests/a.cc:1:", "no CMakeLists.txt builds")
        self.assertEqual(self.check({"tests/a.cc": "// A.\n",
                                     "tests/CMakeLists.txt": "# T.\nadd_executable(a a.cc)\n"}), [])
        self.assertEqual(self.check({"bench/a.cpp": "// A.\n",
                                     "CMakeLists.txt": "# T.\nfile(GLOB b bench/*.cpp)\n"}), [])
        self.assert_one(self.check({"tools/a.py": '"""A."""\n'}), "mentions a;")

    def test_guard_and_top_comment(self):
        found = self.check({"src/base/a.h": "int a;\n", "src/base/a.cpp": '#include "base/a.h"\n'})
        self.assertEqual(len(found), 2)
        self.assertIn("no guard", " ".join(found))
        self.assertIn("src/base/a.h:1: no comment on top", " ".join(found))

    def test_line_shape(self):
        self.assert_one(self.with_code("int a; \n"), ":3: white space")
        self.assert_one(self.with_code("int a;"), "add a newline")
        self.assert_one(self.with_code("\tint a;\n"), "a tab")
        self.assert_one(self.with_code("// " + "x" * 98 + "\n"), "101 columns")
        self.assertEqual(self.with_code("// " + "x" * 97 + "\n"), [])

    def test_banned_calls_name_their_replacement(self):
        for code, instead in [("auto a = rand();", "base/rng.h"), ("std::cout << 1;", "cli/"),
                              ("throw 1;", "Result"), ("strcpy(a, b);", "std::string"),
                              ("assert(a);", "CHECK"), ("std::printf(a);", "print nothing"),
                              ("delete a;", "unique_ptr")]:
            self.assert_one(self.with_code(f"void f() {{\n  {code}\n}}\n"), ":4:", instead)

    def test_what_is_not_a_banned_call(self):
        for code in ["// rand() is bad", 'const char* k = "rand()";', "A(const A&) = delete;",
                     "static_assert(true);", "f.puts(1);", "auto n = brand();", "int x = 1'000;"]:
            self.assertEqual(self.with_code(code + "\n"), [], code)

    def test_sleep_is_banned_in_tests_only(self):
        code = "void f() {\n  std::this_thread::sleep_for(x);\n}\n"
        self.assertEqual(self.with_code(code), [])
        self.assert_one(self.with_code(code, "src/base/value_test.cpp"), "wait for the condition")

    def test_floating_times_are_banned_in_headers_below_app(self):
        head = "#pragma once\nstruct A {\n  double wait_ns = 0;\n};\n"
        self.assert_one(self.with_code(head, "src/base/value.h"), "integer nanoseconds")

    def test_machine_paths_and_addresses(self):
        self.assert_one(self.with_code('const char* p = "/ro' 'ot/x";\n'), "a path of one machine")
        self.assert_one(self.check({"a.md": "https://pypi" ".org/simple\n"}), "address")

    def test_large_files(self):
        self.assert_one(self.check({"a.bin": b"\xff" * 300 * 1024}), "a.bin:1: 300 KiB")

    def test_names(self):
        self.assert_one(self.check({"src/base/Value.cpp": "// A.\n"}), "snake_case")


class RatchetTest(TreeTest):
    def sized(self, lines, exceptions):
        body = "".join(f"  f({i});\n" for i in range(lines - 2))
        return self.with_code_and(f"void long_one() {{\n{body}}}\n", exceptions)

    def with_code_and(self, code, exceptions):
        return self.check({"src/base/value.cpp": "// V.\n" + code,
                           "tools/tidy/exceptions.toml": "[functions]\n" + exceptions + "\n"})

    ENTRY = '"src/base/value.cpp:long_one" = '

    def test_functions(self):
        self.assertEqual(self.sized(70, ""), [])
        self.assert_one(self.sized(71, ""), "value.cpp:2: function long_one has 71 lines; split it")

    def test_an_exception_may_only_shrink(self):
        self.assertEqual(self.sized(80, self.ENTRY + "80"), [])
        self.assert_one(self.sized(81, self.ENTRY + "80"), "grew from 80 to 81")
        self.assert_one(self.sized(79, self.ENTRY + "80"), "shrank from 80 to 79", "lower")
        self.assert_one(self.sized(60, self.ENTRY + "80"), "no longer too long")

    def test_files(self):
        text = "// V.\n" * 401
        self.assert_one(self.check({"src/base/value.cpp": text}), "the file has 401 lines")
        listed = {"tools/tidy/exceptions.toml": '[files]\n"src/base/value.cpp" = 401\n'}
        self.assertEqual(self.check({"src/base/value.cpp": text} | listed), [])

    def test_python_functions(self):
        text = '"""A."""\ndef f():\n' + "    a = 1\n" * 70
        found = self.check({"a.py": text, "b.md": "run a\n"})
        self.assert_one(found, "a.py:2: function f has 71 lines")

    def test_a_banned_call_can_be_excused(self):
        excuse = '[banned]\n"src/base/value.cpp:throw" = "why"\n'
        found = self.check({"src/base/value.cpp": "// V.\nint f() {\n  throw 1;\n}\n",
                            "tools/tidy/exceptions.toml": excuse})
        self.assertEqual(found, [])


class FunctionsTest(unittest.TestCase):
    def names(self, code):
        return [(name, lines) for name, _, lines in functions(code)]

    def test_shapes(self):
        self.assertEqual(self.names("int a() {\n  if (b) {\n  }\n}\n"), [("a", 4)])
        self.assertEqual(self.names("namespace n {\nclass A {\n public:\n  A() : b_(1) {}\n};\n}"),
                         [("A", 1)])
        self.assertEqual(self.names("Result<int> A::b(\n    int c) const noexcept {\n}\n"),
                         [("A::b", 3)])
        self.assertEqual(self.names("TEST(Plan, Reads) {\n}\n"), [("TEST(Plan, Reads)", 2)])
        self.assertEqual(self.names("const int kA[] = {\n1,\n};\nstruct B {\n int c;\n};\n"), [])
        macro = "#define A(x) do { \\\n } while (0)\n"
        self.assertEqual(self.names(macro + 'void b() {\n f("{");\n}\n'), [("b", 3)])
        self.assertEqual(self.names("void a() {\n  auto l = [&](int b) {\n  };\n}\n"), [("a", 4)])

    def test_strip_keeps_lines_and_columns(self):
        text = 'a /* b\nc */ "d//e" f // g\nR"(x"y)" 1\'000\n'
        code = strip_comments_and_strings(text)
        self.assertEqual(len(code), len(text))
        self.assertEqual(code.index("f"), text.index("f"))
        self.assertNotIn("g", code)
        self.assertIn("1'000", code)


if __name__ == "__main__":
    unittest.main()
