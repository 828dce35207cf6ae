/** Texts: the same keys and placeholders in every language, all of them used, and none written in code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import firstEn from '../i18n/en.json';
import firstEs from '../i18n/es.json';
import moreEn from '../i18n/more/en.json';
import moreEs from '../i18n/more/es.json';
import morePt from '../i18n/more/pt.json';
import firstPt from '../i18n/pt.json';

const en = { ...firstEn, ...moreEn };
const es = { ...firstEs, ...moreEs };
const pt = { ...firstPt, ...morePt };

const source = join(import.meta.dirname, '..');
const files = (readdirSync(source, { recursive: true }) as string[]).filter(
  name => /\.tsx?$/.test(name) && !name.startsWith('test'),
);
const parsed = files.map(name =>
  ts.createSourceFile(
    name,
    readFileSync(join(source, name), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
    name.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS,
  ),
);

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, child => visit(child, see));
}

const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort().join(' ');
const all: [string, Record<string, string>][] = [
  ['es', es],
  ['pt', pt],
];

describe('the languages', () => {
  it.each(all)('%s has the keys of en, no more and no fewer', (_name, texts) => {
    expect(Object.keys(texts).sort()).toEqual(Object.keys(en).sort());
  });

  it('has each text in one place: with the first view, or with the screens that need more', () => {
    expect(Object.keys(moreEn).filter(key => key in firstEn)).toEqual([]);
    for (const [first, more] of [
      [firstEs, moreEs],
      [firstPt, morePt],
    ] as const) {
      expect(Object.keys(first).sort()).toEqual(Object.keys(firstEn).sort());
      expect(Object.keys(more).sort()).toEqual(Object.keys(moreEn).sort());
    }
  });

  it.each(all)('%s has the placeholders of en', (_name, texts) => {
    const differing = Object.entries(en).filter(([key, text]) => placeholders(text) !== placeholders(texts[key] ?? ''));
    expect(differing).toEqual([]);
  });

  it.each(all)('%s has no empty text', (_name, texts) => {
    expect(Object.entries(texts).filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  it('has both forms of every plural', () => {
    const forms = Object.keys(en).filter(key => /\.(one|other)$/.test(key));
    const bases = new Set(forms.map(key => key.replace(/\.(one|other)$/, '')));
    expect(forms.length).toBe(bases.size * 2);
  });
});

/** Whatever a sweep reports: `explain` in shared/domain and `Trouble` in functions/mail-sweep. */
const SWEEP_ERRORS = [
  'auth_failed',
  'certificate',
  'host_not_found',
  'in_use',
  'interrupted',
  'protocol',
  'refused',
  'removed',
  'setup',
  'timed_out',
  'unavailable',
];

describe('why a mailbox could not be read', () => {
  it.each(SWEEP_ERRORS)('has words for %s', code => {
    expect(en).toHaveProperty([`mail_failure.${code}`]);
  });
});

describe('the code', () => {
  const literals = new Set<string>();
  const prefixes = new Set<string>();
  for (const file of parsed)
    visit(file, node => {
      if (ts.isStringLiteralLike(node)) literals.add(node.text);
      if (ts.isTemplateExpression(node)) prefixes.add(node.head.text);
    });

  it('uses every key', () => {
    const unused = Object.keys(en).filter(key => {
      const base = key.replace(/\.(one|other)$/, '');
      const byPrefix = [...prefixes].some(prefix => prefix.includes('.') && key.startsWith(prefix));
      return !literals.has(key) && !literals.has(base) && !byPrefix;
    });
    expect(unused).toEqual([]);
  });

  it('names texts that come later in the screens alone that they come with', () => {
    const found: string[] = [];
    const bases = new Set(Object.keys(moreEn).flatMap(key => [key, key.replace(/\.(one|other)$/, '')]));
    // Words that are something else as well.
    for (const word of ['no', 'yes', 'password', 'sessions', 'tokens', 'messages']) bases.delete(word);
    for (const file of parsed.filter(one => !/screens\/(admin|account|guest)\//.test(one.fileName)))
      visit(file, node => {
        if (ts.isStringLiteralLike(node) && bases.has(node.text)) found.push(`${file.fileName}: ${node.text}`);
      });
    expect(found).toEqual([]);
  });

  it('holds no words of its own', () => {
    const found: string[] = [];
    const spoken = new Set(['aria-label', 'title', 'placeholder', 'alt', 'label', 'hint']);
    for (const file of parsed)
      visit(file, node => {
        if (ts.isJsxText(node) && /\p{L}{2}/u.test(node.text) && node.text.trim() !== 'Chamada')
          found.push(`${file.fileName}: ${node.text.trim()}`);
        if (
          ts.isJsxAttribute(node) &&
          spoken.has(node.name.getText()) &&
          node.initializer &&
          ts.isStringLiteral(node.initializer) &&
          /\p{L}{2}/u.test(node.initializer.text)
        )
          found.push(`${file.fileName}: ${node.getText()}`);
      });
    expect(found).toEqual([]);
  });

  it('sets no style attribute and no HTML', () => {
    const found: string[] = [];
    for (const file of parsed)
      visit(file, node => {
        if (!ts.isJsxAttribute(node)) return;
        const name = node.name.getText();
        if (name === 'dangerouslySetInnerHTML') found.push(node.getText());
        // Custom properties go through `style.setProperty`, which the Content-Security-Policy lets pass.
        if (name === 'style' && !/^style=\{\{ '--\w+': [^,]+ \}\}$/.test(node.getText())) found.push(node.getText());
      });
    expect(found).toEqual([]);
  });
});
