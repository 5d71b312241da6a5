"""Mutate files at random for as long as you like: `python -m tests.fuzz.run --count 100000`.

Needs nothing but the packages under test and pydicom. Stops at the first finding: any exception but
edge's own, a picture from half a file, an input that takes more than `--seconds`, or memory beyond
`--memory`; the input is kept under the name printed. The same seed makes the same inputs.
"""

import argparse
import faulthandler
import random
import resource
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path
from time import perf_counter

from tests.fuzz import seeds
from tests.fuzz.check import check_image, check_model, payload_of

_NUMBERS = (0, 1, 2, 3, 7, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**31 - 1, 2**32 - 1)


def mutate(data: bytes, others: list[bytes], random: random.Random) -> bytes:
    """`data` with one to four changes of a random kind; now and then only its beginning."""
    data = bytearray(data)
    if random.random() < 0.1:
        return bytes(data[: random.randrange(len(data))])
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        # Half of the changes go to the first 200 bytes, where headers are.
        at = random.randrange(min(len(data), 200) if random.random() < 0.5 else len(data))
        length = random.choice((1, 2, 4, 8, 64, 512))
        match random.randrange(8):
            case 0:
                data[at] ^= 1 << random.randrange(8)
            case 1:
                data[at] = random.randrange(256)
            case 2:
                size = random.choice((1, 2, 4))
                number = random.choice(_NUMBERS) & (256**size - 1)
                data[at : at + size] = number.to_bytes(size, random.choice(("little", "big")))
            case 3:
                del data[at : at + length]
            case 4:
                data[at:at] = random.randbytes(length)
            case 5:
                data[at:at] = data[at : at + length] * random.choice((1, 2, 50))
            case 6:
                other = random.choice(others)
                start = random.randrange(len(other))
                data[at : at + length] = other[start : start + length]
            case 7:
                data[at : at + length] = bytes(len(data[at : at + length]))
        if not data:
            return b""
    return bytes(data)


def main() -> int:
    """Returns 0 if nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000, help="inputs (default: 10000)")
    parser.add_argument("--seed", type=int, default=0, help="of the mutations (default: 0)")
    parser.add_argument("--seconds", type=float, default=5.0, help="for one input (default: 5)")
    parser.add_argument("--memory", type=int, default=512, help="MB above the start (default: 512)")
    parser.add_argument("--only", default="", help="seeds whose name contains this")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    chance = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        images = {**seeds.images(), **seeds.dicoms(Path(folder)), **seeds.tiffs(Path(folder))}
        models = seeds.models()
        names = [name for name in (*images, *models) if args.only in name]
        everything = list({**images, **models}.values())
        for name, data in images.items():
            assert check_image(Path(folder, name), name, data, data, 1), name
        start_rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
        done, decoded, slowest = Counter(), Counter(), (0.0, "")
        began = perf_counter()
        for number in range(args.count):
            name = chance.choice(names)
            whole = images.get(name) or models[name]
            data = mutate(whole, everything, chance)
            faulthandler.dump_traceback_later(10 * args.seconds, exit=True)
            start = perf_counter()
            try:
                path = Path(folder, name)
                if name in models:
                    accepted = check_model(path, whole, data, payload_of(name, whole))
                else:
                    accepted = check_image(path, name, whole, data, chance.choice((None, 1, 2)))
                took = perf_counter() - start
                assert took < args.seconds, f"took {took:.1f} s"
                peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start_rss) / 1024
                assert peak < args.memory, f"took {peak:.0f} MB"
            except Exception:
                kept = Path(tempfile.gettempdir(), f"finding-{args.seed}-{number}-{name}")
                kept.write_bytes(data)
                print(f"FINDING: input {number}, a mutation of {name}, kept as {kept}")
                raise
            kind = Path(name).suffix
            done[kind] += 1
            decoded[kind] += accepted
            slowest = max(slowest, (took, name))
        faulthandler.cancel_dump_traceback_later()
    took = perf_counter() - began
    for kind in sorted(done):
        print(f"{kind}: {done[kind]} inputs, {decoded[kind]} accepted")
    print(
        f"{args.count} inputs in {took:.0f} s, seed {args.seed}: no finding; slowest "
        f"{slowest[0] * 1e3:.0f} ms ({slowest[1]}), memory {max(0.0, peak):.0f} MB above the start"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
