/** Canned replies as administrators change them. */
import type { CannedReplies, CannedRepliesInput } from '../api/index.ts';
import type { Part } from './tree-diff.ts';

export type Bodies = CannedReplies['replies'][number]['bodies'];

export type CannedDeed =
  | { do: 'add'; name: string; bodies: Bodies }
  | { do: 'edit'; id: string; name: string; bodies: Bodies }
  | { do: 'shift'; id: string; by: 1 | -1 }
  | { do: 'remove'; id: string };

/** What a ticket fills. */
export const PLACEHOLDERS = ['ticket', 'title', 'requester', 'specialist', 'site', 'due'] as const;

export function afterCannedDeed(list: CannedReplies, deed: CannedDeed): CannedRepliesInput | undefined {
  const replies: CannedRepliesInput['replies'] = list.replies.map(({ id, name, bodies }) => ({ id, name, bodies }));
  if (deed.do === 'add') return { replies: [...replies, { name: deed.name, bodies: deed.bodies }] };
  const at = replies.findIndex(reply => reply.id === deed.id);
  const one = replies[at];
  if (!one) return undefined;
  if (deed.do === 'edit') replies[at] = { ...one, name: deed.name, bodies: deed.bodies };
  else {
    replies.splice(at, 1);
    if (deed.do === 'shift') replies.splice(Math.max(0, at + deed.by), 0, one);
  }
  return { replies };
}

export const cannedParts = (list: CannedReplies): Part[] =>
  list.replies.map(reply => ({
    id: reply.id,
    name: reply.name,
    rest: JSON.stringify(reply.bodies),
    parent: '',
    retired: false,
  }));
