// A ZIP of a study, opened in the browser: only its pictures travel, one at a time. Its names are
// shown and are never a path of anything. What is not as it says is refused (APPNOTE 6.3.10).

export const LIMITS = {entries: 5000, directory: 8 << 20, total: 4 * 2 ** 30, ratio: 200, free: 1 << 20};
const END = 0x06054b50, ENTRY = 0x02014b50, LOCAL = 0x04034b50;

const TABLE = new Uint32Array(256).map((_, start) => {
  let value = start;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = TABLE[(value ^ byte) & 0xff] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

async function view(blob, from, to) {
  return new DataView(await blob.slice(from, to).arrayBuffer());
}

async function findEnd(blob) {
  const start = Math.max(0, blob.size - 65557), tail = await view(blob, start, blob.size);
  for (let at = tail.byteLength - 22; at >= 0; at--)
    if (tail.getUint32(at, true) === END && at + 22 + tail.getUint16(at + 20, true) === tail.byteLength)
      return {at: start + at, disk: tail.getUint16(at + 4, true), entries: tail.getUint16(at + 10, true),
        size: tail.getUint32(at + 12, true), offset: tail.getUint32(at + 16, true)};
  throw new Error("is no whole ZIP archive");
}

// The files in an archive: [{name, size, open}], where open() gives a Blob.
export async function entries(blob, fileBytes, limits = LIMITS) {
  const end = await findEnd(blob);
  if (end.entries === 0xffff || end.offset === 0xffffffff)
    throw new Error("is a ZIP64 archive; unpack it and drop the folder");
  if (end.entries > limits.entries) throw new Error(`holds more than ${limits.entries} files`);
  if (end.disk !== 0 || end.size > limits.directory || end.offset + end.size > end.at)
    throw new Error("is no whole ZIP archive");
  const data = await view(blob, end.offset, end.offset + end.size), found = [];
  let at = 0, total = 0;
  for (let number = 0; number < end.entries; number++) {
    if (at + 46 > data.byteLength || data.getUint32(at, true) !== ENTRY)
      throw new Error("has a damaged list of its files");
    const flags = data.getUint16(at + 8, true), method = data.getUint16(at + 10, true);
    const crc = data.getUint32(at + 16, true), packed = data.getUint32(at + 20, true);
    const size = data.getUint32(at + 24, true), offset = data.getUint32(at + 42, true);
    const name = data.getUint16(at + 28, true);
    const rest = data.getUint16(at + 30, true) + data.getUint16(at + 32, true);
    if (at + 46 + name > data.byteLength) throw new Error("has a damaged list of its files");
    const bytes = new Uint8Array(data.buffer, data.byteOffset + at + 46, name);
    const words = new TextDecoder(flags & 0x800 ? "utf-8" : "latin1").decode(bytes);
    at += 46 + name + rest;
    if (words.endsWith("/")) continue;
    total += size;
    if (total > limits.total) throw new Error(`holds more than ${limits.total} bytes`);
    if (size > limits.free && size > limits.ratio * packed)
      throw new Error(`has a file that is packed more than ${limits.ratio} times; it is not opened`);
    const about = {flags, method, crc, packed, size, offset, fileBytes, before: end.offset};
    found.push({name: words, size, open: () => open(blob, about)});
  }
  if (at + 4 <= data.byteLength && data.getUint32(at, true) === ENTRY)
    throw new Error("has a damaged list of its files"); // more of them than it says
  return found;
}

async function open(blob, about) {
  if (about.flags & 1) throw new Error("is encrypted");
  if (about.method !== 0 && about.method !== 8) throw new Error("is packed in a way that is not known");
  if (about.size > about.fileBytes) throw new Error(`is larger than ${about.fileBytes} bytes`);
  const head = await view(blob, about.offset, about.offset + 30);
  if (head.byteLength < 30 || head.getUint32(0, true) !== LOCAL) throw new Error("is damaged");
  const start = about.offset + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  if (start + about.packed > about.before) throw new Error("is damaged");
  let stream = blob.slice(start, start + about.packed).stream();
  if (about.method === 8) {
    if (!("DecompressionStream" in globalThis)) throw new Error("cannot be unpacked by this browser");
    stream = stream.pipeThrough(new DecompressionStream("deflate-raw"));
  }
  const whole = new Uint8Array(about.size), reader = stream.getReader();
  let filled = 0;
  for (;;) {
    let part;
    try {
      part = await reader.read();
    } catch {
      throw new Error("is damaged");
    }
    if (part.done) break;
    if (filled + part.value.length > whole.length) {
      await reader.cancel();
      throw new Error("holds more than it says");
    }
    whole.set(part.value, filled);
    filled += part.value.length;
  }
  if (filled !== whole.length || crc32(whole) !== about.crc) throw new Error("is damaged");
  return new Blob([whole]);
}
