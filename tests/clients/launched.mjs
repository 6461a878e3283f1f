// Content that has nothing but the address it was opened by: what tincanjs and @xapi/xapi each make of it.
import { given, load, tell } from "./common.mjs";

globalThis.window = { location: new URL(given.link) };
globalThis.location = window.location;

async function byTincanjs(url) {
  const TinCan = load("tincanjs");
  const launched = new TinCan({ url });
  const [lrs] = launched.recordStores;
  const ask = (method, ...rest) => new Promise((resolve, reject) => {
    const config = rest.pop();
    config.callback = (err, result) => err === null ? resolve(result) : reject(new Error(`${method}: ${err}`));
    lrs[method](...rest, config);
  });
  const at = { agent: launched.actor, activity: launched.activity, registration: launched.registration };
  const statement = new TinCan.Statement({
    actor: launched.actor, verb: { id: given.verb }, object: launched.activity, context: launched.context });
  await ask("saveStatement", statement, {});
  await ask("saveState", "bookmark", "slide 4", { ...at, contentType: "text/plain" });
  return {
    id: statement.id, actor: launched.actor.asVersion(), state: (await ask("retrieveState", "bookmark", { ...at })).contents };
}

async function byXapi() {
  const XAPI = load("@xapi/xapi");
  const launched = XAPI.getTinCanLaunchData();
  const xapi = new XAPI({ endpoint: launched.endpoint, auth: launched.auth });
  const at = { agent: launched.actor, activityId: launched.activity_id, registration: launched.registration };
  const { data: [id] } = await xapi.sendStatement({ statement: {
    actor: launched.actor, verb: { id: given.verb }, object: { id: launched.activity_id },
    context: { registration: launched.registration } } });
  return { id, actor: launched.actor, state: (await xapi.getState({ ...at, stateId: "bookmark" })).data };
}

const withOneMore = given.link.replace("?", "?lang=en&");
tell({
  opened: [await byTincanjs(given.link), await byXapi()],
  refused: await byTincanjs(withOneMore).catch(refused => refused.message),
});
