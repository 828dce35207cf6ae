/** Files to import: what they are made of, and what the server says is wrong with them. */
import { type Import, isApiError } from '../api/index.ts';
import { fieldText } from './problems.ts';

export const COLUMNS: Readonly<Record<Import, readonly string[]>> = {
  users: ['email', 'name', 'role', 'locale', 'company'],
  organisation: ['corporation', 'company', 'site', 'cost_centre_code', 'cost_centre_name'],
  categories: [
    'kind',
    'category_es',
    'category_pt',
    'category_en',
    'subcategory_es',
    'subcategory_pt',
    'subcategory_en',
  ],
};

export interface ImportFault {
  line?: number;
  column: string;
  words: string;
}

/** The text of a file in UTF-8; nothing where it is in another encoding, whose letters would come out wrong. */
export async function readCsv(file: Blob): Promise<string | undefined> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    return undefined;
  }
}

/** Each faulty cell, by line; `line.3.email` is the field of one. */
export function importFaults(error: unknown): ImportFault[] {
  if (!isApiError(error) || error.code !== 'invalid') return [];
  const faults = (error.problem.errors ?? []).map(({ field, code }): ImportFault => {
    const place = /^line\.(\d+)(?:\.(.*))?$/.exec(field);
    return {
      ...(place ? { line: Number(place[1]) } : {}),
      column: place ? (place[2] ?? '') : field,
      words: fieldText(code),
    };
  });
  return faults.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}
