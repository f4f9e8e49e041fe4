// IDBFS: a file system in memory whose files are kept in IndexedDB. It takes the place of Emscripten's own of the same
// name (the library that is linked later wins) and stores files in the same form, but
//
// - every file that was written is stored by the next sync, whatever its time stamp says, and only those are: a sync
//   costs what was changed, not what is there;
// - errors and aborts reach the callback, always exactly once;
// - one sync is one transaction, of the durability that `IDBFS.durability` names, and carries the number of its epoch:
//   whoever populates takes the next epoch, and all syncs of the epochs before fail and change nothing.
//
// The record of the epoch has no time stamp, so that the index on time stamps, through which the files are found, does
// not hold it. Files carry the number of the sync that stored them in the place of a time.

mergeInto(LibraryManager.library, {
  $IDBFS__deps: ['$FS', '$MEMFS'],
  $IDBFS: {
    DB_VERSION: 21,
    DB_STORE_NAME: 'FILE_DATA',
    OWNER_KEY: 'owner',
    durability: 'strict',

    mount: (mount) => {
      mount.idbfs = { db: null, epoch: 0, sync: 0, dirty: new Set(), removed: new Set() };
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
        // Another tab deletes or replaces the database: do not stand in its way.
        db.onversionchange = () => {
          db.close();
          state.db = null;
        };
        db.onclose = () => {
          state.db = null;
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
     * Runs `run` in a transaction and calls back exactly once: null when it is complete, else the error. Answers the
     * transaction, or null if there is none.
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
      var context = {
        fail: (error) => {
          cause = error;
          try {
            transaction.abort();
          } catch (isOver) {
            // Somebody else has ended it; the handlers below hear so.
          }
        },
        watch: (request) => {
          request.onerror = (event) => {
            event.preventDefault();
            // Requests that an abort ends are not its cause.
            if (!cause && request.error.name !== 'AbortError') context.fail(request.error);
          };
          return request;
        },
      };
      transaction.oncomplete = () => callback(null);
      transaction.onabort = () =>
        callback(cause || transaction.error || new Error('the transaction was aborted'));
      try {
        context.store = transaction.objectStore(IDBFS.DB_STORE_NAME);
        run(context);
      } catch (error) {
        context.fail(error);
      }
      return transaction;
    },

    /** The next epoch begins; then all files are loaded. */
    take: (mount, callback) => {
      var state = mount.idbfs;
      var owner, keys, files;
      IDBFS.transact(
        state.db,
        'readwrite',
        (context) => {
          var store = context.store;
          var range = IDBKeyRange.bound(mount.mountpoint + '/', mount.mountpoint + '0', false, true);
          context.watch(store.get(IDBFS.OWNER_KEY)).onsuccess = (event) => {
            var before = event.target.result || { epoch: 0, sync: 0 };
            owner = { epoch: before.epoch + 1, sync: before.sync };
            context.watch(store.put(owner, IDBFS.OWNER_KEY));
          };
          context.watch(store.getAllKeys(range)).onsuccess = (event) => (keys = event.target.result);
          context.watch(store.getAll(range)).onsuccess = (event) => (files = event.target.result);
        },
        (error) => {
          if (error) return callback(error);
          try {
            IDBFS.replaceLocal(mount, keys, files);
          } catch (failure) {
            return callback(failure);
          }
          state.epoch = owner.epoch;
          state.sync = owner.sync;
          state.dirty.clear();
          state.removed.clear();
          callback(null);
        },
      );
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

    /** Everything is handed over before this returns: what is changed from now on belongs to the next sync. */
    store: (mount, callback) => {
      var state = mount.idbfs;
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
        (context) => {
          context.watch(context.store.get(IDBFS.OWNER_KEY)).onsuccess = (event) => {
            var owner = event.target.result;
            if (owner && owner.epoch === state.epoch) return;
            var lost = new Error('another owner has taken the database');
            lost.code = 'lost';
            context.fail(lost);
          };
          context.watch(context.store.put({ epoch: state.epoch, sync: sync }, IDBFS.OWNER_KEY));
          removed.forEach((path) => context.watch(context.store.delete(path)));
          dirty.forEach((node) => {
            if (isLinked(node)) context.watch(context.store.put(IDBFS.entryOf(node, sync), FS.getPath(node)));
          });
        },
        (error) => {
          state.transaction = null;
          if (error) changeAgain();
          callback(error);
        },
      );
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
      try {
        if (mount.idbfs.transaction) mount.idbfs.transaction.abort();
      } catch (error) {
        // It is being committed: only reading can tell what became of it.
      }
    },
    /** The last sync has not stored anything: what it held belongs to the next one. */
    disown: (mount) => mount.idbfs.changeAgain(),
    /** Reads through a connection of its own which epoch and sync are stored: `callback(error, {epoch, sync})`. */
    readOwner: (mount, callback) => {
      IDBFS.open(mount.mountpoint, (error, db) => {
        if (error) return callback(error);
        var owner = { epoch: 0, sync: 0 };
        IDBFS.transact(
          db,
          'readonly',
          (context) => {
            context.watch(context.store.get(IDBFS.OWNER_KEY)).onsuccess = (event) => {
              if (event.target.result) owner = event.target.result;
            };
          },
          (failure) => {
            db.close();
            callback(failure, owner);
          },
        );
      });
    },
    /** Lets go of the database. What was not synced is not stored. */
    release: (mount) => {
      if (mount.idbfs.db) mount.idbfs.db.close();
      mount.idbfs.db = null;
    },
  },
});
