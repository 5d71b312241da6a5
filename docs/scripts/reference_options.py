"""The options of a command as Markdown, from its argparse parser."""

import argparse
import re
from collections.abc import Callable, Iterator, Sequence

from reference_markdown import bullets, prose, sentence

_DEFAULT = re.compile(r"\s*\(default: (?P<words>.*)\)\s*$", re.DOTALL)
_REQUIRED = re.compile(r"\s*\((?P<words>required[^)]*)\)\s*$")
_EXIT = re.compile(r"exit status: (?P<body>.*?)(?:\.(?=\s)|\.$|$)", re.DOTALL | re.IGNORECASE)


def command(parser: argparse.ArgumentParser, level: int = 2) -> list[str]:
    """What a command is for, how it is called, and every option, in the groups of argparse.

    Args:
        level: of the headings of groups; options are one below.
    """
    marks = "#" * level
    blocks = [sentence(parser.description or ""), f"    {_usage(parser)}"]
    for group in parser._action_groups:
        actions = [action for action in group._group_actions if _is_told(action)]
        if not actions:
            continue
        title = {"positional arguments": "What it takes"}.get(group.title, group.title or "Options")
        blocks += [f"{marks} {title[0].upper()}{title[1:]}", sentence(group.description or "")]
        for action in actions:
            blocks += [f"{marks}# {_name(action)}", *_option(parser, action)]
    return blocks


def exit_statuses(parser: argparse.ArgumentParser) -> list[tuple[str, str]]:
    """Each status and what it means, from the end of --help."""
    found = _EXIT.search(parser.epilog or "")
    parts = re.split(r";\s+(?=\d+\b)", " ".join(found["body"].split())) if found else []
    pairs = [part.partition(" ")[::2] for part in parts]
    return [(number.rstrip(";"), words or "all done") for number, words in pairs]


def epilog(parser: argparse.ArgumentParser, level: int = 2) -> list[str]:
    """What --help ends with, without the exit statuses and without tables."""
    text = _EXIT.sub("", parser.epilog or "")
    parts = [part for part in text.split("\n\n") if part.strip() and "\n  " not in part]
    return [f"{'#' * level} Notes", *map(sentence, parts)] if parts else []


def _is_told(action: argparse.Action) -> bool:
    hidden = action.help == argparse.SUPPRESS
    return not hidden and not isinstance(action, argparse._HelpAction | argparse._VersionAction)


def _usage(parser: argparse.ArgumentParser) -> str:
    words = [parser.prog, "[options]"]
    for action in parser._actions:
        if not action.option_strings:
            words.append(_values(action))
        elif action.required:
            words.append(f"{action.option_strings[-1]} {_values(action)}")
    return " ".join(words)


def _values(action: argparse.Action) -> str:
    """How the values of an option are written on the command line."""
    name = action.metavar or ("" if action.choices else action.dest.upper())
    if action.choices and not action.metavar:
        name = "NAME"
    return {
        0: "",
        "?": f"[{name}]",
        "*": f"[{name} ...]",
        "+": f"{name} ..." if action.option_strings else f"{name} [{name} ...]",
    }.get(action.nargs, name)


def _name(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{action.metavar or action.dest}`"
    values = "" if isinstance(action, argparse.BooleanOptionalAction) else _values(action)
    return f"`{' / '.join(action.option_strings)}{' ' if values else ''}{values}`"


def _option(parser: argparse.ArgumentParser, action: argparse.Action) -> list[str]:
    """What an option does, and its facts as a list."""
    words = parser._get_formatter()._expand_help(action) if action.help else ""
    found = _DEFAULT.search(words)
    required = _REQUIRED.search(words)
    text = _REQUIRED.sub("", _DEFAULT.sub("", words))
    facts = []
    if action.choices:
        facts.append(f"One of: {', '.join(f'`{choice}`' for choice in action.choices)}.")
    elif takes := _takes(action.type):
        facts.append(f"Takes {prose(takes)}.")
    if required:
        facts.append(sentence(required["words"]))
    elif default := _default(action, found and found["words"]):
        facts.append(f"Default: {default}.")
    facts += _company(parser, action)
    return [sentence(text), bullets(facts)]


def _company(parser: argparse.ArgumentParser, action: argparse.Action) -> Iterator[str]:
    """What an option needs or excludes, from the parser's table of rules."""
    for rule in getattr(parser, "rules", ()):
        name, _, value = rule.option.partition(" ")
        if name not in (*action.option_strings, action.metavar):
            continue
        what = f"`{value}` only" if value else "Only"
        lacking = [one.removeprefix("no ") for one in rule.needs if one.startswith("no ")]
        having = [one for one in rule.needs if not one.startswith("no ")]
        if lacking and having and not value:
            together = " and ".join(f"`{one}`" for one in lacking)
            yield f"With {together} only {_conditions(having)}."
        elif rule.needs:
            yield f"{what} {_conditions(rule.needs)}."
        if rule.excludes:
            yield f"{f'`{value}` not' if value else 'Not'} {_conditions(rule.excludes)}."
        if rule.takes is not None:
            yield f"Of the other options only {', '.join(f'`{one}`' for one in rule.takes)}."


def _conditions(conditions: Sequence[str]) -> str:
    """As `with --watch or without --precision`, in Markdown."""
    having = [one.replace(" & ", "` and `") for one in conditions if not one.startswith("no ")]
    lacking = [one.removeprefix("no ") for one in conditions if one.startswith("no ")]
    parts = [("with", having), ("without", lacking)]
    return " or ".join(
        f"{word} {' or '.join(f'`{one}`' for one in ones)}" for word, ones in parts if ones
    )


def _takes(kind: Callable | None) -> str:
    """In words, what a type of option takes: as it says itself when it refuses."""
    if kind in (None, str) or (isinstance(kind, type) and kind is not int):
        return ""
    try:
        kind("x")
    except argparse.ArgumentTypeError as error:
        head, found, words = str(error).partition(" is not ")
        return words.replace(" (and below 2^31)", "") if found and "x" in head else ""
    except ValueError:
        return "a whole number" if kind is int else "a number"
    return ""


def _default(action: argparse.Action, words: str | None) -> str:
    """The default in the words of the help text, or as it is; empty where there is nothing."""
    if words:
        return prose(words)
    if not action.option_strings:
        return ""
    if action.nargs == 0:
        return "off"
    if action.default in (None, [], argparse.SUPPRESS):
        return "none"
    return f"`{action.default}`"
