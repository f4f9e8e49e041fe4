// Reading source text without parsing it: comments and strings are blanked, line numbers stay.

/** C++ or TypeScript without its comments; with `strings: 'blank'` without the text of its strings too. */
export function withoutComments(text, { strings = 'keep' } = {}) {
  const token = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;
  return text.replace(token, (found) => {
    const comment = found.startsWith('//') || found.startsWith('/*');
    if (!comment && strings === 'keep') return found;
    return found.replace(/[^\n]/g, ' ');
  });
}

/** Every match of `pattern` in `text`, with its line number. */
export function* matches(text, pattern) {
  const global = new RegExp(pattern.source, [...new Set(`${pattern.flags}g`)].join(''));
  let line = 1;
  let from = 0;
  for (const match of text.matchAll(global)) {
    line += text.slice(from, match.index).split('\n').length - 1;
    from = match.index;
    yield { line, match };
  }
}
