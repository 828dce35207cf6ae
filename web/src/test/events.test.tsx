import { render } from '@testing-library/preact';
import { describe, expect, it } from 'vitest';
import { categories, organisation } from '../../dev/data.ts';
import type { Entry, Place } from '../api/index.ts';
import { addressOf, knownAs, titleOf } from '../lib/erased.ts';
import { EventLine } from '../screens/ticket/event-line.tsx';

const now = new Date();

function words(data: Entry['data'], known: boolean, type: Entry['type'] = 'classified'): string {
  const entry: Entry = { seq: 2, at: now.toISOString(), type, via: 'web', data, hash: '', previous_hash: '' };
  const trees = { organisation: known ? organisation : undefined, categories: known ? categories : undefined };
  return render(<EventLine entry={entry} now={now} trees={trees} />).container.textContent ?? '';
}

describe('a new classification', () => {
  const from: Place = { kind: 'incident', category_id: 'cat_pos', company_id: 'org_luz', corporation_id: 'org_andino' };
  const to: Place = { ...from, kind: 'requirement', category_id: 'cat_access' };

  it('names what differs, and nothing else', () => {
    const line = words({ from, to }, true);
    const name = categories.requirement.find(category => category.id === 'cat_access')?.names.es;
    expect(line).toContain('Tipo: Requerimiento');
    expect(line).toContain(`Categoría: ${name}`);
    expect(line).not.toContain('Empresa');
  });

  it('shows nobody an id', () => {
    const line = words({ from, to }, false);
    expect(line).toContain('Categoría');
    expect(line).not.toMatch(/cat_|org_/);
  });

  it('says what was taken away', () => {
    expect(
      words({ from, to: { kind: 'incident', corporation_id: 'org_andino', company_id: 'org_luz' } }, true),
    ).toMatch(/Categoría: (?!cat_)\S+/);
  });
});

describe('other changes', () => {
  it('read from and to', () => {
    expect(words({ from: 'normal', to: 'urgent' }, true, 'priority')).toContain('Urgente');
    expect(words({ from: 'Vieja', to: 'Nueva' }, true, 'title')).toContain('Nueva');
  });
});

describe('what was erased', () => {
  it('is said to be, wherever a title, a person or an address would stand', () => {
    const nobody = { name: '', email: 'erased@invalid' };
    expect([titleOf({ title: '' }), knownAs(nobody), addressOf(nobody.email)]).toEqual([
      'Borrado',
      'Borrado',
      'Borrado',
    ]);
    const ana = { name: 'Ana', email: 'ana@example.org' };
    expect([titleOf({ title: 'Sin red' }), knownAs(ana), addressOf(ana.email)]).toEqual(['Sin red', 'Ana', ana.email]);
    expect(knownAs({ ...ana, name: '' })).toBe(ana.email);
  });
});
