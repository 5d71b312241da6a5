"""Which options have an effect only in some company: the rows of a table, and how they are read.

A condition is written as on the command line: `--watch` (it is given), `--model compact` (the
value is that, given or by default), `-` or `PATH` (among the arguments), `no --precision` (it is
not given). Where it names several options, all of them: `--unfreeze all & --weights none`.
"""

from argparse import ArgumentParser, Namespace
from typing import NamedTuple


class Rule(NamedTuple):
    """An option, and when it is refused because it would have no effect."""

    option: str
    """A condition: the row is looked at where it holds and its option is given."""
    needs: tuple[str, ...] = ()
    """Conditions, one of which must hold."""
    excludes: tuple[str, ...] = ()
    """Conditions, none of which may hold."""
    takes: tuple[str, ...] | None = None
    """Of a way of working: the options that have an effect in it. All others are excluded."""
    unless: str | None = None
    """A condition with which the row is not looked at."""
    says: str | None = None
    """In place of the message that the row makes by itself; may hold `{word}`, what was given,
    `{other}`, the condition that excludes it, and the values of options, as `{format}`."""


def broken_rule(
    rules: tuple[Rule, ...], parser: ArgumentParser, args: Namespace, given: dict[str, str]
) -> str | None:
    """What is wrong with the combination of options, in words; None if nothing.

    Args:
        given: options that are on the command line, each with itself, and arguments by their
            metavar, with the first of them.
    """
    for rule in rules:
        name = rule.option.partition(" ")[0]
        if name not in given or not _holds(rule.option, parser, args, given):
            continue
        if rule.unless and _holds(rule.unless, parser, args, given):
            continue
        problem = other = None
        if rule.needs and not any(_holds(one, parser, args, given) for one in rule.needs):
            problem = f"{rule.option} has no effect without {' or '.join(rule.needs)}; leave it out"
        for one in rule.excludes:
            if _holds(one, parser, args, given):
                other = one.replace(" & ", " and ")
                problem = f"{rule.option} has no effect with {other}; leave it out"
        if rule.takes is not None:
            for one in given:
                if one not in (name, *rule.takes):
                    problem = problem or f"{one} has no effect with {name}; leave it out"
        if problem:
            words = {**vars(args), "other": other, "word": given[name]}
            return rule.says.format(**words) if rule.says else problem
    return None


def _holds(condition: str, parser: ArgumentParser, args: Namespace, given: dict[str, str]) -> bool:
    if " & " in condition:
        return all(_holds(one, parser, args, given) for one in condition.split(" & "))
    if condition.startswith("no "):
        return condition[3:] not in given
    name, _, value = condition.partition(" ")
    if not value:
        return name in given
    found = getattr(args, parser.dest_of(name))
    return value in map(str, found) if isinstance(found, list) else str(found) == value
