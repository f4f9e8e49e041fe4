try {
  window.evalSays = new Function('return "allowed"')();
} catch (error) {
  window.evalSays = error.name;
}
