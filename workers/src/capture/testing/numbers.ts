/** A table of one column `seq` with the whole numbers from `from` to `to`, on MariaDB as on MySQL. */
export function numbers(from: number, to: number): string {
  const list = `concat('[0', repeat(',0', ${to - from}), ']')`;
  const table = `json_table(${list}, '$[*]' columns (nth for ordinality)) as list`;
  return `(select nth + ${from} - 1 as seq from ${table}) as numbers`;
}
