"""Follows the relative links of README.md, ARCHITECTURE.md, STYLE.md, docs/ and examples/."""
import pathlib
import re
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(<?([^()\s>]+)>?(?:\s+\"[^\"]*\")?\)")


def prose(path):
    """The lines outside fences, without what stands in code spans."""
    fenced = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if re.match(r"\s*(```|~~~)", line):
            fenced = not fenced
        elif not fenced:
            yield number, line


def anchors(path):
    """What a heading is called in a link, as GitHub makes it."""
    seen = {}
    for _, line in prose(path):
        heading = re.match(r"#{1,6}\s+(.*?)\s*#*$", line)
        if heading is None:
            continue
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).lower()
        name = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        count = seen.get(name, 0)
        seen[name] = count + 1
        yield f"{name}-{count}" if count else name


def wrong(path, target):
    """Why a link leads nowhere, or None."""
    if re.match(r"[a-z][a-z0-9+.-]*:", target):
        return None
    name, _, anchor = target.partition("#")
    there = (path.parent / urllib.parse.unquote(name)).resolve() if name else path
    if not there.exists():
        return f"there is no {name}"
    if ROOT not in (there, *there.parents):
        return f"{name} lies outside the project"
    if anchor and there.suffix == ".md" and anchor not in anchors(there):
        return f"{there.relative_to(ROOT)} has no heading #{anchor}"
    return None


def main():
    paths = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "STYLE.md")]
    paths += sorted((ROOT / "docs").rglob("*.md")) + sorted((ROOT / "examples").glob("*.md"))
    followed = failed = 0
    for path in paths:
        for number, line in prose(path):
            for target in LINK.findall(re.sub(r"`[^`]*`", "``", line)):
                followed += 1
                why = wrong(path, target)
                if why is not None:
                    failed += 1
                    print(f"FAIL  {path.relative_to(ROOT)}:{number}: ({target}): {why}")
    if followed < 10:
        print(f"FAIL  only {followed} links found")
        return 1
    print(f"{followed} links of {len(paths)} documents, {failed} lead nowhere")
    return failed != 0


sys.exit(main())
