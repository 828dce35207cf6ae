/** Texts of the interface. Every text a person reads comes from `es.json`, `pt.json` or `en.json`. */
import { createStore, useStore } from '../lib/store.ts';
import type en from './en.json';
import { pluralRule, setFormatLanguage } from './format.ts';

export type Key = keyof typeof en;
type Plural = { [K in Key]: K extends `${infer Base}.other` ? Base : never }[Key];
export type Locale = 'es' | 'pt' | 'en';
type Params = Record<string, string | number>;
export const LOCALES: readonly Locale[] = ['es', 'pt', 'en'];

type Texts = Record<string, string>;

/** What the first view says, and the rest, which screens that are loaded when opened wait for: see `build/texts.ts`. */
const load: Record<Locale, { first: () => Promise<{ default: Texts }>; rest: () => Promise<{ default: Texts }> }> = {
  es: { first: () => import('./es.json?first'), rest: () => import('./es.json?rest') },
  pt: { first: () => import('./pt.json?first'), rest: () => import('./pt.json?rest') },
  en: { first: () => import('./en.json?first'), rest: () => import('./en.json?rest') },
};

/** What dates and numbers follow: 'pt' alone would be Brazilian in some browsers and European in others. */
const TAGS: Record<Locale, string> = { es: 'es', pt: 'pt-BR', en: 'en-GB' };
const STORED = 'chamada.locale';

let texts: Texts = {};
const store = createStore<Locale>('es');

export const useLocale = (): Locale => useStore(store);
export const locale = (): Locale => store.get();

const known = (value: string | null | undefined): Locale | undefined =>
  LOCALES.find(l => value === l || value?.toLowerCase().startsWith(`${l}-`));

/** The language chosen here before, else the first one of the browser's that Chamada speaks. */
export function firstLocale(): Locale | undefined {
  return known(localStorage.getItem(STORED)) ?? navigator.languages.map(known).find(l => l !== undefined);
}

export const chosenLocale = (): Locale | undefined => known(localStorage.getItem(STORED));

let rest: Promise<void> | undefined;
let restWanted = false;

async function addRest(of: Locale): Promise<void> {
  const more = await load[of].rest();
  if (store.get() === of) texts = { ...texts, ...more.default };
}

/** Resolves when every text of the language in use is there. */
export function allTexts(): Promise<void> {
  restWanted = true;
  rest ??= addRest(store.get()).catch(error => {
    rest = undefined;
    throw error;
  });
  return rest;
}

export async function setLocale(next: Locale, remember = false): Promise<void> {
  // Where more than the first view is open, a change of language waits for all its texts.
  const [first, more] = await Promise.all([load[next].first(), restWanted ? load[next].rest() : undefined]);
  texts = { ...first.default, ...more?.default };
  rest = more && Promise.resolve();
  setFormatLanguage(TAGS[next]);
  document.documentElement.lang = TAGS[next];
  if (remember) localStorage.setItem(STORED, next);
  store.set(next);
}

const fill = (text: string, params?: Params): string =>
  params ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole)) : text;

export const t = (key: Key, params?: Params): string => fill(texts[key] ?? key, params);

/** Text for a count: `{n}` stands for it. */
export const tn = (base: Plural, count: number, params?: Params): string =>
  t(`${base}.${pluralRule(count)}` as Key, { n: count, ...params });

/** Whether there is a text of this name; for codes that the server may widen. */
export const hasText = (key: string): key is Key => key in texts;

/** The pieces of a text between its placeholders, for texts with markup inside. */
export function pieces(key: Key): { text?: string; name?: string }[] {
  return (texts[key] ?? key)
    .split(/(\{\w+\})/)
    .filter(piece => piece !== '')
    .map(piece => (/^\{\w+\}$/.test(piece) ? { name: piece.slice(1, -1) } : { text: piece }));
}
