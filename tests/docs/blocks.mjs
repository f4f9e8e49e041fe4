// The code blocks of a document, by the words behind the language of their fence:
//
//   ```js file=a.mjs        written to a.mjs, beside the document
//   ```js run               run by Node; with file= as that file. `sh run`: run by bash
//   ```js page              run in Chromium, as the script of a page
//   ```text output          what the block before prints; `…` stands for anything within a line

const fence = /^```(\w+)((?: +[\w.=/-]+)*)\n([\s\S]*?)^```$/gm;

/** `[{language, file?, does?, text, line, output?}]` of those blocks that are run or written. */
export function blocksOf(markdown) {
  const blocks = [];
  for (const match of markdown.matchAll(fence)) {
    const [, language, words, text] = match;
    const tags = words.trim().split(/ +/);
    const file = tags.find((tag) => tag.startsWith('file='))?.slice('file='.length);
    const does = tags.find((tag) => tag === 'run' || tag === 'page');
    const line = markdown.slice(0, match.index).split('\n').length;
    if (tags.includes('output')) {
      const last = blocks.at(-1);
      if (!last?.does) throw new Error(`line ${line}: output of a block that is not run`);
      last.output = text;
    } else if (file || does) {
      blocks.push({ language, file, does, text, line });
    }
  }
  return blocks;
}

/** Whether `printed` is what the document says, line by line. */
export function isAsWritten(printed, written) {
  const lines = (text) => text.trimEnd().split('\n');
  const form = (line) => new RegExp(`^${line.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('.*')}$`);
  const [are, should] = [lines(printed), lines(written)];
  return are.length === should.length && should.every((line, i) => form(line.trimEnd()).test(are[i].trimEnd()));
}
