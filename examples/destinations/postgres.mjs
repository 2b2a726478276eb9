// PostgreSQL, with the package pg: each record a row (id text primary key, body jsonb) of the table in the URL's fragment.
// A stream's URL is postgres://user@host/database#table; its access key is the password.
import { defineDestination } from 'hydrant';
import pg from 'pg';

const pools = new Map();

function poolOf(url, password) {
  const key = `${url} ${password}`;
  if (!pools.has(key)) {
    const [user, host, port] = [url.username, url.hostname, Number(url.port || 5432)];
    pools.set(key, new pg.Pool({ user, password, host, port, database: url.pathname.slice(1), max: 4 }));
  }
  return pools.get(key);
}

export default defineDestination({
  limits: { records: 5_000 },

  async deliver({ id, url, accessKey, records }) {
    const ids = [];
    const bodies = [];
    const refused = [];
    for await (const { index, data } of records()) {
      try {
        const text = Buffer.from(data).toString();
        JSON.parse(text);
        bodies.push(text);
        ids.push(`${id.split('/')[0]}/${index}`);
      } catch {
        refused.push({ index, message: 'The record is not JSON.' });
      }
    }
    // The same record has the same id in every attempt, so a repeat adds nothing.
    const insert = `INSERT INTO ${pg.escapeIdentifier(url.hash.slice(1))} (id, body)
      SELECT * FROM unnest($1::text[], $2::jsonb[]) ON CONFLICT (id) DO NOTHING`;
    await poolOf(url, accessKey)
      .query(insert, [ids, bodies])
      // Class 22: one of the records has a value that PostgreSQL does not take. Halved, it is found.
      .catch((error) => {
        throw Object.assign(error, { isTooLarge: /^22/.test(error.code) });
      });
    return { refused };
  },
});
