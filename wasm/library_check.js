// A broken invariant, in its own words; see wasm/check_failed.cc.

mergeInto(LibraryManager.library, {
  pl_broken: function (message) {
    abort(UTF8ToString(message));
  },
});
