// @vitest-environment node
/** Nothing is exported that no other file imports. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const files = ['src', 'dev']
  .flatMap(folder => (readdirSync(join(root, folder), { recursive: true }) as string[]).map(name => join(folder, name)))
  .filter(name => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'));
const sources = new Map(
  files.map(name => [
    name,
    ts.createSourceFile(name, readFileSync(join(root, name), 'utf8'), ts.ScriptTarget.Latest, true),
  ]),
);

const used = new Set<string>();

/** Names reach their file through `export *` too. */
function use(file: string, name: string): void {
  used.add(`${file}#${name}`);
  for (const statement of sources.get(file)?.statements ?? [])
    if (ts.isExportDeclaration(statement) && !statement.exportClause)
      use(target(file, statement.moduleSpecifier), name);
}

const target = (file: string, specifier: ts.Node | undefined): string =>
  specifier && ts.isStringLiteral(specifier) ? join(file, '..', specifier.text) : '';

function look(file: string, node: ts.Node, spaces: Map<string, string>): void {
  if (ts.isImportDeclaration(node)) {
    const from = target(file, node.moduleSpecifier);
    const bindings = node.importClause?.namedBindings;
    if (bindings && ts.isNamedImports(bindings))
      for (const { propertyName, name } of bindings.elements) use(from, (propertyName ?? name).text);
    if (bindings && ts.isNamespaceImport(bindings)) spaces.set(bindings.name.text, from);
  }
  if (ts.isExportDeclaration(node) && node.exportClause && ts.isNamedExports(node.exportClause))
    for (const { propertyName, name } of node.exportClause.elements)
      use(target(file, node.moduleSpecifier), (propertyName ?? name).text);
  if (ts.isQualifiedName(node)) use(spaces.get(node.left.getText()) ?? '', node.right.text);
  // What is loaded when first needed is taken apart there by its properties.
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    used.add(`${target(file, node.arguments[0])}#*`);
  ts.forEachChild(node, child => look(file, child, spaces));
}

function exported(statement: ts.Statement): string[] {
  if (ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause))
    return statement.exportClause.elements.map(({ name }) => name.text);
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  const has = (kind: ts.SyntaxKind) => modifiers?.some(modifier => modifier.kind === kind);
  if (!has(ts.SyntaxKind.ExportKeyword) || has(ts.SyntaxKind.DefaultKeyword)) return [];
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  const { name } = statement as ts.DeclarationStatement;
  return name ? [name.getText()] : [];
}

it('finds every export imported by somebody', () => {
  for (const [file, source] of sources) look(file, source, new Map());
  const judged = [...sources].filter(([file]) => file.startsWith('src') && !used.has(`${file}#*`));
  const unused = judged.flatMap(([file, source]) =>
    source.statements.flatMap(exported).flatMap(name => (used.has(`${file}#${name}`) ? [] : [`${file}: ${name}`])),
  );
  expect(unused).toEqual([]);
});
