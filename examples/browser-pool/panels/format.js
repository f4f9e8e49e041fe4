/** 950 → "0.95", 12340 → "12.3". */
export function formatSeconds(ms) {
  const seconds = ms / 1000;
  return seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(1);
}

/** 1572864 → "1.5 MiB". */
export function formatMebibytes(bytes) {
  return `${(bytes / 2 ** 20).toLocaleString('en', { maximumFractionDigits: 1 })} MiB`;
}

/** An element with a class and with text or children. */
export function node(name, className, ...content) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

export function clock(time) {
  return new Date(time).toLocaleTimeString('en-GB');
}
