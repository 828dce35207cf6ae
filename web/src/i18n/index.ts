/**
 * Texts of the interface. Every text a person reads comes from `es.json`, `pt.json` or `en.json`; those in `more/` are of
 * screens that few open (administration, account, guests), and come with the first of them.
 */
import { createStore, useStore } from '../lib/store.ts';
import type en from './en.json';
import { pluralRule, setFormatLanguage } from './format.ts';
import type moreEn from './more/en.json';

export type Key = keyof typeof en | keyof typeof moreEn;
type Plural = { [K in Key]: K extends `${infer Base}.other` ? Base : never }[Key];
export type Locale = 'es' | 'pt' | 'en';
type Params = Record<string, string | number>;
export const LOCALES: readonly Locale[] = ['es', 'pt', 'en'];

type Texts = Record<string, string>;

const load: Record<Locale, () => Promise<{ default: Texts }>> = {
  es: () => import('./es.json'),
  pt: () => import('./pt.json'),
  en: () => import('./en.json'),
};

const loadMore: Record<Locale, () => Promise<{ default: Texts }>> = {
  es: () => import('./more/es.json'),
  pt: () => import('./more/pt.json'),
  en: () => import('./more/en.json'),
};

/** What dates and numbers follow: 'pt' alone would be Brazilian in some browsers and European in others. */
const TAGS: Record<Locale, string> = { es: 'es', pt: 'pt-BR', en: 'en-GB' };
const STORED = 'chamada.locale';

let texts: Texts = {};
let wantMore = false;
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

async function textsOf(next: Locale): Promise<Texts> {
  const wanted = wantMore;
  const [common, more] = await Promise.all([load[next](), wanted ? loadMore[next]() : undefined]);
  // A screen that needs more was opened meanwhile.
  if (wanted !== wantMore) return textsOf(next);
  return { ...common.default, ...more?.default };
}

/** For screens whose texts are in `more/`: they are there before the screen is. */
export async function withMore<M>(screen: Promise<M>): Promise<M> {
  wantMore = true;
  const now = locale();
  const [module, all] = await Promise.all([screen, textsOf(now)]);
  // Where the language became another one meanwhile, its texts hold these already.
  if (locale() === now) texts = all;
  return module;
}

export async function setLocale(next: Locale, remember = false): Promise<void> {
  texts = await textsOf(next);
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
