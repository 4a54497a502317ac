// Adds up vitest's JSON reports: node .ci/sum.mjs FOLDER NAME… Prints what failed, since a log is often kept by its end
// alone, and `N passed, N failed, N skipped` as its last line.
// A report that is missing is a run that never came to its tests: one failure. So is a file that could not be loaded.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

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
  for (const file of report.testResults) explain(name, file);
}

console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
if (sum.failed > 0) process.exitCode = 1;

function explain(run, file) {
  const failed = file.assertionResults.filter((test) => test.status === 'failed');
  for (const { fullName, failureMessages } of failed) {
    console.log(`\n${run}: ${relative('.', file.name)}: ${fullName}\n${failureMessages.join('\n').slice(0, 2000)}`);
  }
  if (file.status === 'failed' && failed.length === 0) console.log(`\n${run}: ${file.name}\n${file.message}`);
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
