/** What became different between two versions of a tree, part by part. */
export interface Part {
  id: string;
  name: string;
  /** Whatever else it has of its own, as text. */
  rest: string;
  parent: string;
  retired: boolean;
}

type Became = 'added' | 'removed' | 'renamed' | 'retired' | 'restored' | 'moved' | 'changed';

export interface Difference {
  became: Became;
  name: string;
  before?: string;
}

export function differences(before: readonly Part[], now: readonly Part[]): Difference[] {
  const old = new Map(before.map(part => [part.id, part]));
  const present = new Set(now.map(part => part.id));
  const found: Difference[] = [];
  for (const part of now) {
    const was = old.get(part.id);
    const note = (became: Became) => found.push({ became, name: part.name, ...(was ? { before: was.name } : {}) });
    if (!was) note('added');
    else {
      if (was.name !== part.name) note('renamed');
      if (was.retired !== part.retired) note(part.retired ? 'retired' : 'restored');
      if (was.rest !== part.rest) note('changed');
    }
  }
  for (const part of before) if (!present.has(part.id)) found.push({ became: 'removed', name: part.name });
  if (found.length === 0 && before.some((part, at) => now[at]?.id !== part.id))
    found.push({ became: 'moved', name: now.find((part, at) => before[at]?.id !== part.id)?.name ?? '' });
  return found;
}
