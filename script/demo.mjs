// npm run demo: the whole story with the real program, for someone who has no key at hand.
//
// The keys are made here and now, the API is the tests' stand-in on this machine, the home is a folder that is removed
// afterwards. What is shown is what was run.
import { story } from './story.mjs';

const color = process.stdout.isTTY === true && !process.env.NO_COLOR;
const faint = (text) => (color ? `\u001b[2m${text}\u001b[22m` : text);

// A reader that leaves early is no failure; the story cleans up behind itself either way.
process.stdout.on('error', () => {});

console.log(faint('# The program is real; the keys are made up, and a stand-in on this machine plays the Claude API.'));
for await (const { comment, line, output } of story(color)) {
  console.log(comment === undefined ? '' : `\n${faint(`# ${comment}`)}`);
  console.log(`$ ${line}`);
  process.stdout.write(output);
}
