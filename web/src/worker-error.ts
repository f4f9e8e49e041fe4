/** Why a browser's worker failed. An event without a message is what browsers send when the script cannot be loaded. */
export function workerError(event: { message?: string; filename?: string; lineno?: number }): Error {
  if (!event.message) {
    return new Error(
      'its script could not be loaded: check its URL, its MIME type and the Content-Security-Policy (worker-src)',
    );
  }
  const where = event.filename ? ` (${event.filename}:${event.lineno ?? 0})` : '';
  return new Error(event.message + where);
}
