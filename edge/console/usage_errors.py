"""What is wrong with a command line, in words. Loaded when something is wrong, never before."""

import argparse
import os
import re

from edge.console.suggestions import nearest_options

_HELP = "see --help"


def unknown_option(parser: argparse.ArgumentParser, name: str) -> str:
    """The message about an option that there is not."""
    word = name.lstrip("-")
    for action in parser._actions:
        if action.option_strings and word in (action.choices or ()):
            return f"unknown option {name}; did you mean {action.option_strings[0]} {word}?"
    near = nearest_options(name, parser._option_string_actions)
    if not near and os.path.lexists(name):
        return f"unknown option {name}; a file of such a name goes behind --"
    hint = f"did you mean {' or '.join(near)}?" if near else _HELP
    return f"unknown option {name}; {hint}"


def in_words(parser: argparse.ArgumentParser, message: str) -> str:
    """argparse's message, in our words where it has a form that is known."""
    message = message.removeprefix("argument ")
    for pattern, words in _FORMS:
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found:
            return words(parser, found)
    return message


def _missing(parser, found) -> str:
    names, words = found[1].split(", "), parser.words
    takes_none = all(action.option_strings for action in parser._actions)
    if takes_none and names[0][:1] == "-" and words and words[0][:1] != "-":
        return _alone(parser, words[0])
    known = {name: action for action in parser._actions for name in action.option_strings}
    shown = [f"{name} {known[name].metavar}" if name in known else name for name in names]
    return f"{' and '.join(shown)} {'is' if len(names) == 1 else 'are'} missing; {_HELP}"


def _no_value(parser, found) -> str:
    action = parser._option_string_actions.get(found[1])
    if action is None:
        return f"{found[1]} is missing; {_HELP}"
    if action.choices:
        return f"{found[1]} needs a value (known: {', '.join(map(str, action.choices))})"
    return f"{found[1]} needs a value: {found[1]} {action.metavar}"


def _stray(parser, found) -> str:
    return _alone(parser, found[1].split(" ")[0])


def _alone(parser, word: str) -> str:
    """An argument too many: perhaps the value of an option whose name was left out."""
    for action in parser._actions:
        if action.option_strings and word in (action.choices or ()):
            return f"{word} stands alone; did you mean {action.option_strings[0]} {word}?"
    if "--data" in parser._option_string_actions and all(a.option_strings for a in parser._actions):
        return f"{word} stands alone; did you mean --data {word}?"
    return f"{word} is one argument too many; {_HELP}"


def _flag(parser, found) -> str:
    return f"{found[1].split('/')[-1]} takes no value; leave out ={found[2]}"


_FORMS = (
    (r"the following arguments are required: (.+)", _missing),
    (r"(\S+): expected (?:one|at least one|\d+) arguments?", _no_value),
    (r"unrecognized arguments: (.+)", _stray),
    (r"(\S+): ignored explicit argument '(.*)'", _flag),
)
