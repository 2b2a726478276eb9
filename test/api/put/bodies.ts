import fc from 'fast-check';

/** Bodies of puts for tests: well-formed ones in every style JSON allows, nearly well-formed ones, and damaged ones. */

const space = fc.constantFrom('', '', '', ' ', '\n', '\t \r\n');

/** A JSON value's text between white space. */
const spaced = (text: fc.Arbitrary<string>) => fc.tuple(space, text, space).map((parts) => parts.join(''));

const streamName = fc.oneof(
  { weight: 20, arbitrary: fc.stringMatching(/^[a-zA-Z0-9_.-]{1,64}$/) },
  { weight: 1, arbitrary: fc.constantFrom('', 'a b', 'é', 'n'.repeat(64), 'n'.repeat(65), 'a\u0000', '😀') },
);

const base64 = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64'));

/** Not quite base64: other alphabets, missing or misplaced padding, characters whose low byte is a legal one. */
const nearlyBase64 = fc.oneof(
  base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  base64.map((text) => text.replaceAll('=', '')),
  base64.map((text) => `${text}=`),
  fc.tuple(base64, base64).map((parts) => parts.join('')),
  fc.constantFrom(
    'QQ',
    'QR==',
    'A===',
    '====',
    'QQ==QQ==',
    'QQ= =',
    'QUJ\u0141',
    'QUJ\u0441',
    'QUJDé===',
    '-_-_',
    'Q Q=',
    'QQ==\n',
  ),
);

const data = fc.oneof({ weight: 40, arbitrary: base64 }, { weight: 1, arbitrary: nearlyBase64 });

/** A string's JSON text, as most encoders, as PHP's and as the most cautious write it. */
const inJson = fc.oneof(
  { weight: 30, arbitrary: fc.constant((text: string) => JSON.stringify(text)) },
  { weight: 1, arbitrary: fc.constant((text: string) => JSON.stringify(text).replaceAll('/', '\\/')) },
  { weight: 1, arbitrary: fc.constant((text: string) => `"${[...text].map(escaped).join('')}"`) },
);

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

const quoted = (text: fc.Arbitrary<string>) => fc.tuple(text, inJson).map(([value, toJson]) => toJson(value));

const otherValue = fc.constantFrom(
  'null',
  '0',
  '-1e3',
  'true',
  '"x"',
  '{}',
  '[]',
  '[{}]',
  '{"Data":"QQ=="}',
  '"\\ud800"',
  '{"a":[{"b":"\\"}"}]}',
);

const otherName = fc.constantFrom(
  '"Other"',
  '"Data "',
  '"data"',
  '"__proto__"',
  '"D\\u0061ta"',
  '"Records"',
  '"Record"',
  '"DeliveryStreamName"',
  '"Data"',
  '""',
);

const otherMember = fc.tuple(spaced(otherName), spaced(otherValue)).map((parts) => parts.join(':'));

/** An object of these members in any order, now and then with one too many or one too few. */
function object(members: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  const complete = fc.tuple(...members);
  const shuffled = complete.chain((texts) => fc.shuffledSubarray(texts, { minLength: texts.length }));
  const some = complete.chain((texts) => fc.shuffledSubarray(texts));
  const extended = fc.tuple(complete, otherMember).chain(([texts, other]) => {
    const all = [...texts, other];
    return fc.shuffledSubarray(all, { minLength: all.length });
  });
  return fc
    .oneof({ weight: 20, arbitrary: shuffled }, { weight: 1, arbitrary: some }, { weight: 1, arbitrary: extended })
    .map((texts) => `{${texts.join(',')}}`);
}

const member = (name: string, value: fc.Arbitrary<string>) =>
  fc.tuple(spaced(fc.constant(JSON.stringify(name))), spaced(value)).map((parts) => parts.join(':'));

const record = fc.oneof(
  { weight: 60, arbitrary: object([member('Data', quoted(data))]) },
  { weight: 1, arbitrary: otherValue },
);

const records = fc.array(spaced(record), { maxLength: 6 }).map((texts) => `[${texts.join(',')}]`);

const name = member('DeliveryStreamName', quoted(streamName));

export const putRecordBody = spaced(object([name, member('Record', record)])).map((text) => Buffer.from(text));

export const putRecordBatchBody = spaced(object([name, member('Records', records)])).map((text) => Buffer.from(text));

const fragment = fc.oneof(
  fc
    .constantFrom(
      '"',
      '\\',
      ',',
      ':',
      '{',
      '}',
      '[',
      ']',
      ' ',
      '\\"',
      '=',
      '-',
      '_',
      '/',
      '\\/',
      '\\u0041',
      '},{',
      '"Data":""',
      'null',
      '\u0000',
      '\uFEFF',
    )
    .map(Buffer.from),
  fc
    .constantFrom([0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xef, 0xbb, 0xbf], [0xf4, 0x90, 0x80, 0x80])
    .map((bytes) => Buffer.from(bytes)),
  fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
);

/** The body with up to three pieces of it replaced by something else, or by nothing. */
export function damaged(body: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const wound = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 4 }), fragment);
  return fc.tuple(body, fc.array(wound, { minLength: 1, maxLength: 3 })).map(([whole, wounds]) =>
    wounds.reduce((bytes, [place, cut, insert]) => {
      const at = Math.floor(place * bytes.length);
      return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + cut)]);
    }, whole),
  );
}
