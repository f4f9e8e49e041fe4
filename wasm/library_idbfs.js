// IDBFS: a file system in memory whose files are kept in IndexedDB. It takes the place of Emscripten's own of the same
// name (the library that is linked later wins) and stores files in the same form, but
//
// - every file that was written is stored by the next sync, whatever its time stamp says, and only those are: a sync
//   costs what was changed, not what is there;
// - errors and aborts reach the callback, always exactly once;
// - one sync is one transaction, of the durability that `IDBFS.durability` names, and belongs to an epoch: whoever
//   populates takes the next epoch, and all syncs of the epochs before fail and change nothing;
// - a transaction is handed to the browser as a whole, its commit included. One that waits for its page, to look at what it
//   read before it goes on, would shut out everybody else for as long as that page is frozen.
//
// So the database itself has to refuse a sync of an epoch that is over: an epoch is taken by adding its claim, a record that
// stays, and every sync adds, and deletes, the claim of the epoch after its own. That fails where it was taken.
//
// Claims and the record of the owner have no time stamp, so that the index on time stamps, through which the files are found,
// does not hold them. Files carry the number of the sync that stored them in the place of a time.

mergeInto(LibraryManager.library, {
  $IDBFS__deps: ['$FS', '$MEMFS'],
  $IDBFS: {
    DB_VERSION: 21,
    DB_STORE_NAME: 'FILE_DATA',
    OWNER_KEY: 'owner',
    /** So many claims are kept; an owner asks who owns the database before a sync if it has not synced for so many ms. */
    CLAIMS_KEPT: 1000,
    CERTAIN_MS: 60000,
    durability: 'strict',

    mount: (mount) => {
      mount.idbfs = { db: null, epoch: 0, token: 0, sync: 0, certainUntil: 0, dirty: new Set(), removed: new Set() };
      mount.idbfs.changeAgain = mount.idbfs.gone = () => {};
      var root = MEMFS.mount(mount);
      IDBFS.track(mount.idbfs, root);
      return root;
    },

    /** Notes what is changed below `node`, so that a sync need not look for it. */
    track: (state, node) => {
      if (FS.isDir(node.mode)) IDBFS.trackFolder(state, node);
      else if (FS.isFile(node.mode)) IDBFS.trackFile(state, node);
    },
    trackFolder: (state, folder) => {
      var ops = folder.node_ops;
      var forget = (parent, name) => {
        var node = parent.contents[name];
        state.removed.add(FS.getPath(node));
        state.dirty.delete(node);
      };
      folder.node_ops = Object.assign({}, ops, {
        mknod: (parent, name, mode, dev) => {
          var node = ops.mknod(parent, name, mode, dev);
          IDBFS.track(state, node);
          state.dirty.add(node);
          return node;
        },
        rename: (node, newParent, newName) => {
          // Names of folders stand in the keys of all that they hold.
          if (FS.isDir(node.mode)) throw new FS.ErrnoError({{{ cDefine('EPERM') }}});
          state.removed.add(FS.getPath(node));
          ops.rename(node, newParent, newName);
          state.dirty.add(node);
        },
        unlink: (parent, name) => {
          forget(parent, name);
          ops.unlink(parent, name);
        },
        rmdir: (parent, name) => {
          ops.rmdir(parent, name);
          state.removed.add(FS.getPath(parent) + '/' + name);
        },
      });
    },
    trackFile: (state, file) => {
      var ops = file.stream_ops;
      file.stream_ops = Object.assign({}, ops, {
        write: (stream, buffer, offset, length, position, canOwn) => {
          state.dirty.add(stream.node);
          return ops.write(stream, buffer, offset, length, position, canOwn);
        },
        allocate: (stream, offset, length) => {
          state.dirty.add(stream.node);
          ops.allocate(stream, offset, length);
        },
      });
      var setattr = file.node_ops.setattr;
      file.node_ops = Object.assign({}, file.node_ops, {
        setattr: (node, attr) => {
          if (attr.size !== undefined) state.dirty.add(node);
          setattr(node, attr);
        },
      });
    },

    /**
     * With `populate`: becomes the owner of what is stored and loads it, in the place of all that was in memory. Else:
     * stores what was changed since the last sync that succeeded, all of it or nothing. The callback gets null or an
     * error; one whose `code` is `lost` says that there is another owner.
     */
    syncfs: (mount, populate, callback) => {
      var state = mount.idbfs;
      if (state.db) return IDBFS.begin(mount, populate, callback);
      IDBFS.open(mount.mountpoint, (error, db) => {
        if (error) return callback(error);
        state.db = db;
        // It may be another database than before, of the same name.
        state.certainUntil = 0;
        // Another tab deletes or replaces the database: do not stand in its way.
        db.onversionchange = () => {
          db.close();
          db.onclose();
        };
        db.onclose = () => {
          if (state.db !== db) return;
          state.db = null;
          state.gone();
        };
        IDBFS.begin(mount, populate, callback);
      });
    },
    begin: (mount, populate, callback) => {
      if (populate) IDBFS.take(mount, callback);
      else if (mount.idbfs.epoch > 0) IDBFS.store(mount, callback);
      else callback(new Error('nobody owns ' + mount.mountpoint + ' yet: populate first'));
    },

    open: (name, callback) => {
      var isOver = false;
      var done = (error, db) => {
        if (isOver) {
          if (db) db.close();
          return;
        }
        isOver = true;
        callback(error, db);
      };
      var request;
      try {
        request = indexedDB.open(name, IDBFS.DB_VERSION);
      } catch (error) {
        return done(error);
      }
      request.onupgradeneeded = (event) => {
        var db = event.target.result;
        var store = db.objectStoreNames.contains(IDBFS.DB_STORE_NAME)
          ? event.target.transaction.objectStore(IDBFS.DB_STORE_NAME)
          : db.createObjectStore(IDBFS.DB_STORE_NAME);
        if (!store.indexNames.contains('timestamp')) store.createIndex('timestamp', 'timestamp', { unique: false });
      };
      request.onsuccess = () => done(null, request.result);
      request.onerror = (event) => {
        event.preventDefault();
        done(request.error);
      };
      request.onblocked = () => done(new Error('another tab holds the database ' + name + ' open'));
    },

    /**
     * Makes the requests of `run(store, watch)` in one transaction and commits it; `watch(request, then)` is told what a
     * request yields. Calls back exactly once: null when it is complete and every request has been answered, else the error,
     * which is that of a watched request if there was one. Answers the transaction, or null if there is none.
     *
     * Chromium keeps values above 64 KiB apart. It says that a transaction is complete before it has read them.
     */
    transact: (db, mode, run, callback) => {
      var transaction;
      try {
        transaction = db.transaction([IDBFS.DB_STORE_NAME], mode, { durability: IDBFS.durability });
      } catch (error) {
        callback(error);
        return null;
      }
      var cause = null;
      var unanswered = 0;
      var isComplete = false;
      var answered = () => {
        unanswered -= 1;
        if (isComplete && unanswered === 0) callback(cause);
      };
      var watch = (request, then) => {
        unanswered += 1;
        request.onsuccess = () => {
          if (then) then(request.result);
          answered();
        };
        request.onerror = () => {
          // Requests that an abort ends are not its cause.
          if (!cause && request.error.name !== 'AbortError') cause = request.error;
          answered();
        };
      };
      transaction.oncomplete = () => {
        isComplete = true;
        if (unanswered === 0) callback(null);
      };
      transaction.onabort = () =>
        callback(cause || transaction.error || new Error('the transaction was aborted'));
      try {
        run(transaction.objectStore(IDBFS.DB_STORE_NAME), watch);
        if (transaction.commit) transaction.commit();
      } catch (error) {
        cause = error;
        try {
          transaction.abort();
        } catch (isOver) {
          // Somebody else has ended it; the handlers above hear so.
        }
      }
      return transaction;
    },
    claimOf: (epoch) => [IDBFS.OWNER_KEY, epoch],
    /** Which epoch and sync are stored, and whose: `callback(error, {epoch, sync, token})`. */
    ownerIn: (db, callback) => {
      var owner = { epoch: 0, sync: 0 };
      IDBFS.transact(
        db,
        'readonly',
        (store, watch) => {
          watch(store.get(IDBFS.OWNER_KEY), (found) => (owner = found || owner));
        },
        (error) => callback(error, owner),
      );
    },

    /** The next epoch begins; then all files are loaded. */
    take: (mount, callback) => {
      var state = mount.idbfs;
      IDBFS.ownerIn(state.db, (failure, before) => {
        if (failure) return callback(failure);
        // The token tells owners of one epoch apart: of a database, and of another that took its place.
        var owner = { epoch: before.epoch + 1, sync: before.sync, token: Math.random() };
        var keys, files;
        IDBFS.transact(
          state.db,
          'readwrite',
          (store, watch) => {
            var range = IDBKeyRange.bound(mount.mountpoint + '/', mount.mountpoint + '0', false, true);
            var forgotten = IDBKeyRange.bound(
              IDBFS.claimOf(0),
              IDBFS.claimOf(Math.max(0, owner.epoch - IDBFS.CLAIMS_KEPT)),
            );
            watch(store.add(0, IDBFS.claimOf(owner.epoch)));
            watch(store.put(owner, IDBFS.OWNER_KEY));
            watch(store.delete(forgotten));
            watch(store.getAllKeys(range), (found) => (keys = found));
            watch(store.getAll(range), (found) => (files = found));
          },
          (error) => {
            if (error) {
              // Somebody else has taken that epoch at the same time: then the one after it.
              return IDBFS.ownerIn(state.db, (unread, now) =>
                !unread && now.epoch > before.epoch ? IDBFS.take(mount, callback) : callback(error),
              );
            }
            try {
              IDBFS.replaceLocal(mount, keys, files);
            } catch (fault) {
              return callback(fault);
            }
            Object.assign(state, owner, { certainUntil: Date.now() + IDBFS.CERTAIN_MS });
            state.dirty.clear();
            state.removed.clear();
            callback(null);
          },
        );
      });
    },
    replaceLocal: (mount, keys, files) => {
      IDBFS.removeBelow(mount.mountpoint);
      // In the order of keys, so that a folder comes before what it holds.
      keys.forEach((path, index) => {
        var file = files[index];
        if (FS.isDir(file.mode)) FS.mkdirTree(path, file.mode);
        else FS.writeFile(path, file.contents, { canOwn: true });
      });
    },
    removeBelow: (folder) => {
      FS.readdir(folder).forEach((name) => {
        if (name === '.' || name === '..') return;
        var path = folder + '/' + name;
        if (!FS.isDir(FS.stat(path).mode)) return FS.unlink(path);
        IDBFS.removeBelow(path);
        FS.rmdir(path);
      });
    },

    /** Everything is handed over in one turn: what is changed from then on belongs to the next sync. */
    store: (mount, callback) => {
      var state = mount.idbfs;
      if (Date.now() > state.certainUntil) return IDBFS.ascertain(mount, callback);
      state.certainUntil = Date.now() + IDBFS.CERTAIN_MS;
      var dirty = state.dirty;
      var removed = state.removed;
      var sync = state.sync + 1;
      state.dirty = new Set();
      state.removed = new Set();
      state.sync = sync;
      var changeAgain = () => {
        removed.forEach((path) => state.removed.add(path));
        dirty.forEach((node) => state.dirty.add(node));
      };
      state.changeAgain = changeAgain;
      var isLinked = (node) => node.parent.contents[node.name] === node;
      state.transaction = IDBFS.transact(
        state.db,
        'readwrite',
        (store, watch) => {
          var next = IDBFS.claimOf(state.epoch + 1);
          if (state.isAnew) watch(store.add(0, IDBFS.claimOf(1)));
          watch(store.add(0, next));
          watch(store.delete(next));
          watch(store.put({ epoch: state.epoch, sync: sync, token: state.token }, IDBFS.OWNER_KEY));
          removed.forEach((path) => watch(store.delete(path)));
          dirty.forEach((node) => {
            if (isLinked(node)) watch(store.put(IDBFS.entryOf(node, sync), FS.getPath(node)));
          });
        },
        (error) => {
          state.transaction = null;
          if (!error) {
            state.isAnew = false;
            return callback(null);
          }
          changeAgain();
          if (state.isAnew) state.certainUntil = 0;
          if (!state.db) return callback(error);
          IDBFS.ownerIn(state.db, (unread, owner) =>
            callback(unread || owner.epoch === 0 || owner.token === state.token ? error : IDBFS.lost()),
          );
        },
      );
    },
    /** Syncs if the database is still ours. Claims tell that of an owner that slept for a minute, not of one that slept for years. */
    ascertain: (mount, callback) => {
      var state = mount.idbfs;
      var from = Date.now();
      var waiting = (state.waiting = {});
      IDBFS.ownerIn(state.db, (error, owner) => {
        if (error || state.waiting !== waiting) return callback(error || new Error('the sync was abandoned'));
        if (owner.epoch === 0) IDBFS.beginAnew(mount);
        else if (owner.token !== state.token) return callback(IDBFS.lost());
        state.certainUntil = from + IDBFS.CERTAIN_MS;
        IDBFS.syncfs(mount, false, callback);
      });
    },
    /**
     * The database was deleted, and is nobody's: all files are still here, and the next sync stores every one. The first
     * claim, which it adds to stay, is that of whoever opens the empty database at the same time: one of the two gets it.
     */
    beginAnew: (mount) => {
      var state = mount.idbfs;
      var changeBelow = (folder) =>
        Object.values(folder.contents).forEach((node) => {
          state.dirty.add(node);
          if (FS.isDir(node.mode)) changeBelow(node);
        });
      changeBelow(mount.root);
      state.isAnew = true;
    },
    lost: () => {
      var error = new Error('another owner has taken the database');
      error.code = 'lost';
      return error;
    },
    entryOf: (node, sync) => {
      var entry = { timestamp: new Date(sync), mode: node.mode };
      if (!FS.isDir(node.mode)) {
        var bytes = MEMFS.getFileDataAsTypedArray(node);
        // A view is stored with all of the buffer behind it.
        entry.contents = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
      }
      return entry;
    },
    /** Ends a sync that does not come back, if that is still possible; its callback then gets an error. */
    abandon: (mount) => {
      mount.idbfs.waiting = null;
      try {
        if (mount.idbfs.transaction) mount.idbfs.transaction.abort();
      } catch (error) {
        // It is being committed: only reading can tell what became of it.
      }
    },
    /** The last sync has not stored anything: what it held belongs to the next one. */
    disown: (mount) => mount.idbfs.changeAgain(),
    /** Reads through a connection of its own which epoch and sync are stored, and whose: `callback(error, {epoch, sync, token})`. */
    readOwner: (mount, callback) => {
      IDBFS.open(mount.mountpoint, (error, db) => {
        if (error) return callback(error);
        IDBFS.ownerIn(db, (failure, owner) => {
          db.close();
          callback(failure, owner);
        });
      });
    },
    /** Lets go of the database. What was not synced is not stored. */
    release: (mount) => {
      if (mount.idbfs.db) mount.idbfs.db.close();
      mount.idbfs.db = null;
    },
  },
});
