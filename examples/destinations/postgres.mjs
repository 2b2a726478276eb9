// PostgreSQL, with the package pg: each record a row (id text primary key, body jsonb) of the URL's fragment, a table.
// A stream's URL is postgres://user@host/database#table; its access key is the password.
import { defineDestination } from 'hydrant';
import pg from 'pg';

const pools = new Map();

function poolOf({ username: user, hostname: host, port, pathname }, password) {
  const options = { user, password, host, port: Number(port || 5432), database: pathname.slice(1), max: 4 };
  const name = JSON.stringify(options);
  if (!pools.has(name)) pools.set(name, new pg.Pool(options));
  return pools.get(name);
}

export default defineDestination({
  limits: { records: 5_000 },

  async deliver({ id, url, accessKey, records }) {
    const [ids, bodies] = [[], []];
    for await (const { index, data } of records()) {
      // The same record has the same id in every attempt, so a repeat adds nothing.
      ids.push(`${id.split('/')[0]}/${index}`);
      bodies.push(Buffer.from(data).toString());
    }
    const insert = `INSERT INTO ${pg.escapeIdentifier(url.hash.slice(1))} (id, body)
      SELECT * FROM unnest($1::text[], $2::jsonb[]) ON CONFLICT (id) DO NOTHING`;
    await poolOf(url, accessKey)
      .query(insert, [ids, bodies])
      // Class 22: one of the records is no JSON, or has a value that PostgreSQL does not take. Halved, it is found.
      .catch((error) => {
        throw Object.assign(error, { isTooLarge: /^22/.test(error.code) });
      });
  },
});
