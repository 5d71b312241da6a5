"""The command lines of `python -m export` that are about signatures."""

from pathlib import Path

from edge.console.option_rules import Rule
from edge.console.parser import Parser


def keygen_parser(prog: str = "python -m export") -> Parser:
    """The command line of `keygen`."""
    result = Parser(
        "export",
        prog=f"{prog} keygen",
        usage="KEY [options]",
        description="Make an Ed25519 key to sign models with, as ssh-keygen does: KEY is private, "
        "KEY.pub is for the trust stores of devices. Files that are there are never replaced.",
        epilog="exit status: 0 the key is made; 2 wrong usage, or it cannot be written.",
        rules=(
            Rule("--passphrase-file", excludes=("--no-passphrase",)),
            Rule("--no-passphrase", excludes=("--passphrase-file",)),
        ),
    )
    add = result.group("output")
    add("key", metavar="KEY", type=Path, help="file for the private key (required)")
    add(
        "--name",
        metavar="TEXT",
        help="of the signer, which results on devices will show (default: the name of the file)",
    )
    add = result.group("passphrase")
    add(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help="its first line protects the private key (default: ask on a terminal)",
    )
    add(
        "--no-passphrase",
        action="store_true",
        help="leave the private key unprotected, say, on a disk that is encrypted (default: no)",
    )
    result.add_about()
    return result


def sign_parser(prog: str = "python -m export") -> Parser:
    """The command line of `sign`."""
    result = Parser(
        "export",
        prog=f"{prog} sign",
        usage="MODEL ... --key FILE",
        description="Sign model files: each gets its signature in a file beside it, MODEL.sig, in "
        "place of an earlier one.",
        epilog="exit status: 0 all are signed; 2 wrong usage, or no usable model or key.",
    )
    add = result.group("input")
    add("model", nargs="+", metavar="MODEL", type=Path, help=".tflite or .onnx files (required)")
    add(
        "--key",
        type=Path,
        required=True,
        metavar="FILE",
        help="private Ed25519 key, of keygen or ssh-keygen (required)",
    )
    add(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help="its first line is the key's passphrase (default: ask on a terminal if it has one)",
    )
    result.add_about()
    return result


def verify_parser(prog: str = "python -m export") -> Parser:
    """The command line of `verify`."""
    result = Parser(
        "export",
        prog=f"{prog} verify",
        usage="MODEL ... [options]",
        description="Tell who has signed model files, as a device would that has this trust store.",
        epilog="exit status: 0 all are signed by a trusted key, or bundled; 1 at least one is not; "
        "2 wrong usage, or no usable model or trust store.",
    )
    add = result.group("input")
    add("model", nargs="+", metavar="MODEL", type=Path, help=".tflite or .onnx files (required)")
    add(
        "--trust",
        type=Path,
        metavar="DIR",
        help="folder of public keys (default: /etc/mri-edge/trust)",
    )
    result.add_about()
    return result
