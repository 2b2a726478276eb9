import { letterPrinters } from './time-letters.ts';
import type { LocalTime } from './time-zone.ts';

/** A compiled pattern: what it prints for an instant. */
export type TimePattern = (time: LocalTime) => string;

/**
 * Compiles a pattern of Java's `DateTimeFormatter` (Java 17, locale en-US), the language of `!{timestamp:…}`;
 * undefined when Java would refuse it. Quoted text is literal, `''` is a quote, `[` and `]` mark optional parts
 * (which always print: an instant in a zone has every field), `p` pads what follows with spaces, `{`, `}` and `#` are
 * reserved.
 * https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/time/format/DateTimeFormatter.html#patterns
 *
 * Which letters AWS accepts was observed: of all 52 exactly those that Java 17 accepts when they stand alone.
 */
export function compileTimePattern(pattern: string): TimePattern | undefined {
  const printers: TimePattern[] = [];
  let open = 0;
  let at = 0;
  while (at < pattern.length) {
    const char = pattern[at]!; // at < length
    if (isLetter(char)) {
      const piece = letters(pattern, at);
      if (piece === undefined) return undefined;
      printers.push(piece.print);
      at = piece.end;
    } else if (char === "'") {
      const piece = quoted(pattern, at);
      if (piece === undefined) return undefined;
      printers.push(() => piece.text);
      at = piece.end;
    } else if (char === '[') {
      open++;
      at++;
    } else if (char === ']') {
      if (open-- === 0) return undefined;
      at++;
    } else if ('{}#'.includes(char)) {
      return undefined;
    } else {
      printers.push(() => char);
      at++;
    }
  }
  return (time) => {
    let text = '';
    for (const print of printers) text += print(time);
    return text;
  };
}

/** A run of one letter, or `p…` and the run it pads. */
function letters(pattern: string, start: number): { print: TimePattern; end: number } | undefined {
  const end = runEnd(pattern, start);
  if (pattern[start] !== 'p') {
    const print = letterPrinters[pattern[start]!]?.(end - start);
    return print && { print, end };
  }
  const width = end - start;
  const padded = pattern[end];
  if (padded === undefined || !isLetter(padded)) return undefined;
  const paddedEnd = runEnd(pattern, end);
  const print = letterPrinters[padded]?.(paddedEnd - end);
  // Java fails on printing what is wider than its padding; here it prints as it is, for an object has to have some
  // name.
  return print && { print: (time) => print(time).padStart(width), end: paddedEnd };
}

function quoted(pattern: string, start: number): { text: string; end: number } | undefined {
  let text = '';
  for (let at = start + 1; at < pattern.length; at++) {
    if (pattern[at] !== "'") text += pattern[at];
    else if (pattern[at + 1] === "'") text += pattern[at++];
    else return { text: text === '' ? "'" : text, end: at + 1 };
  }
  return undefined;
}

function runEnd(pattern: string, start: number): number {
  let end = start + 1;
  while (pattern[end] === pattern[start]) end++;
  return end;
}

function isLetter(char: string): boolean {
  return (char >= 'A' && char <= 'Z') || (char >= 'a' && char <= 'z');
}
