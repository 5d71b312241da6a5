"""The command lines of all commands: one parser that explains a slip in one line.

Options are told by their whole names, each stands in a group, and what is wrong ends with status 2.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence

from edge import NOTICE, __version__
from edge.console.messages import printable, results
from edge.console.option_rules import Rule, broken_rule

_WIDTH = 100


class Parser(argparse.ArgumentParser):
    """An `ArgumentParser` with suggestions, rules, and no abbreviations.

    Args:
        program: the name that begins each message.
        prog: how the command is called.
        usage: after `prog`; in several lines if there are several ways of calling it.
        description: what it does; the notice is added.
        epilog: exit statuses, and what else is worth knowing.
        rules: which options need or exclude which.
        implied: what options that were not given are by what was given, or why they must be given.
    """

    def __init__(
        self,
        program: str,
        *,
        prog: str,
        usage: str,
        description: str,
        epilog: str,
        rules: Iterable[Rule] = (),
        implied: Callable[[argparse.Namespace], dict[str, str | ValueError]] = lambda parsed: {},
    ):
        indent = "\n" + " " * len("usage: ")
        super().__init__(
            prog=prog,
            usage=indent.join(f"{prog} {line}" for line in usage.split("\n")).replace("%", "%%"),
            description=f"{description} {NOTICE}",
            epilog=epilog,
            formatter_class=_formatter,
            allow_abbrev=False,
            add_help=False,
        )
        self.program, self.rules, self._implied = program, tuple(rules), implied
        self.words: list[str] = []
        """What was last parsed, for messages."""
        self.color = False  # from Python 3.14 on: the text is the same everywhere

    def group(self, title: str):
        """A new group of options, named by their purpose; returns its `add_argument`."""
        return self.add_argument_group(title).add_argument

    def add_about(self, version_of: str = "mri-edge") -> None:
        """The last group: --help and --version."""
        add = self.group("about")
        add("-h", "--help", action="help", help="show this text and end")
        version = f"{version_of} {__version__}. {NOTICE}"
        add("--version", action=_Version, version=version, help="show the version and end")

    def parse_args(self, args: Sequence[str] | None = None, namespace=None) -> argparse.Namespace:
        """As argparse's, and refuses options that are unknown or would have no effect."""
        args = self.words = sys.argv[1:] if args is None else list(args)
        given = self._given(args)
        parsed = super().parse_args(args, namespace)
        self._check_empty(args)
        for option, value in self._implied(parsed).items():
            if option not in given:
                if isinstance(value, ValueError):
                    self.error(str(value))
                given[option] = option
                setattr(parsed, self.dest_of(option), value)
        if self.rules:
            self._add_arguments(given, parsed)
            problem = broken_rule(self.rules, self, parsed, given)
            if problem:
                self.error(problem)
        return parsed

    def dest_of(self, option: str) -> str:
        """The attribute that an option sets."""
        return self._option_string_actions[option].dest

    def error(self, message: str):
        """Say what is wrong in one line, and end with status 2."""
        from edge.console.usage_errors import in_words

        line = f"{self.program}: {printable(in_words(self, message))}\n"
        try:
            self.exit(2, line)
        except OSError:  # standard error is closed or full
            self.exit(2)

    def print_help(self, file=None) -> None:
        """Among the results, if not elsewhere."""
        super().print_help(file or results())

    def _print_message(self, message: str, file=None) -> None:
        # argparse's own says nothing, in some versions, of a text that cannot be written.
        file = file or sys.stderr
        if message and file is not None:
            file.write(message)

    def _given(self, args: Sequence[str]) -> dict[str, str]:
        """The options of a command line, each with itself; ends with an error at an unknown one."""
        given = {}
        for word in args:
            if word == "--":
                break
            if word[:1] != "-" or len(word) == 1:
                if not word.isascii():
                    self._check_dash(word)
                continue
            name = word.partition("=")[0]
            if name in self._option_string_actions:
                given[name] = name
            elif " " not in word and not self._negative_number_matcher.match(word):
                self._unknown(name)
        return given

    def _check_empty(self, args: Sequence[str]) -> None:
        """An empty value is a variable that was not set; as a path it would be this very folder."""
        option = ""
        for word in args:
            if word == "--":
                return
            name, equals, value = word.partition("=")
            action = self._option_string_actions.get(name)
            if action is not None:
                option = name if not equals and action.nargs != 0 else ""
                empty = name if equals and not value else ""
            else:
                empty = option if not word else ""
                if option and self._option_string_actions[option].nargs is None:
                    option = ""
            if empty:
                self.error(f"argument {empty}: an empty value; is a variable not set?")

    def _add_arguments(self, given: dict[str, str], parsed: argparse.Namespace) -> None:
        """Put the arguments that are no options beside those that are, by their metavar."""
        for action in self._actions:
            words = getattr(parsed, action.dest, None)
            if action.option_strings or not words or words == action.default:
                continue
            words = words if isinstance(words, list) else [words]
            given[action.metavar] = str(words[0])
            if "-" in words:
                given["-"] = "-"

    def _unknown(self, name: str) -> None:
        from edge.console.usage_errors import unknown_option

        self.error(unknown_option(self, name))

    def _check_dash(self, word: str) -> None:
        from edge.console.suggestions import is_long_dash, nearest_options

        if is_long_dash(word):
            near = nearest_options(word.partition("=")[0], self._option_string_actions)
            if near:
                self.error(f"{word} begins with a long dash; did you mean {near[0]}?")

    def _check_value(self, action: argparse.Action, value) -> None:
        if action.choices is None or value in action.choices:
            return
        from edge.console.suggestions import did_you_mean

        names = [str(one) for one in action.choices]
        raise argparse.ArgumentError(
            action, f"unknown value {value!r}{did_you_mean(str(value), names)} "
            f"(known: {', '.join(names)})",
        )  # fmt: skip


class _Version(argparse._VersionAction):
    def __call__(self, parser, *_) -> None:
        results().write(f"{self.version}\n")
        parser.exit()


def _formatter(prog: str) -> argparse.HelpFormatter:
    # Without a width argparse asks `shutil` for the terminal's, and shutil's imports cost 5 ms.
    return argparse.RawDescriptionHelpFormatter(prog, width=_WIDTH)
