"""The arguments of `edge-classify` for scanners, archives and its page, and their rules."""

from edge.console.option_rules import Rule

_SERVE = "127.0.0.1:8080"
_ARCHIVES = ("--dicomweb", "--query-retrieve")
NODE = ("--scp", *_ARCHIVES)
_ALLOWED = ("--allow-aet", "--allow-host")
_SENDING = ("--send-results", "--stow")
TLS = ("--tls-cert", "--tls-key", "--tls-ca")
_ASKED = ("--study", "--since")
_NEEDS_SPOOL = "{word} needs a folder to keep what comes: --spool DIR"
_NEEDS_ASKED = "{word} needs to know what to ask for: --study UID or --since DATE"
_WRITES = "{option} writes ndjson; it cannot write {{format}}"


def network_rules(taken: tuple[str, ...]) -> tuple[Rule, ...]:
    """When an option of this module is refused.

    Args:
        taken: options of other modules that have an effect with these.
    """
    common = ("--spool", *TLS, *taken, "--format")
    return (
        Rule("--scp", takes=(*common, *_ALLOWED, "--query-retrieve", *_ASKED)),
        Rule("--dicomweb", takes=(*common, *_ASKED)),
        Rule("--query-retrieve", takes=(*common, *_ALLOWED, "--scp", *_ASKED)),
        *(Rule(one, needs=("--spool",), says=_NEEDS_SPOOL) for one in NODE),
        *(Rule(one, needs=_ASKED, says=_NEEDS_ASKED) for one in _ARCHIVES),
        *(
            Rule(
                "--format",
                needs=(f"no {one}", "--format ndjson"),
                says=_WRITES.format(option=one),
            )
            for one in NODE
        ),
        Rule("--study", needs=_ARCHIVES, excludes=("--since",)),
        Rule("--since", needs=_ARCHIVES),
        Rule("--spool", needs=NODE),
        *(Rule(one, needs=("--scp",)) for one in _ALLOWED),
        *(Rule(one, needs=(*NODE, *_SENDING)) for one in TLS),
        Rule("--tls-cert", needs=("--tls-key",), says="--tls-cert needs --tls-key FILE"),
        Rule("--tls-key", needs=("--tls-cert",), says="--tls-key needs --tls-cert FILE"),
        Rule(
            "--tls-ca",
            needs=("no --scp", "--tls-cert"),
            says="--tls-ca with --scp needs a certificate of its own: --tls-cert and --tls-key",
        ),
    )


def serve_rules(taken: tuple[str, ...]) -> tuple[Rule, ...]:
    """Those of `--serve`; `taken` as of `network_rules`."""
    return (
        Rule("--serve", takes=(*taken, "--token-file", "--server-name")),
        Rule("--token-file", needs=("--serve",)),
        Rule("--server-name", needs=("--serve",)),
    )


def add_network_arguments(add, name) -> None:
    """Add them.

    Args:
        add: of a group.
        name: the type of a file's name.
    """
    add(
        "--scp",
        type=_peer,
        metavar="[AET@]HOST:PORT",
        help="receive slices by DICOM C-STORE there until stopped, each on disk before it is "
        "acknowledged, and classify them as --watch does; with AET, only who calls that AE title "
        "(default: receive nothing)",
    )
    add(
        "--dicomweb",
        type=_web_address,
        metavar="URL",
        help="have the MR slices of studies from an archive's DICOMweb services, and classify them "
        "(default: ask nobody)",
    )
    add(
        "--query-retrieve",
        type=_titled_peer,
        metavar="AET@HOST:PORT",
        help="the same by C-FIND and C-GET; with --scp by C-MOVE to it (default: ask nobody)",
    )
    add("--study", type=_uid, metavar="UID", help="which study to have (default: see --since)")
    add(
        "--since",
        type=_day,
        metavar="DATE",
        help="have all studies of that day and later, as 2026-11-28 (default: see --study)",
    )
    add(
        "--spool",
        type=name,
        metavar="DIR",
        help="folder where slices that come are kept, as STUDY/INSTANCE.dcm (required with --scp, "
        "--dicomweb, --query-retrieve)",
    )
    add(
        "--allow-aet",
        type=_ae_title,
        nargs="+",
        metavar="AET",
        help="with --scp: take associations from these AE titles only (default: any)",
    )
    add(
        "--allow-host",
        type=_network,
        nargs="+",
        metavar="ADDRESS",
        help="with --scp: take connections from these addresses or networks only, as "
        "192.168.1.0/24 (default: any)",
    )
    add(
        "--tls-cert",
        type=name,
        metavar="FILE",
        help="certificate of this node in PEM; --scp then takes TLS only, and --query-retrieve "
        "and --send-results speak it (default: no TLS)",
    )
    add("--tls-key", type=name, metavar="FILE", help="its private key in PEM (default: no TLS)")
    add(
        "--tls-ca",
        type=name,
        metavar="FILE",
        help="certificates in PEM, one of which must have signed the other side's (default: who "
        "sends to --scp needs none, an archive needs one that the system trusts)",
    )


def add_serve_arguments(add, name) -> None:
    """Those of `--serve`. Arguments as of `add_network_arguments`."""
    add(
        "--serve",
        nargs="?",
        const=_SERVE,
        type=name,
        metavar="HOST:PORT",
        help="a web page to drop scans on, and a JSON API, until stopped; other addresses than "
        f"this machine's own need --token-file (default: none; {_SERVE} if no address is given)",
    )
    add(
        "--token-file",
        type=name,
        metavar="FILE",
        help="with --serve: callers must send the token that is its first line, 20 characters or "
        "more (default: none)",
    )
    add(
        "--server-name",
        action="append",
        type=name,
        default=[],
        metavar="NAME",
        help="with --serve: a further name that the server may be called by, as of a proxy; may be "
        "given again (default: its address, localhost or the machine's name)",
    )


def add_sending_arguments(add, name) -> None:
    """Those that send results. Arguments as of `add_network_arguments`."""
    add(
        "--send-results",
        type=_titled_peer,
        metavar="AET@HOST:PORT",
        help="with --series, --scp, --dicomweb, --query-retrieve: send a structured report of each "
        "study, and heat maps of slices called tumor or uncertain, to that archive by C-STORE; "
        "alone: send what waits (default: nothing is sent)",
    )
    add(
        "--stow",
        type=_web_address,
        metavar="URL",
        help="the same to a DICOMweb service by STOW-RS (default: nothing is sent)",
    )
    add(
        "--queue",
        type=name,
        metavar="DIR",
        help="folder where what is to be sent waits until the archive has it; holds data of "
        "patients (required with --send-results and --stow)",
    )


def _loaded_when_given(name: str):
    """A type of `edge.console.network_types`. A scan by its name needs none of them."""

    def convert(text: str):
        from edge.console import network_types

        return getattr(network_types, name)(text)

    return convert


_peer, _titled_peer, _ae_title, _network, _web_address, _uid, _day = map(
    _loaded_when_given,
    ("peer", "titled_peer", "ae_title", "network", "web_address", "uid", "day"),
)
