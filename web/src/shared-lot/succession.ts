import type { News } from './protocol.js';

/**
 * Whether the news are of a leader that serves and is to be followed in place of that of reign `epoch`. One of an earlier
 * reign is told on `channel` that it is over.
 */
export function beginsReign(
  news: News,
  epoch: number,
  channel: BroadcastChannel,
): news is Extract<News, { say: 'leads' }> {
  if (news.say !== 'leads' || !news.isReady || news.epoch === epoch) return false;
  if (news.epoch > epoch) return true;
  channel.postMessage({ say: 'later reign known', epoch } satisfies News);
  return false;
}
