// Adds up vitest's JSON reports: node .ci/sum.mjs FOLDER NAME… Prints `N passed, N failed, N skipped` as its last line.
// A report that is missing is a run that never came to its tests: one failure. So is a file that could not be loaded.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, ...names] = process.argv.slice(2);
const sum = { passed: 0, failed: 0, skipped: 0 };

for (const name of names) {
  const report = read(join(folder, `${name}.json`));
  if (report === null) {
    console.log(`${name}: the run did not come to its tests`);
    sum.failed += 1;
    continue;
  }
  const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  const failed = report.numFailedTests + broken.length;
  // An error outside of every test fails the run and stands in no file.
  sum.failed += failed === 0 && !report.success ? 1 : failed;
  sum.passed += report.numPassedTests;
  sum.skipped += report.numPendingTests + report.numTodoTests;
}

console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
if (sum.failed > 0) process.exitCode = 1;

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
