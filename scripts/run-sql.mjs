// Runs one statement on a MySQL or PostgreSQL and prints the rows, tab-separated: what `mysql -N -B -e` and
// `psql -At` print, where neither is installed.
import mysql from 'mysql2/promise';
import pg from 'pg';

const [url, statement] = process.argv.slice(2);

async function onMysql() {
  const exact = { dateStrings: true, supportBigNumbers: true, bigNumberStrings: true };
  const connection = await mysql.createConnection({ uri: url, timezone: 'Z', ...exact });
  try {
    const [rows] = await connection.query({ sql: statement, rowsAsArray: true });
    return Array.isArray(rows) ? rows : [];
  } finally {
    await connection.end();
  }
}

async function onPostgres() {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: statement, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

const toText = (value) => (value instanceof Date ? value.toISOString() : String(value ?? ''));

try {
  const rows = url.startsWith('mysql') ? await onMysql() : await onPostgres();
  for (const row of rows) console.log(row.map(toText).join('\t'));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
