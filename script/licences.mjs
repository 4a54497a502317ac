import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The licences of the packages that are bundled into the program; each asks for its text to go along.
 * @param root the folder with node_modules
 * @param inputs the paths of all files in the bundle
 */
export function licencesOf(root, inputs) {
  const folders = inputs.map((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  const packages = [...new Set(folders.filter(Boolean))].sort().map((folder) => licence(join(root, folder)));
  // Many have the same text: 110 kB more, if each had its own copy.
  const names = new Map();
  for (const { name, text } of packages) names.set(text, [...(names.get(text) ?? []), name]);
  const parts = [...names].map(([text, all]) => `\n${'-'.repeat(80)}\n${all.join('\n')}\n${text}`);
  return `This program contains the following packages.\n${parts.join('')}`;
}

function licence(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((each) => /^(?:licen[cs]e|copying)(?:\.(?:md|txt))?$/i.test(each));
  const text = file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  return { name: `${name} ${version}, ${license}`, text };
}
