// Text from outside as one line that steers nothing: what cannot be seen, or turns the direction of
// what follows, is written as edge.console.messages.printable writes it.
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;
const SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"};

export function printable(text) {
  return String(text).replace(UNSEEN, (one) => {
    const hex = one.codePointAt(0).toString(16);
    if (hex.length <= 2) return SHORT[one] || `\\x${hex.padStart(2, "0")}`;
    return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
  });
}
