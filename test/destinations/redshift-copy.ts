import { gunzipSync } from 'node:zlib';

/** What a COPY asks for. */
export interface Copy {
  /** Database, schema and table, as far as they are given. */
  readonly table: readonly string[];
  /** Empty: all of the table's. */
  readonly columns: readonly string[];
  /** The manifest's URL. */
  readonly from: string;
  readonly roleArn: string;
  /** What follows, in upper case, a text as it is. */
  readonly options: readonly string[];
}

/** The next word, name, text or sign of a statement. */
const TOKEN = /\s*(?:"((?:[^"]|"")*)"|'((?:[^'\\]|''|\\.)*)'|([A-Za-z_]\w*)|([.,()]))/y;

/**
 * Reads a COPY as Redshift does. Throws Redshift's words where it is none.
 * https://docs.aws.amazon.com/redshift/latest/dg/r_COPY.html
 */
export function parsedCopy(sql: string): Copy {
  const tokens: { readonly is: 'name' | 'text' | 'word' | 'sign'; readonly value: string }[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < sql.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const [all, name, text, word, sign] = TOKEN.exec(sql) ?? [];
    if (all === undefined) throw syntaxError(sql.slice(at, at + 10));
    if (name !== undefined) tokens.push({ is: 'name', value: name.replaceAll('""', '"') });
    else if (text !== undefined) tokens.push({ is: 'text', value: unescaped(text) });
    else if (word !== undefined) tokens.push({ is: 'word', value: word });
    else tokens.push({ is: 'sign', value: sign ?? '' });
  }

  let next = 0;
  const isNext = (value: string) => tokens[next]?.is !== 'text' && tokens[next]?.value.toUpperCase() === value;
  const take = (is: string, value?: string): string => {
    const token = tokens[next++];
    const isRight = token?.is === is && (value === undefined || token.value.toUpperCase() === value);
    if (!isRight || token === undefined) throw syntaxError(token?.value ?? 'the end');
    return token.value;
  };
  const names = (separator: string): string[] => {
    const list = [take('name')];
    while (isNext(separator)) {
      next++;
      list.push(take('name'));
    }
    return list;
  };

  take('word', 'COPY');
  const table = names('.');
  let columns: string[] = [];
  if (isNext('(')) {
    next++;
    columns = names(',');
    take('sign', ')');
  }
  take('word', 'FROM');
  const from = take('text');
  take('word', 'CREDENTIALS');
  const roleArn = take('text').replace(/^aws_iam_role=/, '');
  take('word', 'MANIFEST');
  const options = tokens.slice(next).map(({ is, value }) => (is === 'word' ? value.toUpperCase() : value));
  return { table, columns, from, roleArn, options };
}

/** The objects that a manifest names, as they lie in their buckets; throws Redshift's words for what is not there. */
export async function objectsIn(
  { from, options }: Pick<Copy, 'from' | 'options'>,
  read: (bucket: string, key: string) => Promise<Buffer | undefined>,
): Promise<readonly { readonly url: string; readonly body: Buffer }[]> {
  const at = async (url: string): Promise<Buffer> => {
    const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(url) ?? [];
    const body = await read(bucket, key);
    if (body === undefined) throw new Error(`The specified S3 prefix '${key}' does not exist`);
    return body;
  };
  const { entries } = JSON.parse(`${await at(from)}`) as { entries: { url: string; mandatory: boolean }[] };
  return Promise.all(
    entries.map(async ({ url }) => {
      const body = await at(url);
      return { url, body: options.includes('GZIP') ? gunzipSync(body) : body };
    }),
  );
}

function unescaped(text: string): string {
  return text.replace(/''|\\(.)/gs, (all, escaped: string | undefined) => {
    if (all === "''") return "'";
    return escaped === 't' ? '\t' : escaped === 'n' ? '\n' : (escaped ?? '');
  });
}

function syntaxError(near: string): Error {
  return new Error(`syntax error at or near "${near}"`);
}
