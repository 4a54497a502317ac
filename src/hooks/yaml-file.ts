import { existsSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { UserError } from '../errors.ts';
import { readUserFile, rewriteUserFile } from '../files/user-file.ts';
import { parseDocument, withoutOurs, withValue } from './yaml-text.ts';

export { isMap, isSeq, type YAMLMap, type YAMLSeq } from './yaml-text.ts';

export type YamlDocument = ReturnType<typeof parseDocument>;

/**
 * A configuration in YAML; comments and the order of things stay.
 * @throws {UserError} `bad_config` when it is not YAML
 */
export function readYaml(path: string): YamlDocument {
  const document = parseDocument(existsSync(path) ? readFileSync(path, 'utf8') : '');
  if (document.errors.length > 0) {
    throw new UserError('bad_config', `${path} is not YAML that can be changed`, {
      hint: 'correct it and run the same command again',
    });
  }
  return document;
}

/**
 * Writes a document to which values were added: in lines of their own, so that the rest stays byte for byte; where
 * lines cannot do it, as a whole.
 * @param added each value with its path
 */
export function addToYaml(
  path: string,
  document: YamlDocument,
  added: readonly { readonly path: readonly string[]; readonly value: unknown }[],
): void {
  const file = readUserFile(path);
  const text = file.content.toString('utf8');
  let fresh: string | null = text;
  for (const each of added) fresh = fresh === null ? null : withValue(fresh, each.path, each.value);
  const isSame = fresh !== null && isDeepStrictEqual(parseDocument(fresh).toJS(), document.toJS());
  if (isSame) rewriteUserFile(file, Buffer.from(fresh ?? text));
  else writeYaml(path, document);
}

/** Takes our lines out of a file. False when it has none. */
export function removeFromYaml(path: string): boolean {
  const file = readUserFile(path);
  const text = file.content.toString('utf8');
  const rest = withoutOurs(text);
  if (rest !== text) rewriteUserFile(file, Buffer.from(rest));
  return rest !== text;
}

export function writeYaml(path: string, document: YamlDocument): void {
  rewriteUserFile(readUserFile(path), Buffer.from(document.toString({ lineWidth: 0 })));
}
