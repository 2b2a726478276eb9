const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
const UNITS: readonly string[] = ['B', 'KB', 'MB', 'GB', 'TB'];

/** `200,000`. */
export function count(amount: number): string {
  return whole.format(amount);
}

/** `1 record`, `200,000 records`. */
export function counted(amount: number, noun: string): string {
  return `${count(amount)} ${noun}${amount === 1 ? '' : 's'}`;
}

/** `61.2 MB`, in powers of 1,000. */
export function size(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (amount >= 999.95 && unit < UNITS.length - 1) {
    amount /= 1_000;
    unit++;
  }
  return `${tenths.format(amount)} ${UNITS[unit]}`;
}

/** `2.4 s`. */
export function seconds(ms: number): string {
  return `${tenths.format(ms / 1_000)} s`;
}
