/** Fixed, because a browser's storage belongs to the origin, and the port is part of it; another one lets two checkouts test at once. */
export const port = Number(process.env.PARKING_LOT_E2E_PORT ?? 7319);
export const origin = `http://127.0.0.1:${port}`;

/** The same server under a name that browsers do not trust as they trust loopback; the specs' browser resolves it. */
export const insecureHost = 'insecure.test';
export const insecureOrigin = `http://${insecureHost}:${port}`;
