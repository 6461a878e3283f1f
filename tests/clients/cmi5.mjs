// @xapi/cmi5 as an assignable unit: launched by its address, in a window of its own.
import { given, load, tell } from "./common.mjs";

globalThis.XMLHttpRequest = load("xhr2");
globalThis.window = { location: new URL(given.launch) };
const Cmi5 = load("@xapi/cmi5/dist/Cmi5.umd.js");

if (!Cmi5.isCmiAvailable) throw new Error("the address holds no cmi5 launch");
const unit = new Cmi5();
const sent = { initialized: (await unit.initialize()).data };
sent.progressed = (await unit.progress(50)).data;
sent.answered = (await unit.interactionChoice("quiz", "q1", ["b"], ["b"], undefined, undefined, undefined, true)).data;
if (given.moveOn) {
  sent.moveOn = await unit.moveOn({ score: { scaled: 0.9 } });
} else {
  sent.completed = (await unit.complete()).data;
  sent.passed = (await unit.pass(0.9)).data;
  sent.terminated = (await unit.terminate()).data;
}
tell({ sent, launchData: unit.launchData, preferences: unit.getLearnerPreferences() });
