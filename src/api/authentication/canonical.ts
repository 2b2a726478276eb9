import type { ApiRequest } from '../context.ts';

/**
 * The parts of a request in the one form that its client and its server both sign, whatever way they took.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request
 */

/** The path without its dots and doubled slashes, and escaped once more, as every service but S3 has it. */
export function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(escaped(segment));
  }
  const endsInSlash = segments.length > 0 && path.endsWith('/');
  return `/${segments.join('/')}${endsInSlash ? '/' : ''}`;
}

/** The query's parameters in the order of their bytes, each escaped anew, without the signature itself. */
export function canonicalQuery(query: string): string {
  return parametersIn(query)
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [escaped(name), escaped(value)] as const)
    .sort(([name, value], [otherName, otherValue]) => order(name, otherName) || order(value, otherValue))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/**
 * Names and values of a query, unescaped; a plus is a plus. What is escaped wrongly stays as it is: it has no meaning
 * to us, and its signature is compared as it came.
 */
export function parametersIn(query: string): readonly (readonly [name: string, value: string])[] {
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      return equals < 0 ? [unescaped(part), ''] : [unescaped(part.slice(0, equals)), unescaped(part.slice(equals + 1))];
    });
}

/** Each header on a line, trimmed, inner white space as one blank; one that was sent several times has all values. */
export function canonicalHeaders(headers: ApiRequest['headers'], names: readonly string[]): string {
  return names.map((name) => `${name}:${valuesOf(headers[name]).map(trimmed).join(',')}\n`).join('');
}

function valuesOf(header: ApiRequest['headers'][string]): readonly string[] {
  if (header === undefined) return [];
  return typeof header === 'string' ? [header] : header;
}

/** White space is that of HTTP, to which what JavaScript takes for it does not belong, such as a no-break space. */
function trimmed(value: string): string {
  return value.replace(/[ \t\r\n]+/g, ' ').replace(/^ | $/g, '');
}

/** Everything but the unreserved characters of RFC 3986 is escaped. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** By UTF-16 units, which for escaped text are its bytes. */
function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
