// ClickHouse, over its HTTP interface: records are rows of JSON for the table in the URL's path.
// A stream's URL is clickhouse://user@host:8123/database/table; its access key is the password.
import { defineDestination } from 'hydrant';

export default defineDestination({
  limits: { records: 100_000, bytes: 16 * 1024 * 1024 },

  async deliver({ id, url, accessKey = '', records }, signal) {
    const rows = [];
    for await (const { data } of records()) rows.push(Buffer.from(data).toString().trim());
    const [, database, table] = url.pathname.split('/').map(decodeURIComponent);
    const query = new URLSearchParams({
      database,
      query: `INSERT INTO \`${table.replaceAll('`', '')}\` FORMAT JSONEachRow`,
      // A repeat after a crash has the same token, and ClickHouse takes it once.
      insert_deduplication_token: id,
    });
    const response = await fetch(`http://${url.host}/?${query}`, {
      method: 'POST',
      headers: { 'X-ClickHouse-User': url.username || 'default', 'X-ClickHouse-Key': accessKey },
      body: rows.join('\n'),
      signal,
    });
    if (response.ok) return;
    // The whole insert is refused for one bad row; halved, the bad ones are found.
    const isBadData = response.headers.get('x-clickhouse-exception-code') === '117';
    const message = `ClickHouse answered ${response.status}: ${(await response.text()).slice(0, 500)}`;
    throw Object.assign(new Error(message), { code: `ClickHouse.${response.status}`, isTooLarge: isBadData });
  },
});
