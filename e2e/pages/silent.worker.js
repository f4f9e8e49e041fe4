// Loads, and never calls serveTasks.
setInterval(() => {}, 1000);
