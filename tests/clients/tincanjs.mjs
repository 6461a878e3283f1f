// tincanjs, which Storyline's and Rise's kind of content is built upon.
import { given, load, tell } from "./common.mjs";

const TinCan = load("tincanjs");
const lrs = new TinCan.LRS({ endpoint: given.endpoint, username: given.key, password: given.secret, allowFail: false });

// Every method takes its callback in its last argument.
const ask = (method, ...rest) => new Promise(resolve => {
  const config = rest.pop();
  config.callback = (err, result) => resolve(err === null ? { result } : { status: result?.status ?? String(err) });
  lrs[method](...rest, config);
});
const done = async (...asked) => {
  const { result, status } = await ask(...asked);
  if (result === undefined) throw new Error(`${asked[0]} was answered ${status}`);
  return result;
};

const agent = new TinCan.Agent(given.actor);
const activity = new TinCan.Activity({
  id: given.activity,
  definition: { name: { "en-GB": "Spotting the signs – Anzeichen" }, type: "http://adlnet.gov/expapi/activities/lesson" },
});
const statement = changed => new TinCan.Statement({
  actor: given.actor, verb: { id: given.verb, display: { en: "did" } }, object: activity.asVersion(),
  result: { score: { scaled: 0.75, raw: 3, min: 0, max: 4 }, duration: "PT1M30S", success: true },
  context: { registration: given.registration }, ...changed,
});

async function statements() {
  const one = statement();
  await done("saveStatement", one, {});
  const many = [1, 2, 3, 4, 5].map(number => statement({ verb: given.others, result: { response: `answer ${number}` } }));
  await done("saveStatements", many, {});
  const filter = { agent, verb: new TinCan.Verb({ id: given.others }), registration: given.registration, limit: 2 };
  let page = await done("queryStatements", { params: filter });
  const pages = [page.statements.map(found => found.id)];
  while (page.more) {
    page = await done("moreStatements", { url: page.more });
    pages.push(page.statements.map(found => found.id));
  }
  const gone = many[0].id;
  await done("saveStatement", statement({ verb: given.voided, object: { objectType: "StatementRef", id: gone } }), {});
  return {
    sent: one.asVersion("1.0.2"),
    ids: many.map(found => found.id),
    pages,
    got: (await done("retrieveStatement", one.id, {})).asVersion("1.0.2"),
    gone,
    stillThere: await ask("retrieveStatement", gone, {}),
    voided: (await done("retrieveVoidedStatement", gone, {})).id,
  };
}

async function documents() {
  const at = { agent, activity, registration: given.registration };
  await done("saveState", "bookmark", { slide: 4, "été": true }, { ...at, contentType: "application/json" });
  await done("saveState", "suspend", "§1|2|3", { ...at, contentType: "text/plain" });
  const bookmark = await done("retrieveState", "bookmark", { ...at });
  await done("saveState", "bookmark", { seen: [1] }, { ...at, method: "POST", contentType: "application/json" });
  const merged = await done("retrieveState", "bookmark", { ...at });
  const ids = await done("retrieveStateIds", { ...at });
  await done("dropState", "suspend", { ...at });
  const told = {
    bookmark: bookmark.contents, merged: merged.contents, ids,
    left: await done("retrieveStateIds", { ...at }), dropped: await done("retrieveState", "suspend", { ...at }),
  };
  for (const [kind, of] of [["Activity", { activity }], ["Agent", { agent }]]) {
    const save = (contents, more) => ask(
      `save${kind}Profile`, "settings", contents, { ...of, contentType: "application/json", ...more });
    const retrieve = () => done(`retrieve${kind}Profile`, "settings", { ...of });
    const made = await save({ a: 1 });
    const first = await retrieve();
    const [changed, stale, unsaid] = [
      await save({ a: 2 }, { lastSHA1: first.etag }), await save({ a: 3 }, { lastSHA1: first.etag }), await save({ a: 4 })];
    told[kind] = {
      statuses: [made, changed, stale, unsaid].map(({ result, status }) => status ?? result.status),
      contents: [first.contents, (await retrieve()).contents],
      ids: await done(`retrieve${kind}ProfileIds`, { ...of }),
    };
  }
  return told;
}

async function attachments() {
  const attachment = new TinCan.Attachment({
    usageType: "http://id.tincanapi.com/attachment/certificate-of-completion", contentType: "text/plain; charset=utf-8",
    display: { en: "Certificate" }, content: TinCan.Utils.stringToArrayBuffer(given.text),
  });
  const sent = statement({ attachments: [attachment] });
  await done("saveStatement", sent, {});
  const got = await done("retrieveStatement", sent.id, { params: { attachments: true } });
  const found = await done("queryStatements", { params: { agent, attachments: true, limit: 1 } });
  return {
    id: sent.id, texts: [got, found.statements[0]].map(one => one.attachments[0].getContentAsString()),
  };
}

const about = await done("about", {});
tell({
  versions: about.version,
  statements: await statements(),
  documents: await documents(),
  attachments: await attachments(),
  activity: (await done("retrieveActivity", given.activity, {})).asVersion("1.0.2"),
});
