export type Row = Readonly<Record<string, string | number>>;

/** Rows of the same columns as a Markdown table. */
export function table(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const cells = [
    columns.map((column) => column.trim()),
    ...rows.map((row) => columns.map((column) => `${row[column]}`)),
  ];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i]!.length))); // All rows have all columns.
  const lines = cells.map((row) => `| ${row.map((cell, i) => cell.padStart(widths[i]!)).join(' | ')} |`);
  const rule = `| ${widths.map((width) => `${'-'.repeat(width - 1)}:`).join(' | ')} |`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}
