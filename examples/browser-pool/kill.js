// The hardest death that a page can give itself.

/** An array of more elements than V8 can hold ends its process on the spot; other engines would only run out of memory. */
const canCrash = navigator.userAgentData?.brands.some(({ brand }) => brand === 'Chromium') ?? false;

/** What the button does, for those who are about to press it. */
export const DEATH = canCrash
  ? 'The button crashes the process of this tab, nothing is saved first. Reload it then, and it goes on.'
  : 'The button reloads this tab in mid-work, nothing is saved first. It goes on then.';

/** No handler runs, nothing is closed: the process aborts within a second, or the page and its workers are dropped. */
export function killThisTab() {
  if (canCrash) '·'.repeat(2 ** 28).split('');
  location.reload();
}
