/** Values as short texts. Pure. */

/** The most that a table's cell says of a long text. */
const LONGEST = 120;

/** A text on one line, cut where it grows too long for a table. */
export function oneLine(text: string): string {
  const flat = text.trim().replace(/\s+/g, ' ');
  return flat.length > LONGEST ? `${flat.slice(0, LONGEST).trimEnd()}…` : flat;
}

/** A number with at most three decimals: averages have many more, and nobody reads them. */
export function shownNumber(value: number): string {
  return String(Number.isInteger(value) ? value : Number(value.toFixed(3)) || value);
}
