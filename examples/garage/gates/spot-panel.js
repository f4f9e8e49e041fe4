// One spot: who stands there since when, what is due and why, and what can be done about it.

import { lengthOf, moneyOf, timeOf } from '../view/format.js';
import { element } from '../view/levels.js';
import { nameOfLine } from '../tariff/lines.js';

export class SpotPanel {
  #root = document.querySelector('#spot');
  #heading = document.querySelector('#spot-heading');
  #spot;
  #shown = '';
  #act;

  /** `act(what, spot)`: pay, exit, lost or void. */
  constructor(act) {
    this.#act = act;
    this.#root.addEventListener('click', (event) => {
      const what = event.target.closest('button')?.dataset.does;
      if (what) this.#act(what, this.#spot);
    });
  }

  get spot() {
    return this.#spot;
  }

  choose(spot) {
    this.#spot = spot;
    this.#shown = '';
  }

  /** `seen`: the spot, and if somebody stands there `{vehicle, ticket, price}`. */
  show(seen, now) {
    if (!seen) return;
    this.#heading.textContent = `Spot ${seen.spot.spot}`;
    const { kind, features, state } = seen.spot;
    const what = [kind, ...features].join(', ').replace('ev_charger', 'charger');
    const facts = [['Kind', what]];
    if (!seen.ticket) {
      this.#draw(facts.concat([['State', state]]), undefined);
      return;
    }
    const { ticket, price } = seen;
    facts.push(['Vehicle', `${ticket.type}, ${ticket.size}`], ['Plate', ticket.plate], ['Since', `${timeOf(ticket.entry)}, ${lengthOf(now - ticket.entry)}`]);
    if (ticket.spots.length > 1) facts.push(['Stands on', ticket.spots.join(', ')]);
    if (ticket.surgePercent !== 100) facts.push(['Surge', `${ticket.surgePercent} %`]);
    if (ticket.isLost) facts.push(['Ticket', 'lost']);
    if (ticket.paid > 0) facts.push(['Paid', moneyOf(ticket.paid)]);
    const free = ticket.leaveBy && ticket.leaveBy > now ? `, free to leave until ${timeOf(ticket.leaveBy)}` : '';
    facts.push(['Due', `${moneyOf(price.due)}${free}`]);
    this.#draw(facts, seen);
  }

  #draw(facts, seen) {
    const shown = JSON.stringify(facts);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const list = element('dl', 'facts');
    for (const [name, value] of facts) list.append(element('dt', '', name), element('dd', '', value));
    // The buttons stay, so that the one with the focus keeps it.
    let actions = this.#root.querySelector('.actions');
    if (!seen) actions = undefined;
    else {
      actions ??= actionsFor();
      actions.querySelector('[data-does="pay"]').disabled = seen.price.due === 0;
      actions.querySelector('[data-does="lost"]').disabled = seen.ticket.isLost;
    }
    const lines = seen?.price.lines.filter(({ amount }) => amount !== 0) ?? [];
    const why = element('p', 'why', lines.map((line) => `${nameOfLine(line)} ${moneyOf(line.amount)}`).join(' · '));
    const old = this.#root.querySelector('.facts');
    if (old && actions?.isConnected) {
      old.replaceWith(list);
      this.#root.querySelector('.why').replaceWith(why);
    } else this.#root.replaceChildren(list, ...(seen ? [why] : []), ...(actions ? [actions] : []));
  }
}

function actionsFor() {
  const actions = element('div', 'actions');
  for (const [does, text] of [['pay', 'Pay'], ['exit', 'Let out'], ['lost', 'Lost ticket'], ['void', 'Void']]) {
    const button = Object.assign(element('button', does === 'exit' ? 'primary' : '', text), { type: 'button' });
    button.dataset.does = does;
    actions.append(button);
  }
  return actions;
}
