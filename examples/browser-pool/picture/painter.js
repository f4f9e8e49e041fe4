// Puts tiles on the canvas. Each view has a sheet of its own; the newest view with a tile is shown, and the ones
// before it lie below, enlarged, until its own tiles cover them.

import { PICTURE, VIEWS } from './views.js';

export class Painter {
  #canvas;
  #sheets = new Map();
  #shown;

  constructor(canvas) {
    this.#canvas = canvas.getContext('2d');
  }

  /** Draws one result in its place. A preview never covers detail, since it is drawn below it. */
  async paint(number, view, tile, { image }) {
    const source = await decodePng(image);
    const sheet = this.#sheetOf(number, view);
    const layer = tile.samplesPerPixel === 1 ? sheet.preview : sheet.detail;
    layer.imageSmoothingQuality = 'high';
    layer.drawImage(source, tile.x, tile.y, tile.width, tile.height);
    if (this.#shown === undefined || number > this.#shown) this.#shown = number;
    this.#compose();
  }

  #sheetOf(number, view) {
    if (!this.#sheets.has(number)) {
      const layer = () => new OffscreenCanvas(PICTURE.width, PICTURE.height).getContext('2d');
      this.#sheets.set(number, { view, preview: layer(), detail: layer() });
      // A view below three others no longer shows.
      this.#sheets.delete(number - VIEWS.length);
    }
    return this.#sheets.get(number);
  }

  #compose() {
    const target = this.#sheets.get(this.#shown).view;
    const numbers = [...this.#sheets.keys()].filter((number) => number <= this.#shown).sort((a, b) => a - b);
    for (const number of numbers) {
      const { view, preview, detail } = this.#sheets.get(number);
      const scale = view.width / target.width;
      if (scale < 1 || scale > 64) continue;
      const pixel = target.width / PICTURE.width;
      const x = PICTURE.width / 2 + (view.re - target.re) / pixel;
      const y = PICTURE.height / 2 - (view.im - target.im) / pixel;
      const place = [x - (PICTURE.width * scale) / 2, y - (PICTURE.height * scale) / 2];
      for (const layer of [preview, detail]) {
        this.#canvas.drawImage(layer.canvas, ...place, PICTURE.width * scale, PICTURE.height * scale);
      }
    }
  }
}

function decodePng(text) {
  return createImageBitmap(new Blob([Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))], { type: 'image/png' }));
}
