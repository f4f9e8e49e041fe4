// The work: a text and a salt are hashed some million times over, which the browser does beside the script.

const ROUNDS_PER_UNIT = 3_000_000;

/** A handler of the pool: `{text, salt, units}` → `{seal}`, a hash that is as slow to guess as it was to make. */
export async function seal({ text, salt, units }) {
  const key = await crypto.subtle.importKey('raw', encode(text), 'PBKDF2', false, ['deriveBits']);
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt: encode(salt), iterations: units * ROUNDS_PER_UNIT };
  const bits = new Uint8Array(await crypto.subtle.deriveBits(how, key, 128));
  return { text, seal: Array.from(bits, (byte) => byte.toString(16).padStart(2, '0')).join('') };
}

function encode(text) {
  return new TextEncoder().encode(text);
}
