// @xapi/xapi, by the version and the adapter (axios or fetch) that it is told.
import { createHash } from "node:crypto";
import { given, load, tell } from "./common.mjs";

const XAPI = load("@xapi/xapi");
const by = adapter => new XAPI({
  endpoint: given.endpoint, auth: XAPI.toBasicAuth(given.key, given.secret), version: given.version, adapter,
});
const xapi = by(given.adapter);
// By fetch a refusal is an error whose message is the body, in which the bridge repeats the status.
const statusOf = asked => asked.then(answer => answer.status, wrong => wrong.response?.status ?? JSON.parse(wrong.message).status);

const statement = changed => ({
  actor: given.actor, verb: { id: given.verb }, object: { objectType: "Activity", id: given.activity },
  context: { registration: given.registration }, ...changed,
});

async function statements() {
  const { data: [one] } = await xapi.sendStatement({ statement: statement({ result: { score: { scaled: 1.0, raw: 1e2 } } }) });
  const { data: ids } = await xapi.sendStatements({
    statements: [1, 2, 3, 4, 5].map(number => statement({ verb: { id: given.others }, result: { response: `answer ${number}` } })),
  });
  let { data: page } = await xapi.getStatements({
    agent: given.actor, verb: given.others, activity: given.activity, ascending: true, limit: 2 });
  const pages = [page.statements.map(found => found.id)];
  while (page.more) {
    ({ data: page } = await xapi.getMoreStatements({ more: page.more }));
    pages.push(page.statements.map(found => found.id));
  }
  await xapi.voidStatement({ actor: given.actor, statementId: ids[0] });
  return {
    one, ids, pages,
    got: (await xapi.getStatement({ statementId: one })).data,
    stillThere: await statusOf(xapi.getStatement({ statementId: ids[0] })),
    voided: (await xapi.getVoidedStatement({ voidedStatementId: ids[0] })).data.id,
  };
}

async function documents() {
  const at = { agent: given.actor, activityId: given.activity, registration: given.registration };
  await xapi.setState({ ...at, stateId: "bookmark", state: { slide: 4 } });
  const first = await xapi.getState({ ...at, stateId: "bookmark" });
  await xapi.createState({ ...at, stateId: "bookmark", state: { seen: [1] } });
  const merged = await xapi.getState({ ...at, stateId: "bookmark" });
  const stale = await statusOf(xapi.setState({
    ...at, stateId: "bookmark", state: { slide: 0 }, etag: first.headers.etag, matchHeader: "If-Match" }));
  await xapi.setState({ ...at, stateId: "other", state: { slide: 9 } });
  const ids = (await xapi.getStates(at)).data;
  await xapi.deleteState({ ...at, stateId: "other" });
  const left = (await xapi.getStates(at)).data;
  await xapi.deleteStates(at);
  const told = { bookmark: first.data, merged: merged.data, stale, ids, left, none: (await xapi.getStates(at)).data };
  for (const [kind, of] of [["Activity", { activityId: given.activity }], ["Agent", { agent: given.actor }]]) {
    const set = (profile, etag, matchHeader) => statusOf(
      xapi[`set${kind}Profile`]({ ...of, profileId: "settings", profile, etag, matchHeader }));
    const get = () => xapi[`get${kind}Profile`]({ ...of, profileId: "settings" });
    const made = await set({ a: 1 }, "*", "If-None-Match");
    const { headers: { etag }, data } = await get();
    const statuses = [
      made, await set({ a: 2 }, etag, "If-Match"), await set({ a: 3 }, etag, "If-Match"), await set({ a: 4 }, "*", "If-None-Match")];
    told[kind] = { statuses, contents: [data, (await get()).data], ids: (await xapi[`get${kind}Profiles`](of)).data };
    await xapi[`delete${kind}Profile`]({ ...of, profileId: "settings" });
    told[kind].left = (await xapi[`get${kind}Profiles`](of)).data;
  }
  return told;
}

async function attachments() {
  // In Node.js axios puts another Content-Type in place of the one for several parts.
  const xapi = by("fetch");
  const content = Buffer.from(given.content, "base64");
  const attachment = {
    usageType: XAPI.AttachmentUsages.CERTIFICATE_OF_COMPLETION, display: { en: "Certificate" },
    contentType: "application/octet-stream", length: content.length, sha2: createHash("sha256").update(content).digest("hex"),
  };
  const { data: [id] } = await xapi.sendStatement({ statement: statement({ attachments: [attachment] }), attachments: [content] });
  const { data } = await xapi.getStatement({ statementId: id, attachments: true });
  return { id, parts: data.length, got: data[0].id };
}

tell({
  about: (await xapi.getAbout()).data,
  statements: await statements(),
  documents: await documents(),
  attachments: await attachments(),
  activity: (await xapi.getActivity({ activityId: given.activity })).data,
  person: (await xapi.getAgent({ agent: given.actor })).data,
});
