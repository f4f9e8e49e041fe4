import { expect, startWorker, test } from '../storage-kit/kit-page.mjs';

/** Runs a task for each user, erases one of them, and closes the lot. */
async function eraseOne({ kind, users, erased }) {
  const storage = { type: kind };
  const lot = await kit.LocalLot.open(
    { pools: { p: { max_units: 2, queue: storage, mailbox: { storage } } } },
    { handlers: { p: () => 'done' } },
  );
  for (const user of users) {
    const mailbox = { tenant: 'acme', user, session: 'tab' };
    await (await lot.pool('p').submit({ mailbox })).result();
    while ((await lot.mailbox(mailbox).fetch()).length === 0) await new Promise((next) => setTimeout(next, 5));
  }
  const { durability } = await lot.health();
  const erasure = await lot.audit.eraseUser({ tenant: 'acme', user: erased });
  await lot.close();
  return { durability, erasure };
}

/** What the next life of the lot tells of its users. */
async function namesAfterwards({ kind, users }) {
  const storage = { type: kind };
  const lot = await kit.LocalLot.open(
    { pools: { p: { max_units: 2, queue: storage, mailbox: { storage } } } },
    { handlers: { p: () => 'done' } },
  );
  const { events } = await lot.audit.query({ limit: 1000 });
  const names = events.flatMap(({ subjects }) =>
    subjects.filter((subject) => subject.kind === 'mailbox').map(({ id }) => id),
  );
  const messages = [];
  for (const user of users) {
    messages.push((await lot.mailbox({ tenant: 'acme', user, session: 'tab' }).fetch()).length);
  }
  const { status } = await lot.health();
  await lot.close();
  return { names: [...new Set(names)].sort(), messages, status };
}

/** How often the text stands in what the origin has stored: values of its databases, and its files. */
async function timesStored({ text }) {
  const wanted = new TextEncoder().encode(text);
  let bytesSeen = 0;
  const countIn = (bytes) => {
    bytesSeen += bytes.length;
    let count = 0;
    for (let at = bytes.indexOf(wanted[0]); at !== -1; at = bytes.indexOf(wanted[0], at + 1)) {
      if (wanted.every((byte, i) => bytes[at + i] === byte)) count++;
    }
    return count;
  };
  const ended = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  let count = 0;
  for (const { name } of await indexedDB.databases()) {
    const database = await ended(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      for (const value of await ended(database.transaction(store).objectStore(store).getAll())) {
        const { contents } = value;
        if (contents instanceof Uint8Array) count += countIn(contents);
      }
    }
    database.close();
  }
  const look = async (folder) => {
    for await (const entry of folder.values()) {
      if (entry.kind === 'directory') await look(entry);
      else count += countIn(new Uint8Array(await (await entry.getFile()).arrayBuffer()));
    }
  };
  await look(await navigator.storage.getDirectory());
  return { count, bytesSeen };
}

for (const kind of ['idbfs', 'opfs']) {
  test(`a user erased from a lot of type ${kind} is nowhere in what the browser keeps, and others are`, async ({
    page,
  }) => {
    const users = ['bruno', 'anna'];
    const first = await startWorker(page);
    const { durability, erasure } = await first.run(eraseOne, { kind, users, erased: 'bruno' });
    expect(durability).toBe('durable');
    expect(erasure.messages).toBe(1);
    expect(erasure.keys).toBeGreaterThan(0);
    const second = await startWorker(page);
    expect(await second.run(namesAfterwards, { kind, users })).toEqual({
      names: ['acme/anna:tab', expect.stringMatching(/^erased:\d+$/)],
      messages: [0, 1],
      status: 'ok',
    });
    const tenant = await second.run(timesStored, { text: 'acme' });
    expect(tenant.bytesSeen).toBeGreaterThan(1000);
    expect(tenant.count, 'tenants are plain, so the search finds what is there').toBeGreaterThan(0);
    expect((await second.run(timesStored, { text: 'bruno' })).count).toBe(0);
  });
}
