// JSON is parsed by the engine, which has a parser anyway; see wasm/host_json.cc.

mergeInto(LibraryManager.library, {
  // Answers the value of a text as marks and lengths, as memory that the caller frees; 0 if the text is not JSON.
  //   "5 hello   [2 …items   {2 …keys and members, in turns   12.5   true   null
  // Each of these words ends with a space; lengths are bytes of UTF-8.
  pl_json__deps: ['$newText'],
  pl_json: function (text, length) {
    var encoder = new TextEncoder();
    function spelled(value) {
      if (typeof value == 'string') return '"' + encoder.encode(value).length + ' ' + value;
      if (typeof value != 'object' || value === null) return value + ' ';
      if (Array.isArray(value)) return '[' + value.length + ' ' + value.map(spelled).join('');
      var members = Object.entries(value);
      return '{' + members.length + ' ' + members.flat().map(spelled).join('');
    }
    try {
      return newText(spelled(JSON.parse(UTF8ToString(text, length))));
    } catch (error) {
      return 0;
    }
  },
});
