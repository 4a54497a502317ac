import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The licences of the packages that are bundled into the program; each asks for its text to go along.
 * @param root the folder with node_modules
 * @param inputs the paths of all files in the bundle
 */
export function licencesOf(root, inputs) {
  const folders = inputs.map((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  const packages = [...new Set(folders.filter(Boolean))].sort();
  return `This program contains the following packages.\n${packages.map((folder) => licence(join(root, folder))).join('')}`;
}

function licence(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((each) => /^(?:licen[cs]e|copying)(?:\.(?:md|txt))?$/i.test(each));
  const text = file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  return `\n${'-'.repeat(80)}\n${name} ${version}, ${license}\n${text}`;
}
