"""What holds for the whole ladder: a page for each program, in one form, with true links.

usage: ladder_test.py
"""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
PROGRAMS = sorted(
    [f.stem for f in EXAMPLES.glob("*.c")]
    + [f.stem for f in EXAMPLES.glob("*.py")]
    + [f.name for f in EXAMPLES.iterdir() if f.is_dir() and any(f.glob("*.c"))]
)
PAGES = {f.stem: f.read_text(encoding="utf-8") for f in EXAMPLES.glob("*.md")}
SECTIONS = [
    "## Concept", "## Key takeaway", "## Code walk", "## How to run", "### In a terminal",
    "### In VS Code", "## Expected output", "## Analysis",
]  # fmt: skip


class Ladder(unittest.TestCase):
    def test_there_are_programs(self):
        self.assertGreaterEqual(len(PROGRAMS), 17)

    def test_each_source_is_under_a_hundred_lines_of_a_hundred_columns(self):
        for path in [*EXAMPLES.rglob("*.[ch]"), *EXAMPLES.glob("*.py")]:
            with self.subTest(path.name):
                lines = path.read_text(encoding="utf-8").splitlines()
                self.assertLess(len(lines), 100)
                self.assertLessEqual(max(map(len, lines)), 100)

    def test_each_program_has_a_page_and_each_page_a_program(self):
        self.assertEqual(sorted(PAGES), sorted([*PROGRAMS, "README"]))

    def test_the_readme_has_each_program_in_its_order(self):
        order = PAGES["README"].split("## The order")[1].split("\n## ")[0]
        self.assertEqual(sorted(re.findall(r"\]\((\w+)\.md\)", order)), PROGRAMS)

    def test_each_page_has_the_same_sections_in_the_same_order(self):
        for name in PROGRAMS:
            with self.subTest(name):
                self.assertEqual(re.findall(r"^##+ .*", PAGES[name], re.MULTILINE), SECTIONS)
                self.assertIn("```json tasks.json\n", PAGES[name])
                self.assertIn("```text terminal-", PAGES[name])

    def test_each_last_line_points_to_where_the_idea_grew_up(self):
        for name in PROGRAMS:
            with self.subTest(name):
                last = PAGES[name].splitlines()[-1]
                self.assertRegex(last, r"^In Kith, this grew up in \[src/\w+/\w+\.c\]")

    def test_every_link_leads_somewhere(self):
        for name, text in PAGES.items():
            for link in re.findall(r"\]\(([^)]+)\)", text):
                with self.subTest(name, link=link):
                    self.assertTrue((EXAMPLES / link).is_file())


if __name__ == "__main__":
    unittest.main()
