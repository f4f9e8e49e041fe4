// Renders tiles. A worker has no import map, so the package is named by its path here.

import { serveTasks } from '../../web/dist/worker.js';
import { computeRow } from './picture/escape.js';
import { addColour, toByte } from './picture/palette.js';

/** A worker looks at its messages this often: a cancel takes effect and progress is told. */
const SLICE_MS = 40;

serveTasks(async (order, { signal, progress }) => {
  const startedAt = performance.timeOrigin + performance.now();
  progress(0);
  const counts = new Float32Array(order.columns * order.rows);
  const slopes = new Float32Array(order.columns * order.rows);
  let pauseAt = performance.now() + SLICE_MS;
  for (let row = 0; row < order.rows; row += 1) {
    computeRow({ ...order, im: order.im - row * order.step }, counts, slopes, row * order.columns);
    if (performance.now() < pauseAt) continue;
    progress((row + 1) / order.rows);
    await nextMessage();
    signal.throwIfAborted();
    pauseAt = performance.now() + SLICE_MS;
  }
  const image = await encodePng(colourPixels(order, counts, slopes), order.columns / order.fold);
  const bytes = counts.byteLength + slopes.byteLength;
  const endedAt = performance.timeOrigin + performance.now();
  return { image, bytes, startedAt, endedAt };
});

const channel = new MessageChannel();

/** Resolves after the messages that wait now; a timer would be held back to 4 ms. */
function nextMessage() {
  return new Promise((resolve) => {
    channel.port1.onmessage = () => resolve();
    channel.port2.postMessage(null);
  });
}

/** Averages fold × fold samples in linear light for each pixel. */
function colourPixels({ columns, rows, fold, colour }, counts, slopes) {
  const width = columns / fold;
  const height = rows / fold;
  const pixels = new Uint8ClampedArray(width * height * 4);
  const sum = [0, 0, 0];
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const corner = Math.floor(pixel / width) * fold * columns + (pixel % width) * fold;
    sum.fill(0);
    for (let part = 0; part < fold * fold; part += 1) {
      const sample = corner + Math.floor(part / fold) * columns + (part % fold);
      addColour(counts[sample], slopes[sample], colour, sum);
    }
    for (let channelOf = 0; channelOf < 3; channelOf += 1) {
      pixels[pixel * 4 + channelOf] = toByte(sum[channelOf] / (fold * fold));
    }
    pixels[pixel * 4 + 3] = 255;
  }
  return pixels;
}

/** As base64, since results that are stored are JSON. */
async function encodePng(pixels, width) {
  const canvas = new OffscreenCanvas(width, pixels.length / 4 / width);
  canvas.getContext('2d').putImageData(new ImageData(pixels, width), 0, 0);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
