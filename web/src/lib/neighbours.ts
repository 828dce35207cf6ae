/** The list that was shown last, so that a ticket's page knows what comes before and after it. In memory alone. */
interface LastList {
  address: string;
  numbers: readonly number[];
}

let last: LastList = { address: '/', numbers: [] };

export function rememberList(address: string, numbers: readonly number[]): void {
  last = { address, numbers };
}

/** The way back to the list as it was. */
export const listAddressBack = (): string => last.address;

export function neighbour(number: number, step: 1 | -1): number | undefined {
  const at = last.numbers.indexOf(number);
  return at < 0 ? undefined : last.numbers[at + step];
}
