"""Does what a page of the ladder says, in a network of its own, and compares with what it promises.

usage: page_test.py examples/NAME.md

Fenced blocks of a page, by what stands after the three backticks:

  sh               a command that ends: installing, building. It must succeed.
  sh terminal-N    commands in that terminal; the page goes on when the first line that terminal
                   promises is there, or the commands have ended
  text terminal-N  all that terminal shows up to there; a line "…" stands for any lines;
                   after "any order", two programs at once may mix their lines otherwise
  json tasks.json  VS Code; its commands are those of the sh blocks, and no others
  json launch.json VS Code; it debugs a program that the sh blocks built
  c, py            a piece of a program, found in it as it stands

Port numbers and the process number in peer-1234 differ from run to run and are not compared. A
page's own folder is a copy of examples/; that of README.md, which says `make`, of everything.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from lesson import Terminal, enter_network_namespace

ROOT = pathlib.Path(__file__).resolve().parents[2]
# apt only simulates, and sudo only runs: a page's packages must exist, and be those installed here.
STAND_INS = {
    "sudo": '#!/bin/sh\nexec "$@"\n',
    "apt": '#!/bin/sh\ncommand -v apt-get >/dev/null || exit 0\nexec apt-get --simulate "$@"\n',
}


def blocks(text):
    """(language, label, content) of each fenced block, in order."""
    found = []
    for info, content in re.findall(r"^```([^\n]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        language, _, label = info.partition(" ")
        found.append((language, label, content))
    assert text.count("```") == 2 * len(found), "a fence is not closed, or not at a line's start"
    return found


def comparable(text):
    text = re.sub(r"(\('[0-9.]+', )\d+\)", r"\1PORT)", text)
    return re.sub(r"peer-\d+", "peer-PID", text)


def promise(content):
    """The regular expression for what a text block promises."""
    lines = comparable(content).splitlines()
    return "".join(r"(?:.*\n)*?" if line == "…" else re.escape(line) + r"\n" for line in lines)


def keeps(shown, content, order):
    shown = comparable(shown)
    if order == "any order":
        return sorted(shown.splitlines()) == sorted(comparable(content).splitlines())
    return re.fullmatch(promise(content), shown) is not None


def copy_of_tree(page, folder):
    if page.stem != "README":
        shutil.copytree(ROOT / "examples", folder / "examples")
        return
    skip = shutil.ignore_patterns("build", "build-*", ".git", ".cache", "__pycache__")
    shutil.copytree(ROOT, folder, ignore=skip, dirs_exist_ok=True)


class Page:
    def __init__(self, path, folder):
        self.blocks = blocks(path.read_text(encoding="utf-8"))
        self.folder = folder
        self.terminals = {}
        self.commands = []
        shims = folder / ".stand-ins"
        shims.mkdir()
        for name, script in STAND_INS.items():
            (shims / name).write_text(script, encoding="utf-8")
            (shims / name).chmod(0o755)
        self.env = {**os.environ, "PATH": f"{shims}:{os.environ['PATH']}"}

    def play(self):
        for place, (language, label, content) in enumerate(self.blocks):
            if language == "sh" and label == "":
                self.build(content)
            elif language == "sh":
                self.open(label, content, place)
            elif language == "text":
                self.compare(label, content)
            elif language == "json":
                self.check_editor(label, json.loads(content))
            elif language in ("c", "py"):
                self.find(language, content)
            else:
                raise AssertionError(f"nobody would run this block: {language} {label}")

    def build(self, content):
        self.commands += content.splitlines()
        done = subprocess.run(
            ["bash", "-euc", content], cwd=self.folder, env=self.env, text=True, timeout=200,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )
        assert done.returncode == 0, f"$ {content}{done.stdout}"
        print(f"ok    {content.splitlines()[0]}")

    def open(self, label, content, place):
        assert label not in self.terminals, f"{label} is opened twice"
        commands = content.splitlines()
        self.commands += commands
        if len(commands) == 1 and not re.search(r"[;&|<>']", content):
            content = "exec " + content  # so that Ctrl-C is the program's own affair
        terminal = Terminal(["bash", "-c", content], cwd=self.folder, env=self.env)
        self.terminals[label] = terminal
        texts = [c for kind, l, c in self.blocks[place:] if kind == "text" and l.startswith(label)]
        assert texts, f"{label}: the page does not say what it shows"
        first = promise(texts[0].splitlines()[0])
        end = time.monotonic() + 10
        while not re.match(first, comparable(terminal.output())) and terminal.runs():
            assert time.monotonic() < end, f"$ {content}{terminal.output()}"
            time.sleep(0.02)

    def compare(self, label, content):
        label, _, order = label.partition(" ")
        terminal = self.terminals[label]
        end = time.monotonic() + 40
        while not keeps(terminal.output(), content, order):
            shown = terminal.output()
            assert time.monotonic() < end, f"{label} shows\n{shown}and the page says\n{content}"
            time.sleep(0.05)
        print(f"ok    {label} shows what the page says")

    def check_editor(self, name, config):
        if name == "tasks.json":
            assert config["version"] == "2.0.0"
            commands = [task["command"] for task in config["tasks"]]
            assert len({task["label"] for task in config["tasks"]}) == len(commands)
            for command in commands:
                assert command in self.commands, f"tasks.json has a command of its own: {command}"
        else:
            assert name == "launch.json", name
            for launch in config["configurations"]:
                program = launch["program"].replace("${workspaceFolder}", str(self.folder))
                assert os.access(program, os.X_OK), f"launch.json: no program {program}"
                assert shutil.which(launch["MIMode"]) or launch["MIMode"] == "gdb"
        print(f"ok    {name}")

    def find(self, language, content):
        sources = [f.read_text(encoding="utf-8") for f in (ROOT / "examples").rglob(f"*.{language}")]
        assert any(content in source for source in sources), f"in no program:\n{content}"

    def close(self):
        deaf = [label for label, terminal in self.terminals.items() if not terminal.stop()]
        assert not deaf, f"Ctrl-C does not end {deaf}"


def main():
    enter_network_namespace()
    page = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="lesson-") as name:
        folder = pathlib.Path(name)
        copy_of_tree(page, folder)
        played = Page(page, folder)
        try:
            played.play()
        finally:
            played.close()


if __name__ == "__main__":
    try:
        main()
    except AssertionError as failure:
        print(f"FAIL  {failure}")
        sys.exit(1)
