/** Fixed, because a browser's storage belongs to the origin, and the port is part of it. */
export const port = 7319;
export const origin = `http://127.0.0.1:${port}`;
