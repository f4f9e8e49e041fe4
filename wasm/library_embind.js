// The part of Embind that is JavaScript, in the place of Emscripten's (the library that is linked later wins), whose larger
// part serves classes, values and texts of other kinds: these modules bind functions that take and give numbers, truth
// values and text.

mergeInto(LibraryManager.library, {
  // Text as Embind's std::string crosses: 32 bits of length, bytes of UTF-8. Whoever takes it frees it.
  $newText: function (text) {
    var bytes = new TextEncoder().encode(text);
    var at = _malloc(4 + bytes.length);
    HEAPU32[at >> 2] = bytes.length;
    HEAPU8.set(bytes, at + 4);
    return at;
  },
  $takeText: function (at) {
    var text = UTF8Decoder.decode(HEAPU8.subarray(at + 4, at + 4 + HEAPU32[at >> 2]));
    _free(at);
    return text;
  },

  // By a type's address: how a result is read that does not cross as itself.
  $resultReaders: {},
  $textType: '0',

  _embind_register_bool__deps: ['$resultReaders'],
  _embind_register_bool: function (type) {
    resultReaders[type] = Boolean;
  },
  _embind_register_integer__deps: ['$resultReaders'],
  _embind_register_integer: function (type, name, size, least) {
    if (least === 0) resultReaders[type] = (value) => value >>> 0;
  },
  _embind_register_std_string__deps: ['$resultReaders', '$takeText', '$textType'],
  _embind_register_std_string: function (type, name) {
    if (UTF8ToString(name) !== 'std::string') return;
    resultReaders[type] = takeText;
    textType = type;
  },

  // The types of a function may be registered after it.
  _embind_register_function__deps: ['$resultReaders', '$newText', '$textType', '$getWasmTableEntry'],
  _embind_register_function: function (name, typeCount, types, signature, invoker, target) {
    var spelled = UTF8ToString(name);
    Module[spelled] = (...given) => {
      if (given.length !== typeCount - 1) {
        throw new TypeError(`${spelled} is called with ${given.length} arguments, expected ${typeCount - 1}`);
      }
      var [result, ...taken] = HEAPU32.subarray(types >> 2, (types >> 2) + typeCount);
      var crossing = given.map((value, i) => (taken[i] === textType ? newText(value) : value));
      var answer = getWasmTableEntry(invoker)(target, ...crossing);
      taken.forEach((type, i) => type === textType && _free(crossing[i]));
      return resultReaders[result] ? resultReaders[result](answer) : answer;
    };
  },

  _embind_register_void__deps: [],
  _embind_register_void: function () {},
  _embind_register_float__deps: [],
  _embind_register_float: function () {},
  _embind_register_bigint__deps: [],
  _embind_register_bigint: function () {},
  _embind_register_emval__deps: [],
  _embind_register_emval: function () {},
  _embind_register_memory_view__deps: [],
  _embind_register_memory_view: function () {},
  _embind_register_std_wstring__deps: [],
  _embind_register_std_wstring: function () {},
});
