// What these scripts have in common: each is told what to do by JSON on its command line, and tells what it saw by JSON.
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(import.meta.url);

export const given = JSON.parse(process.argv[2]);

// By its path, since neither a folder named by NODE_MODULES nor @xapi/cmi5, which names no main file, is found by name.
export const load = (...path) => require(join(given.modules, ...path));

export const tell = told => process.stdout.write(JSON.stringify(told));

// The default would print a whole bundle's line of source, and nothing of the answer.
process.on("uncaughtException", wrong => {
  console.error(wrong.stack, JSON.stringify(wrong.response?.data ?? null));
  process.exit(1);
});
