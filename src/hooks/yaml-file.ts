import { existsSync, readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { UserError } from '../errors.ts';
import { readUserFile, rewriteUserFile } from '../files/user-file.ts';

export { isMap, isSeq, type YAMLMap, type YAMLSeq } from 'yaml';

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

export function writeYaml(path: string, document: YamlDocument): void {
  rewriteUserFile(readUserFile(path), Buffer.from(document.toString({ lineWidth: 0 })));
}
