import { act, renderHook, waitFor } from '@testing-library/preact';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ago, categories, HOUR, MINUTE, organisation, sweep } from '../../dev/data.ts';
import { Mock } from '../../dev/mock.ts';
import {
  ApiError,
  type Mailbox,
  mailboxes,
  type Page,
  type Sweep,
  serverNow,
  session,
  type TicketPage,
} from '../api/index.ts';
import { fromPage, withOlder, withPage } from '../lib/history.ts';
import { linkPieces } from '../lib/links.ts';
import { apiQuery, listAddress, parseList, withSort, withStatuses } from '../lib/list-query.ts';
import { nextRows, usePages } from '../lib/pages.ts';
import { fieldErrors, problemText } from '../lib/problems.ts';
import { expiredKey, keepExpiredKey, signInToken, takeSecrets, ticketKey } from '../lib/secrets.ts';
import { followSweeps, type Progress, share } from '../lib/sweeps.ts';
import { categoryName, placeChoices, placeNames, settlePlace, settleSubject } from '../lib/trees.ts';
import { hue, initials } from '../parts/basics.tsx';

afterEach(() => {
  vi.unstubAllGlobals();
});

const NOWHERE = { corporation_id: '', company_id: '', site_id: '', cost_centre_id: '' };

describe('dependent choices', () => {
  it('offers children of the chosen parent alone', () => {
    const chosen = { ...NOWHERE, corporation_id: 'org_andino' };
    expect(placeChoices(organisation, chosen).site_id).toEqual([]);
    const luz = placeChoices(organisation, { ...chosen, company_id: 'org_luz' });
    expect(luz.site_id.map(c => c.id)).toEqual(['org_providencia', 'org_maipu']);
    expect(luz.cost_centre_id[0]?.name).toBe('2140 · Operación tienda');
  });

  it('selects a single choice by itself and clears what a new parent does not have', () => {
    expect(settlePlace(organisation, NOWHERE).corporation_id).toBe('org_andino');
    const before = {
      corporation_id: 'org_andino',
      company_id: 'org_sol',
      site_id: 'org_maipu',
      cost_centre_id: 'org_2140',
    };
    expect(settlePlace(organisation, before)).toMatchObject({ site_id: 'org_moema', cost_centre_id: 'org_310' });
  });

  it('drops the category of the other kind', () => {
    const subject = { kind: 'requirement' as const, category_id: 'cat_pos', subcategory_id: 'cat_terminal' };
    expect(settleSubject(categories, subject)).toEqual({
      kind: 'requirement',
      category_id: 'cat_access',
      subcategory_id: 'cat_new_user',
    });
  });

  it('offers nothing retired, and still names it', () => {
    const tree = structuredClone(organisation);
    const luz = tree.corporations[0]?.companies?.[0];
    if (luz) luz.retired = true;
    expect(placeChoices(tree, { ...NOWHERE, corporation_id: 'org_andino' }).company_id.map(c => c.id)).toEqual([
      'org_sol',
    ]);
    expect(placeNames(tree, { corporation_id: 'org_andino', company_id: 'org_luz' }).company).toBe('Farmacias Luz');
  });

  it('names categories in the language, or in one they have', () => {
    expect(categoryName(categories, { kind: 'incident', category_id: 'cat_net', subcategory_id: 'cat_vpn' })).toEqual({
      category: 'Redes',
      subcategory: 'VPN',
    });
  });

  it('asks for nothing where there are no trees', () => {
    expect(settlePlace({ corporations: [] }, NOWHERE)).toEqual(NOWHERE);
    expect(placeChoices({ corporations: [] }, NOWHERE).corporation_id).toEqual([]);
  });
});

describe('links in text', () => {
  it('finds web addresses and leaves the sentence its punctuation', () => {
    expect(linkPieces('See https://a.example/x?y=1. (or http://b.example)')).toEqual([
      { text: 'See ' },
      { text: 'https://a.example/x?y=1', href: 'https://a.example/x?y=1' },
      { text: '. (or ' },
      { text: 'http://b.example', href: 'http://b.example' },
      { text: ')' },
    ]);
    expect(linkPieces('https://en.wikipedia.org/wiki/A_(b)')[0]?.href).toBe('https://en.wikipedia.org/wiki/A_(b)');
  });

  it.each(['javascript:alert(1)', 'data:text/html,x', '<img src=x onerror=alert(1)>', 'https://', 'plain'])(
    'leaves %s text',
    text => {
      expect(linkPieces(text).every(piece => piece.href === undefined)).toBe(true);
    },
  );
});

describe('filters in the address', () => {
  it('go there and back', () => {
    const text = 'status=new&status=on_hold&assignee=me&kind=incident&sort=due_at';
    expect(listAddress(parseList(text))).toBe(`/?${text}`);
    expect(listAddress(parseList(''))).toBe('/');
    expect(listAddress(parseList('status=nonsense&sort=evil'))).toBe('/');
  });

  it('ask for pending tickets unless told otherwise', () => {
    expect(apiQuery(parseList('')).status).toEqual(['pending']);
    expect(apiQuery(parseList('status=all')).status).toBeUndefined();
    expect(apiQuery(parseList('status=resolved'), 'c').cursor).toBe('c');
  });

  it('keep closed tickets and the sorts of open ones apart', () => {
    expect(withSort(parseList('status=resolved&status=new'), 'due_at')).toMatchObject({
      statuses: ['new'],
      all: false,
    });
    expect(withStatuses(parseList('sort=due_at'), ['cancelled'], false).sort).toBe('-updated_at');
  });
});

describe('history', () => {
  const entry = (seq: number) => ({ seq, hash: `${seq}`, previous_hash: `${seq - 1}`, hidden: true }) as const;
  const page = (from: number, to: number, older: string | null) =>
    ({
      entries: Array.from({ length: to - from + 1 }, (_, i) => entry(from + i)),
      older_cursor: older,
    }) as unknown as TicketPage;
  const seqs = (history: { entries: { seq: number }[] }) => history.entries.map(e => e.seq);

  it('joins pages without repeating or leaving gaps', () => {
    const first = fromPage(page(11, 14, 'a'));
    expect(seqs(withPage(first, page(13, 16, 'b')))).toEqual([11, 12, 13, 14, 15, 16]);
    expect(seqs(withPage(first, page(20, 22, 'b')))).toEqual([20, 21, 22]);
    const older = withOlder(first, { items: [entry(10), entry(9)], next_cursor: null });
    expect(seqs(older)).toEqual([9, 10, 11, 12, 13, 14]);
    expect(older.older).toBeNull();
  });
});

describe('pages', () => {
  it('goes on past empty ones that name a cursor', async () => {
    const pages = [
      { items: [], next_cursor: 'a' },
      { items: [], next_cursor: 'b' },
      { items: [1], next_cursor: null },
    ];
    expect(await nextRows(async () => pages.shift() ?? { items: [], next_cursor: null })).toEqual({
      items: [1],
      next_cursor: null,
    });
  });
});

describe('a list that grows', () => {
  it('ignores a page of the filter before', async () => {
    let answer: (page: Page<string>) => void = () => undefined;
    const late = new Promise<Page<string>>(done => {
      answer = done;
    });
    const fetchPage = async (filter: string, cursor?: string) =>
      cursor ? late : { items: [`${filter}1`], next_cursor: filter };
    const { result, rerender } = renderHook(
      ({ filter }: { filter: string }) => usePages(cursor => fetchPage(filter, cursor), [filter]),
      { initialProps: { filter: 'a' } },
    );
    await waitFor(() => expect(result.current?.rows).toEqual(['a1']));
    act(() => void result.current?.loadMore());
    await waitFor(() => expect(result.current?.more.busy).toBe(true));
    rerender({ filter: 'b' });
    await waitFor(() => expect(result.current?.rows).toEqual(['b1']));
    expect(result.current?.more.busy).toBe(false);
    await act(async () => {
      answer({ items: ['a2'], next_cursor: null });
      await new Promise(done => setTimeout(done));
    });
    expect(result.current?.rows).toEqual(['b1']);
    expect(result.current?.hasMore).toBe(true);
  });
});

describe('the API', () => {
  it('reads every mailbox, page after page', async () => {
    const mock = new Mock();
    const [first] = mock.mailboxes;
    for (let n = mock.mailboxes.length; n < 130; n += 1) mock.mailboxes.push({ ...(first as Mailbox), id: `mbx_${n}` });
    vi.stubGlobal('fetch', mock.handle);
    expect(new Set((await mailboxes.list()).items.map(mailbox => mailbox.id)).size).toBe(130);
  });

  it("tells the time by the server's clock", async () => {
    const site = (ahead: number) => async () =>
      Response.json({}, { headers: { Date: new Date(Date.now() + ahead).toUTCString() } });
    vi.stubGlobal('fetch', site(HOUR));
    await session.site();
    expect(serverNow() - Date.now()).toBeGreaterThan(HOUR - MINUTE);
    vi.stubGlobal('fetch', site(0));
    await session.site();
    expect(Math.abs(serverNow() - Date.now())).toBeLessThan(MINUTE);
  });
});

describe('problems', () => {
  it('speak the language and name the field', () => {
    const error = new ApiError(422, {
      status: 422,
      code: 'invalid',
      errors: [
        { field: 'auth.password', code: 'secret_needed', detail: '' },
        { field: 'host', code: 'never_heard_of', detail: '' },
      ],
    });
    expect(fieldErrors(error)).toMatchObject({
      password: expect.stringContaining('contraseña'),
      host: 'Revise este campo.',
    });
    expect(problemText(new ApiError(409, { status: 409, code: 'last_administrator' }))).toContain('administrador');
    expect(problemText(new ApiError(500, { status: 500, code: 'unheard' }))).toBe('Algo falló. Inténtelo de nuevo.');
  });
});

describe('secrets of links', () => {
  it('leave the address at once', () => {
    location.hash = '#/m/se-cret_1';
    takeSecrets();
    expect(location.hash).toBe('#/m');
    expect(signInToken()).toBe('se-cret_1');
    location.hash = '#/t/1042?key=abc_-';
    takeSecrets();
    expect(location.hash).toBe('#/t/1042');
    expect(ticketKey(1042)).toBe('abc_-');
    expect(ticketKey(7)).toBeUndefined();
    keepExpiredKey({ number: 1042, key: 'abc_-' });
    expect(expiredKey()?.number).toBe(1042);
  });

  it('are taken as they stand where a mail program mangled them', () => {
    location.hash = '#/m/%zz';
    takeSecrets();
    expect(location.hash).toBe('#/m');
    expect(signInToken()).toBe('%zz');
  });
});

describe('following sweeps', () => {
  const box = (id: string, enabled = true) => ({ id, name: id, address: id, enabled }) as Mailbox;

  const follow = async (newest: (id: string) => Sweep | undefined, boxes: Mailbox[]): Promise<Progress[]> => {
    const told: Progress[] = [];
    await followSweeps(
      {
        list: async () => ({ items: boxes }),
        newest: async id => newest(id),
        start: async () => undefined,
        wait: async () => undefined,
      },
      progress => told.push(progress),
      new AbortController().signal,
    );
    return told;
  };

  it('gives up on one that nobody began within ten minutes', async () => {
    const asked = (minutes: number) => sweep('s', 'asked', { asked_at: ago(minutes * MINUTE) });
    const stuck = await follow(() => asked(11), [box('a')]);
    expect(stuck.map(p => p.over)).toEqual([false, true]);
    expect(stuck[1]?.mailboxes[0]?.lost).toBe(true);
    let looks = 0;
    const told = await follow(() => {
      looks += 1;
      return looks < 10 ? asked(9) : sweep('s', 'done');
    }, [box('a')]);
    expect(told.at(-1)).toMatchObject({ over: true, mailboxes: [{ lost: false }] });
  });

  it('is over at some time, whatever the server says', async () => {
    const told = await follow(id => sweep(id, id === 'a' ? 'running' : 'failed'), [box('a'), box('b')]);
    expect(told.at(-1)).toMatchObject({ over: true, mailboxes: [{ lost: true }, { over: true }] });
  });

  it('waits for a new sweep of each enabled mailbox, and for its end', async () => {
    const answers: Record<string, (Sweep | undefined)[]> = {
      a: [
        sweep('old', 'done'),
        sweep('old', 'done'),
        sweep('new', 'running', { found: 4, done: 1 }),
        sweep('new', 'done', { found: 4, done: 4, imported: 3 }),
      ],
      b: [undefined, sweep('b1', 'failed')],
    };
    const told = await follow(
      id => (answers[id]?.length === 1 ? answers[id]?.[0] : answers[id]?.shift()),
      [box('a'), box('b'), box('off', false)],
    );
    expect(told.map(p => p.over)).toEqual([false, false, false, true]);
    expect(told.map(p => Math.round(share(p) * 1000))).toEqual([0, 500, 625, 1000]);
  });
});

describe('people', () => {
  it('have initials and a hue of their own', () => {
    expect(initials('Ana Lucía Ribeiro')).toBe('AR');
    expect(initials('ñandú')).toBe('Ñ');
    expect(initials('')).toBe('?');
    expect(hue('usr_1')).toBe(hue('usr_1'));
    expect(hue('usr_1')).not.toBe(hue('usr_2'));
  });
});
